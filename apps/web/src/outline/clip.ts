import { type ImagePoint, imagePoint, type Size } from '../canvas/points.ts';
import type { Outline } from './rings.ts';

/** The part of a ring inside the frame, by Sutherland and Hodgman; parts that fall apart stay joined along the border. */
export function clippedRing(ring: Outline, size: Size): Outline {
  const inFrame = ring.every(([x, y]) => x >= 0 && y >= 0 && x <= size.width && y <= size.height);
  if (inFrame) return ring;
  let points: Outline = ring;
  points = half(
    points,
    (p) => p[0],
    (a, b) => crossX(a, b, 0),
  );
  points = half(
    points,
    (p) => size.width - p[0],
    (a, b) => crossX(a, b, size.width),
  );
  points = half(
    points,
    (p) => p[1],
    (a, b) => crossY(a, b, 0),
  );
  points = half(
    points,
    (p) => size.height - p[1],
    (a, b) => crossY(a, b, size.height),
  );
  return points;
}

function half(
  ring: Outline,
  depth: (p: ImagePoint) => number,
  cross: (a: ImagePoint, b: ImagePoint) => ImagePoint,
): Outline {
  const kept: ImagePoint[] = [];
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const a = ring[j]!;
    const b = ring[i]!;
    const from = depth(a);
    const to = depth(b);
    if ((from < 0 && to > 0) || (from > 0 && to < 0)) kept.push(cross(a, b));
    if (to >= 0) kept.push(b);
  }
  return kept;
}

function crossX(a: ImagePoint, b: ImagePoint, x: number): ImagePoint {
  return imagePoint(x, a[1] + ((x - a[0]) / (b[0] - a[0])) * (b[1] - a[1]));
}

function crossY(a: ImagePoint, b: ImagePoint, y: number): ImagePoint {
  return imagePoint(a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0]), y);
}
