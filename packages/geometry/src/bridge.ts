import type { MultiPolygon, Point, Ring } from './polygon.ts';

/**
 * One ring for a region with holes and several parts, for formats that know nothing else (a CVAT polygon, say).
 * Rings are joined by bridges of no width, walked there and back between nearest vertices. By the rasterisation rule
 * a bridge changes nothing: its two edges cross every row at the same column and cancel out, so the result rasterises
 * to the same mask, provided that the parts do not overlap and holes lie in their parts.
 * The rings of an empty region join to an empty ring. Each join adds two points.
 */
export function joinRings(region: MultiPolygon): Ring {
  const rings = region.flatMap((part) => [part.outer, ...part.holes]);
  let joined: Ring = rings[0] ?? [];
  const left = rings.slice(1);
  while (left.length > 0) {
    // The ring nearest to what is joined so far comes next: bridges stay short.
    let best = { ring: 0, from: 0, to: 0, distance: Number.POSITIVE_INFINITY };
    for (const [r, ring] of left.entries()) {
      const link = nearest(joined, ring);
      if (link.distance < best.distance) best = { ring: r, ...link };
    }
    const [ring] = left.splice(best.ring, 1) as [Ring];
    joined = [
      ...joined.slice(0, best.from + 1),
      ...ring.slice(best.to),
      ...ring.slice(0, best.to + 1),
      ...joined.slice(best.from),
    ];
  }
  return joined;
}

function nearest(a: Ring, b: Ring): { from: number; to: number; distance: number } {
  let best = { from: 0, to: 0, distance: Number.POSITIVE_INFINITY };
  for (const [from, p] of a.entries())
    for (const [to, q] of b.entries()) {
      const distance = squared(p, q);
      if (distance < best.distance) best = { from, to, distance };
    }
  return best;
}

function squared(p: Point, q: Point): number {
  return (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2;
}
