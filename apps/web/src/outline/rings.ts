import { joinRings, type Ring, ringArea, ringToFlat, splitBridges } from '@roto/geometry';
import { type ImagePoint, imagePoint } from '../canvas/points.ts';

/** A closed outline in image pixels; the first point is not repeated. */
export type Outline = readonly ImagePoint[];

const known = new WeakMap<readonly number[], readonly Outline[]>();

/**
 * The rings of a polygon's flat points. The wire has one ring; holes and further parts are joined to it by bridges of no
 * width, two edges that coincide in reverse (`joinRings` of @roto/geometry). This takes the bridges out again.
 */
export function ringsOf(points: readonly number[]): readonly Outline[] {
  const before = known.get(points);
  if (before) return before;
  const rings = splitBridges(outlineOf(points)).flatMap((part) => [
    part.outer,
    ...part.holes,
  ]) as readonly Ring[] as readonly Outline[];
  known.set(points, rings);
  return rings;
}

/** Flat points of one ring for all rings; what `ringsOf` takes apart. */
export function pointsOfRings(rings: readonly Outline[]): number[] {
  const [outer = [], ...others] = rings;
  if (others.length === 0) return ringToFlat(outer);
  return ringToFlat(joinRings([{ outer, holes: others as Ring[] }]));
}

export function outlineOf(points: readonly number[]): ImagePoint[] {
  const outline: ImagePoint[] = [];
  for (let i = 0; i + 1 < points.length; i += 2) outline.push(imagePoint(points[i]!, points[i + 1]!));
  return outline;
}

/** Area enclosed by the even-odd rule for rings that do not cross one another. */
export function ringsArea(rings: readonly Outline[]): number {
  return Math.abs(
    rings.reduce((sum, ring) => {
      const depth = rings.filter((other) => other !== ring && insideRing(other, ring[0]!)).length;
      return sum + (depth % 2 === 0 ? 1 : -1) * Math.abs(ringArea(ring));
    }, 0),
  );
}

export function insideRing(ring: Outline, point: ImagePoint): boolean {
  const [x, y] = point;
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax, ay] = ring[j]!;
    const [bx, by] = ring[i]!;
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
}
