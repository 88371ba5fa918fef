import type { Geometry } from '../document/records.ts';
import type { PaintStyle } from './paint.ts';

/** Asks the worker for a picture of objects. Geometries travel once; later messages name them. */
export type RasterRequest = {
  readonly id: number;
  readonly width: number;
  readonly height: number;
  /** From image pixels to pixels of the picture. */
  readonly matrix: readonly [number, number, number, number, number, number];
  readonly style: PaintStyle;
  readonly items: readonly RasterItem[];
  readonly known: readonly (readonly [id: number, geometry: Geometry])[];
  /** Geometries that will not be named again. */
  readonly forget: readonly number[];
};

export type RasterItem = {
  readonly geometry: number;
  readonly color: string;
  readonly occluded: boolean;
  readonly opacity: number;
};

export type RasterAnswer = { readonly id: number; readonly bitmap: ImageBitmap; readonly milliseconds: number };
