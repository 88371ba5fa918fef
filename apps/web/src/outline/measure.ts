import type { Box } from '@roto/geometry';
import { type ImagePoint, imagePoint } from '../canvas/points.ts';
import type { Outline } from './rings.ts';

/** A place on a ring: on the edge from vertex `edge` to the next one. */
export type EdgePlace = {
  readonly ring: number;
  readonly edge: number;
  /** 0 at the edge's first vertex, 1 at its second. */
  readonly at: number;
  readonly point: ImagePoint;
  readonly distance: number;
};

export type VertexPlace = { readonly ring: number; readonly vertex: number; readonly distance: number };

export function nearestVertex(rings: readonly Outline[], point: ImagePoint): VertexPlace | undefined {
  let best: VertexPlace | undefined;
  for (const [ring, outline] of rings.entries())
    for (const [vertex, at] of outline.entries()) {
      const distance = Math.hypot(at[0] - point[0], at[1] - point[1]);
      if (!best || distance < best.distance) best = { ring, vertex, distance };
    }
  return best;
}

/** The nearest place on the edges; `closed` includes the edge from the last vertex to the first. */
export function nearestEdge(rings: readonly Outline[], point: ImagePoint, closed = true): EdgePlace | undefined {
  let best: EdgePlace | undefined;
  for (const [ring, outline] of rings.entries()) {
    const edges = closed ? outline.length : outline.length - 1;
    for (let edge = 0; edge < edges; edge++) {
      const a = outline[edge]!;
      const b = outline[(edge + 1) % outline.length]!;
      const at = projection(point, a, b);
      const x = a[0] + at * (b[0] - a[0]);
      const y = a[1] + at * (b[1] - a[1]);
      const distance = Math.hypot(x - point[0], y - point[1]);
      if (!best || distance < best.distance) best = { ring, edge, at, point: imagePoint(x, y), distance };
    }
  }
  return best;
}

/** Where on a → b the point is nearest, 0…1. */
export function projection(point: ImagePoint, a: ImagePoint, b: ImagePoint): number {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length = dx * dx + dy * dy;
  if (length === 0) return 0;
  return Math.min(1, Math.max(0, ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length));
}

export function chainLength(chain: readonly ImagePoint[]): number {
  let sum = 0;
  for (let i = 1; i < chain.length; i++)
    sum += Math.hypot(chain[i]![0] - chain[i - 1]![0], chain[i]![1] - chain[i - 1]![1]);
  return sum;
}

export function boundsOfFlat(points: readonly number[]): Box {
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let x1 = Number.NEGATIVE_INFINITY;
  let y1 = Number.NEGATIVE_INFINITY;
  for (let i = 0; i + 1 < points.length; i += 2) {
    const x = points[i]!;
    const y = points[i + 1]!;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  return { x0, y0, x1, y1 };
}

/** True when the open segments a–b and c–d cross in one point inside both. */
export function segmentsCross(a: ImagePoint, b: ImagePoint, c: ImagePoint, d: ImagePoint): boolean {
  const side = (p: ImagePoint, q: ImagePoint, r: ImagePoint): number =>
    Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

/** Does the chain (or, closed, the ring) cross itself? */
export function crossesItself(chain: readonly ImagePoint[], closed: boolean): boolean {
  const edges = closed ? chain.length : chain.length - 1;
  for (let i = 0; i < edges; i++)
    for (let j = i + 2; j < edges; j++) {
      if (closed && i === 0 && j === edges - 1) continue;
      if (segmentsCross(chain[i]!, chain[(i + 1) % chain.length]!, chain[j]!, chain[(j + 1) % chain.length]!))
        return true;
    }
  return false;
}
