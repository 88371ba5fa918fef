import { type MultiPolygon, type Point, type Ring, ringArea } from './polygon.ts';

/**
 * The region of a ring whose parts and holes `joinRings` has joined: bridges of no width, which are two edges that coincide
 * in reverse, are taken out again. A ring without any is a region of one part.
 */
export function splitBridges(ring: Ring): MultiPolygon {
  const rings = split(ring);
  if (rings.length === 1) return [{ outer: ring, holes: [] }];
  const depths = rings.map((one) => rings.filter((other) => other !== one && isInside(other, one[0]!)).length);
  const outers = rings.filter((_, i) => depths[i]! % 2 === 0);
  const holes = rings.filter((_, i) => depths[i]! % 2 === 1);
  const parts = outers.map((outer) => ({ outer, holes: [] as Ring[] }));
  for (const hole of holes) {
    const around = parts
      .filter(({ outer }) => isInside(outer, hole[0]!))
      .sort((a, b) => Math.abs(ringArea(a.outer)) - Math.abs(ringArea(b.outer)));
    around[0]?.holes.push(hole);
  }
  return parts;
}

function split(ring: Ring): Ring[] {
  const edges = new Map<string, number>();
  const key = (a: Point, b: Point): string => `${a[0]},${a[1]},${b[0]},${b[1]}`;
  for (const [i, point] of ring.entries()) edges.set(key(point, ring[(i + 1) % ring.length]!), i);
  for (const [i, point] of ring.entries()) {
    const j = edges.get(key(ring[(i + 1) % ring.length]!, point));
    if (j === undefined || j <= i) continue;
    // Between the two sides lies the inner ring, whose ends are one point; around them the rest, the same.
    const inner = ring.slice(i + 1, j);
    const rest = [...ring.slice(0, i + 1), ...ring.slice(j + 2)];
    if (inner.length < 3 || rest.length < 3) continue;
    return [...split(rest), ...split(inner)];
  }
  return [ring];
}

function isInside(ring: Ring, [x, y]: Point): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax, ay] = ring[j]!;
    const [bx, by] = ring[i]!;
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
}
