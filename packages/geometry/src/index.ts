export type { Box } from './box.ts';
export type { Mask } from './mask.ts';
export type { MultiPolygon, Point, Polygon, Ring } from './polygon.ts';
export type { CompressedRle, Rle } from './rle.ts';
