import {
  type Box,
  connectedComponents,
  type Mask,
  maskFromCvatPoints,
  maskIou,
  polygonFromFlat,
  rasterisePolygon,
} from '@roto/geometry';
import type { TrackedShape } from './labeled-data.ts';

/** What can be measured of a keyframe by itself and beside the one before it. Pixels of the frame. */
export type KeyframeSignals = {
  readonly frame: number;
  readonly outside: boolean;
  /** Written by a tracker. */
  readonly tracked: boolean;
  readonly area: number;
  /** Centroid. */
  readonly x: number;
  readonly y: number;
  readonly box: Box;
  /** Share of the largest of the connected parts; 1 of polygons and rectangles. */
  readonly largest: number;
  /** IoU with the keyframe before, moved to its centroid; NaN: there is none, or it is hidden. */
  readonly likeBefore: number;
  /** What the model said; NaN: nothing. */
  readonly presence: number;
  readonly predictedIou: number;
};

type Measured = Pick<KeyframeSignals, 'area' | 'x' | 'y' | 'box' | 'largest'>;
type Keyframe = TrackedShape & { readonly origin?: string };

/** Signals of a keyframe; `before`: the keyframe before it, with its signals. */
export function keyframeSignals(
  shape: Keyframe,
  before?: { readonly shape: Keyframe; readonly signals: KeyframeSignals },
): KeyframeSignals {
  const measured = measure(shape);
  const isBeside = before !== undefined && !before.shape.outside && !shape.outside && before.shape.type === shape.type;
  return {
    frame: shape.frame,
    outside: shape.outside,
    tracked: shape.origin === 'tracker',
    ...measured,
    likeBefore: isBeside ? likeness(before.shape, before.signals, shape, measured) : Number.NaN,
    presence: shape.presence ?? Number.NaN,
    predictedIou: shape.predicted_iou ?? Number.NaN,
  };
}

function measure({ type, points }: TrackedShape): Measured {
  if (type === 'mask') return measureMask(points);
  if (type === 'rectangle' || type === 'ellipse') {
    const [x0, y0, x1, y1] = points as [number, number, number, number];
    if (type === 'ellipse') {
      const [rx, ry] = [Math.abs(x1 - x0), Math.abs(y0 - y1)];
      const box = { x0: x0 - rx, y0: y0 - ry, x1: x0 + rx, y1: y0 + ry };
      return { area: Math.PI * rx * ry, x: x0, y: y0, box, largest: 1 };
    }
    return { area: (x1 - x0) * (y1 - y0), x: (x0 + x1) / 2, y: (y0 + y1) / 2, box: { x0, y0, x1, y1 }, largest: 1 };
  }
  return measurePoints(points, type === 'polygon');
}

/** Area and centroid by the shoelace formula; of what has no area, the mean of its points. */
function measurePoints(points: readonly number[], isClosed: boolean): Measured {
  const box = { x0: Number.POSITIVE_INFINITY, y0: Number.POSITIVE_INFINITY, x1: -Infinity, y1: -Infinity };
  let [twice, sx, sy, mx, my] = [0, 0, 0, 0, 0];
  const count = points.length / 2;
  for (let i = 0; i < count; i++) {
    const [x, y] = [points[2 * i]!, points[2 * i + 1]!];
    const next = (i + 1) % count;
    const cross = x * points[2 * next + 1]! - points[2 * next]! * y;
    twice += cross;
    sx += (x + points[2 * next]!) * cross;
    sy += (y + points[2 * next + 1]!) * cross;
    mx += x;
    my += y;
    if (x < box.x0) box.x0 = x;
    if (x > box.x1) box.x1 = x;
    if (y < box.y0) box.y0 = y;
    if (y > box.y1) box.y1 = y;
  }
  if (!isClosed || Math.abs(twice) < 1e-6)
    return { area: 0, x: count ? mx / count : 0, y: count ? my / count : 0, box, largest: 1 };
  return { area: Math.abs(twice) / 2, x: sx / (3 * twice), y: sy / (3 * twice), box, largest: 1 };
}

