import { type ImagePoint, imagePoint, rounded } from '../../canvas/points.ts';
import type { Uid } from '../../document/records.ts';
import { nearestEdge } from '../../outline/measure.ts';
import type { Outline } from '../../outline/rings.ts';
import { ringsNear } from '../snapping.ts';
import type { ToolContext } from '../tool.ts';

/**
 * Following a foreign contour: from the click on it, along it in the direction in which the pointer went, to the next
 * click. Places are lengths along the ring.
 */
export type Tracing = {
  readonly uid: Uid;
  readonly ring: Outline;
  readonly start: number;
  readonly last: number;
  /** Signed length from the start: positive in the ring's own order. */
  readonly way: number;
};

export function startTracing(point: ImagePoint, reach: number, context: ToolContext): Tracing | undefined {
  let best: { tracing: Tracing; distance: number } | undefined;
  for (const { uid, rings } of ringsNear(point, reach, context, [])) {
    const place = nearestEdge(rings, point);
    if (!place || place.distance > reach || (best && best.distance <= place.distance)) continue;
    const ring = rings[place.ring]!;
    const start = lengthTo(ring, place.edge) + place.at * edgeLength(ring, place.edge);
    best = { tracing: { uid, ring, start, last: start, way: 0 }, distance: place.distance };
  }
  return best?.tracing;
}

/** The pointer went on; jumps over half of the ring are taken the short way round. */
export function traced(tracing: Tracing, point: ImagePoint): Tracing {
  const place = nearestEdge([tracing.ring], point)!;
  const at = lengthTo(tracing.ring, place.edge) + place.at * edgeLength(tracing.ring, place.edge);
  const whole = lengthTo(tracing.ring, tracing.ring.length);
  let step = at - tracing.last;
  if (step > whole / 2) step -= whole;
  if (step < -whole / 2) step += whole;
  const way = Math.max(-whole, Math.min(whole, tracing.way + step));
  return { ...tracing, last: at, way };
}

export function isNearTrace(tracing: Tracing, point: ImagePoint, reach: number): boolean {
  return nearestEdge([tracing.ring], point)!.distance <= reach;
}

/** Points taken over: start, the ring's own vertices on the way (equal to the bit), end. */
export function tracedPoints(tracing: Tracing): readonly ImagePoint[] {
  const { ring, start, way } = tracing;
  const whole = lengthTo(ring, ring.length);
  const points: ImagePoint[] = [at(ring, start)];
  const between = ring
    .map((vertex, i) => ({ vertex, along: modulo((lengthTo(ring, i) - start) * Math.sign(way), whole) }))
    .filter(({ along }) => along > 0 && along < Math.abs(way))
    .sort((a, b) => a.along - b.along);
  points.push(...between.map(({ vertex }) => vertex));
  const end = at(ring, modulo(start + way, whole));
  if (way !== 0) points.push(end);
  return points;
}

function at(ring: Outline, length: number): ImagePoint {
  let left = length;
  for (let i = 0; i < ring.length; i++) {
    const edge = edgeLength(ring, i);
    if (left <= edge) {
      const a = ring[i]!;
      const b = ring[(i + 1) % ring.length]!;
      if (left === 0 || edge === 0) return a;
      const t = left / edge;
      return rounded(imagePoint(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])));
    }
    left -= edge;
  }
  return ring[0]!;
}

function edgeLength(ring: Outline, edge: number): number {
  const a = ring[edge]!;
  const b = ring[(edge + 1) % ring.length]!;
  return Math.hypot(b[0] - a[0], b[1] - a[1]);
}

function lengthTo(ring: Outline, vertex: number): number {
  let sum = 0;
  for (let i = 0; i < vertex; i++) sum += edgeLength(ring, i);
  return sum;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
