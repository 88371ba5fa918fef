/** Tools of the rail, by the names which the canvas knows them by. */
export const TOOL_NAMES = [
  'select',
  'box-select',
  'pan',
  'sam-click',
  'rectangle',
  'polygon',
  'polyline',
  'points',
  'ellipse',
  'brush',
  'merge',
  'split',
  'group',
  'join',
  'slice',
] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** Tools that make an object: the rail offers a label, and whether it becomes a track, for these. */
export const DRAW_TOOLS: ReadonlySet<ToolName> = new Set<ToolName>([
  'sam-click',
  'rectangle',
  'polygon',
  'polyline',
  'points',
  'ellipse',
  'brush',
]);

/** What the next object is made with. */
export interface DrawSettings {
  /** Id of the label. */
  readonly label: number;
  /** A track goes on over frames, a shape is on one. */
  readonly as: 'shape' | 'track';
  /** How a rectangle is drawn: from corner to corner, or by its four extreme points. */
  readonly rectangle: 'two-points' | 'extreme-points';
  /** Close polygons and the like by themselves at this number of points. */
  readonly points: number | undefined;
  readonly brush: BrushSettings;
}

export interface BrushSettings {
  readonly form: 'circle' | 'square';
  /** Diameter in pixels of the frame. */
  readonly size: number;
  readonly kind: 'brush' | 'eraser' | 'polygon-plus' | 'polygon-minus';
  readonly removeUnderlying: boolean;
}

export const DRAW_DEFAULTS: Omit<DrawSettings, 'label'> = {
  as: 'shape',
  rectangle: 'two-points',
  points: undefined,
  brush: { form: 'circle', size: 10, kind: 'brush', removeUnderlying: false },
};
