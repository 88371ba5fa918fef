import type { BrushForm } from '../masks/stroke.ts';

/** Settings of the tools, as the rail and its popovers have them; remembered per tool. */
export type ToolOptions = {
  /** Colour of what is being drawn: that of its label. */
  readonly color: string;
  /** Label of what is drawn next. */
  readonly label: number;
  readonly create: 'shape' | 'track';
  /** Polygon, polyline, points: close by itself at this number. */
  readonly pointCount: number | undefined;
  readonly rectangle: 'two-points' | 'extreme-points';
  readonly brush: BrushOptions;
  readonly snapToPoint: boolean;
  readonly snapToContour: boolean;
  /** After a figure the tool waits for the next one. */
  readonly stay: boolean;
  readonly interactor: InteractorOptions;
  readonly merge: { readonly endsOutside: boolean };
};

export type BrushMode = 'brush' | 'eraser' | 'polygon-plus' | 'polygon-minus' | 'fill';

export type BrushOptions = {
  readonly mode: BrushMode;
  readonly form: BrushForm;
  readonly size: number;
  /** The pen's pressure scales the size. */
  readonly pressure: boolean;
  /** On finish the new mask is taken out of the other masks of the frame. */
  readonly removeUnderlying: boolean;
  /** Show the box of the mask, so that stray pixels are seen. */
  readonly showBox: boolean;
};

export type InteractorOptions = {
  readonly minPositive: number;
  readonly minNegative: number;
  readonly startsWithBox: boolean;
  readonly allowsBox: boolean;
  /** Collect clicks without asking. */
  readonly blocked: boolean;
  readonly asPolygon: boolean;
  /** Least IoU of the polygon with the mask. */
  readonly iou: number;
};

export const MIN_BRUSH = 1;
export const MAX_BRUSH = 500;

export const DEFAULT_OPTIONS: ToolOptions = {
  color: '#ff6a00',
  label: 0,
  create: 'shape',
  pointCount: undefined,
  rectangle: 'two-points',
  brush: { mode: 'brush', form: 'circle', size: 10, pressure: false, removeUnderlying: false, showBox: false },
  snapToPoint: false,
  snapToContour: false,
  stay: false,
  interactor: {
    minPositive: 1,
    minNegative: 0,
    startsWithBox: false,
    allowsBox: true,
    blocked: false,
    asPolygon: false,
    iou: 0.95,
  },
  merge: { endsOutside: true },
};
