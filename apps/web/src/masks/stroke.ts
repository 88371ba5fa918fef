import type { ImagePoint } from '../canvas/points.ts';
import type { Draft } from './tiled-mask.ts';

export type BrushForm = 'circle' | 'square';
export type Brush = {
  readonly form: BrushForm;
  /** Diameter or side in pixels of the frame, a whole number. */
  readonly size: number;
};

/**
 * Where the brush is for a pointer at `point`: an odd size has a pixel in its middle, an even one a corner.
 * So a brush of size 1 changes exactly the pixel under the pointer.
 */
export function snapped(point: ImagePoint, size: number): readonly [number, number] {
  const to = (v: number): number => (size % 2 === 1 ? Math.floor(v) + 0.5 : Math.round(v));
  return [to(point[0]), to(point[1])];
}

/**
 * Sets all pixels whose centre lies in the area that the brush sweeps from `from` to `to`: a capsule for the circle,
 * the hull of two squares for the square. Both are convex, so each row is one span.
 */
export function sweep(draft: Draft, brush: Brush, from: ImagePoint, to: ImagePoint, value: 0 | 1): void {
  const a = snapped(from, brush.size);
  const b = snapped(to, brush.size);
  const radius = brush.size / 2;
  const top = Math.ceil(Math.min(a[1], b[1]) - radius - 0.5);
  const bottom = Math.floor(Math.max(a[1], b[1]) + radius - 0.5);
  const span = brush.form === 'circle' ? capsuleSpan : squareSpan;
  for (let row = top; row <= bottom; row++) {
    const found = span(a, b, radius, row + 0.5);
    if (!found) continue;
    draft.fill(row, Math.ceil(found[0] - 0.5 - TINY), Math.floor(found[1] - 0.5 + TINY) + 1, value);
  }
}

/** Room for rounding of square roots: a centre exactly on the border belongs to the brush. */
const TINY = 1e-9;

type Place = readonly [number, number];
type Span = readonly [left: number, right: number];

function capsuleSpan(a: Place, b: Place, radius: number, y: number): Span | undefined {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const spans = [discSpan(a, radius, y), discSpan(b, radius, y)];
  if (length > 0) {
    // Corners of the rectangle between both discs.
    const nx = (-(b[1] - a[1]) / length) * radius;
    const ny = ((b[0] - a[0]) / length) * radius;
    const quad: Place[] = [
      [a[0] + nx, a[1] + ny],
      [b[0] + nx, b[1] + ny],
      [b[0] - nx, b[1] - ny],
      [a[0] - nx, a[1] - ny],
    ];
    spans.push(convexSpan(quad, y));
  }
  return hullOf(spans);
}

function discSpan(centre: Place, radius: number, y: number): Span | undefined {
  const dy = y - centre[1];
  const square = radius * radius - dy * dy;
  if (square < -TINY) return undefined;
  const half = Math.sqrt(Math.max(0, square));
  return [centre[0] - half, centre[0] + half];
}

/** The square takes its left and top border, not its right and bottom one: a side of n covers n pixels. */
function squareSpan(a: Place, b: Place, radius: number, y: number): Span | undefined {
  const inner = radius - TINY * 4;
  if (a[0] === b[0] && a[1] === b[1]) return Math.abs(y - a[1]) <= inner ? [a[0] - inner, a[0] + inner] : undefined;
  const corners = (p: Place): Place[] => [
    [p[0] - inner, p[1] - inner],
    [p[0] + inner, p[1] - inner],
    [p[0] + inner, p[1] + inner],
    [p[0] - inner, p[1] + inner],
  ];
  return convexSpan(hullPoints([...corners(a), ...corners(b)]), y);
}

function convexSpan(polygon: readonly Place[], y: number): Span | undefined {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const p = polygon[j]!;
    const q = polygon[i]!;
    if (Math.min(p[1], q[1]) > y || Math.max(p[1], q[1]) < y) continue;
    if (p[1] === q[1]) {
      left = Math.min(left, p[0], q[0]);
      right = Math.max(right, p[0], q[0]);
      continue;
    }
    const x = p[0] + ((y - p[1]) / (q[1] - p[1])) * (q[0] - p[0]);
    left = Math.min(left, x);
    right = Math.max(right, x);
  }
  return left <= right ? [left, right] : undefined;
}

function hullOf(spans: readonly (Span | undefined)[]): Span | undefined {
  let hull: Span | undefined;
  for (const span of spans) if (span) hull = hull ? [Math.min(hull[0], span[0]), Math.max(hull[1], span[1])] : span;
  return hull;
}

/** Convex hull by Andrew's monotone chain. */
function hullPoints(points: readonly Place[]): Place[] {
  const sorted = points.toSorted((p, q) => p[0] - q[0] || p[1] - q[1]);
  const chain = (ordered: readonly Place[]): Place[] => {
    const out: Place[] = [];
    for (const p of ordered) {
      while (out.length >= 2 && cross(out.at(-2)!, out.at(-1)!, p) <= 0) out.pop();
      out.push(p);
    }
    out.pop();
    return out;
  };
  return [...chain(sorted), ...chain(sorted.toReversed())];
}

function cross(o: Place, a: Place, b: Place): number {
  return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
}
