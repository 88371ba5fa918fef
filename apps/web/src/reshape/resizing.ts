import type { Box } from '@roto/geometry';
import type { ImagePoint } from '../canvas/points.ts';
import type { Geometry } from '../document/records.ts';
import { type Boxed, frameOf, fromFrame, intoFrame } from '../outline/shape.ts';
import { boxedAt, scaledInto } from './moving.ts';

/** A handle on the border of a box: −1 left or top, 0 the middle, 1 right or bottom. */
export type Side = -1 | 0 | 1;
export type ResizeHandle = { readonly h: Side; readonly v: Side };

export const RESIZE_HANDLES: readonly ResizeHandle[] = [
  { h: -1, v: -1 },
  { h: 0, v: -1 },
  { h: 1, v: -1 },
  { h: 1, v: 0 },
  { h: 1, v: 1 },
  { h: 0, v: 1 },
  { h: -1, v: 1 },
  { h: -1, v: 0 },
];

export type ResizeKeys = {
  /** Keep the ratio of the sides. */
  readonly ratio: boolean;
  /** Keep the middle. */
  readonly centred: boolean;
};

/** Least half side of a box, in image pixels. */
const LEAST = 0.5;

/** A rectangle or ellipse whose handle was dragged to `to`; the opposite side stays where it is, turned or not. */
export function resizedBox(geometry: Boxed, handle: ResizeHandle, to: ImagePoint, keys: ResizeKeys): Boxed {
  const frame = frameOf(geometry);
  const [px, py] = intoFrame(frame, to);
  const reach = (side: Side, at: number, half: number): number =>
    side === 0 ? half : Math.max(LEAST, keys.centred ? at * side : (at * side + half) / 2);
  let halfWidth = reach(handle.h, px, frame.halfWidth);
  let halfHeight = reach(handle.v, py, frame.halfHeight);
  if (keys.ratio) {
    const factor = Math.max(
      handle.h === 0 ? 0 : halfWidth / frame.halfWidth,
      handle.v === 0 ? 0 : halfHeight / frame.halfHeight,
    );
    halfWidth = frame.halfWidth * factor;
    halfHeight = frame.halfHeight * factor;
  }
  if (keys.centred) return boxedAt(geometry, frame.x, frame.y, halfWidth, halfHeight);
  const [x, y] = fromFrame(frame, handle.h * (halfWidth - frame.halfWidth), handle.v * (halfHeight - frame.halfHeight));
  return boxedAt(geometry, x, y, halfWidth, halfHeight);
}

/** A figure of points whose surrounding box had a handle dragged to `to`. */
export function resizedPoints(
  geometry: Geometry,
  box: Box,
  handle: ResizeHandle,
  to: ImagePoint,
  keys: ResizeKeys,
): Geometry {
  const around: Boxed = { kind: 'rectangle', left: box.x0, top: box.y0, right: box.x1, bottom: box.y1, rotation: 0 };
  const { left, top, right, bottom } = resizedBox(around, handle, to, keys) as Extract<Boxed, { kind: 'rectangle' }>;
  return scaledInto(geometry, box, { x0: left, y0: top, x1: right, y1: bottom });
}