/** `points` as CVAT has them: run lengths in the box, then the box, whose ends are inclusive. */
function measureMask(points: readonly number[]): Measured {
  const [x0, y0, right, bottom] = points.slice(-4) as [number, number, number, number];
  const mask = decodeMask(points);
  let [area, x, y] = [0, 0, 0];
  for (let row = 0, at = 0; row < mask.height; row++)
    for (let column = 0; column < mask.width; column++, at++)
      if (mask.data[at]) {
        area++;
        x += column;
        y += row;
      }
  const box = { x0, y0, x1: right + 1, y1: bottom + 1 };
  if (area === 0) return { area, x: (x0 + right) / 2, y: (y0 + bottom) / 2, box, largest: 1 };
  const { components } = connectedComponents(mask, 8);
  // Specks are no parts.
  const parts = components.map((each) => each.area).filter((size) => size >= Math.max(16, 0.005 * area));
  const largest = parts.length === 0 ? 1 : Math.max(...parts) / parts.reduce((sum, size) => sum + size, 0);
  return { area, x: x0 + x / area + 0.5, y: y0 + y / area + 0.5, box, largest };
}

function decodeMask(points: readonly number[]): Mask {
  const [x0, y0, x1, y1] = points.slice(-4) as [number, number, number, number];
  const moved = [...points.slice(0, -4), 0, 0, x1 - x0, y1 - y0];
  return maskFromCvatPoints(moved, x1 - x0 + 1, y1 - y0 + 1);
}

/** Side of the grid on which shapes are compared. */
const GRID = 48;

/** IoU of two shapes whose centroids are laid on one another. */
function likeness(a: TrackedShape, of: Measured, b: TrackedShape, to: Measured): number {
  if (of.area === 0 || to.area === 0) return of.area === to.area ? 1 : 0;
  const boxes = [of, to].map(({ box, x, y }) => ({ x0: box.x0 - x, y0: box.y0 - y, x1: box.x1 - x, y1: box.y1 - y }));
  const around = {
    x0: Math.min(boxes[0]!.x0, boxes[1]!.x0),
    y0: Math.min(boxes[0]!.y0, boxes[1]!.y0),
    x1: Math.max(boxes[0]!.x1, boxes[1]!.x1),
    y1: Math.max(boxes[0]!.y1, boxes[1]!.y1),
  };
  const scale = GRID / Math.max(around.x1 - around.x0, around.y1 - around.y0);
  const draw = (shape: TrackedShape, { x, y, box }: Measured): Mask =>
    rasterised(
      shape,
      box,
      (px) => (px - x - around.x0) * scale,
      (py) => (py - y - around.y0) * scale,
    );
  return maskIou(draw(a, of), draw(b, to));
}

function rasterised(
  { type, points }: TrackedShape,
  box: Box,
  toX: (x: number) => number,
  toY: (y: number) => number,
): Mask {
  if (type === 'mask') return sampled(decodeMask(points), box, toX, toY);
  const ring = type === 'polygon' ? points : [box.x0, box.y0, box.x1, box.y0, box.x1, box.y1, box.x0, box.y1];
  return rasterisePolygon([polygonFromFlat(ring.map((v, i) => (i % 2 ? toY(v) : toX(v))))], GRID, GRID);
}

/** A mask on the grid: each cell has the pixel under its middle. */
function sampled(mask: Mask, box: Box, toX: (x: number) => number, toY: (y: number) => number): Mask {
  const data = new Uint8Array(GRID * GRID);
  const [left, top] = [toX(box.x0), toY(box.y0)];
  const [sx, sy] = [mask.width / (toX(box.x1) - left), mask.height / (toY(box.y1) - top)];
  for (let cy = 0; cy < GRID; cy++) {
    const y = Math.floor((cy + 0.5 - top) * sy);
    if (y < 0 || y >= mask.height) continue;
    for (let cx = 0; cx < GRID; cx++) {
      const x = Math.floor((cx + 0.5 - left) * sx);
      if (x >= 0 && x < mask.width) data[cy * GRID + cx] = mask.data[y * mask.width + x]!;
    }
  }
  return { width: GRID, height: GRID, data };
}
