/** Edges in pixels, so that a box around pixel (0, 0) alone is { x0: 0, y0: 0, x1: 1, y1: 1 }. */
export type Box = { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };

/** Width × height in square pixels; 0 for a box turned inside out. */
export function boxArea(box: Box): number {
  return Math.max(0, box.x1 - box.x0) * Math.max(0, box.y1 - box.y0);
}

/** Intersection over union of two boxes, 0…1; two boxes without area: 1 when they are the same, else 0. */
export function boxIou(a: Box, b: Box): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  const intersection = Math.max(0, width) * Math.max(0, height);
  const union = boxArea(a) + boxArea(b) - intersection;
  if (union === 0) return a.x0 === b.x0 && a.y0 === b.y0 && a.x1 === b.x1 && a.y1 === b.y1 ? 1 : 0;
  return intersection / union;
}

/** The smallest box around both. */
export function unionBoxes(a: Box, b: Box): Box {
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}

/** The part inside a picture of width × height; null when nothing is left. */
export function clampBox(box: Box, width: number, height: number): Box | null {
  const x0 = Math.max(0, box.x0);
  const y0 = Math.max(0, box.y0);
  const x1 = Math.min(width, box.x1);
  const y1 = Math.min(height, box.y1);
  return x0 < x1 && y0 < y1 ? { x0, y0, x1, y1 } : null;
}

/** The same box in a picture that is `sx` times as wide and `sy` times as high. */
export function scaleBox(box: Box, sx: number, sy: number = sx): Box {
  return { x0: box.x0 * sx, y0: box.y0 * sy, x1: box.x1 * sx, y1: box.y1 * sy };
}

/** COCO's form: [left, top, width, height]. */
export function boxToXywh(box: Box): [x: number, y: number, width: number, height: number] {
  return [box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0];
}
