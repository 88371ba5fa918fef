import { difference, union } from 'polyclip-ts';
import { type ImagePoint, imagePoint, rounded } from '../canvas/points.ts';
import { type Outline, ringsArea } from './rings.ts';

type Closed = [number, number][];

/**
 * The union of regions, each given by its rings (outer first, then holes). One list of rings for each part that stays
 * apart. Vertices stay as they are; crossings are rounded to 1/100 of a pixel.
 */
export function unionOf(regions: readonly (readonly Outline[])[]): readonly (readonly Outline[])[] {
  const [first, ...others] = regions.map(toPolygon);
  return first ? fromPolygons(union(first, ...others), regions) : [];
}

/** A region less another one. */
export function differenceOf(region: readonly Outline[], less: readonly Outline[]): readonly (readonly Outline[])[] {
  return fromPolygons(difference(toPolygon(region), toPolygon(less)), [region, less]);
}

function toPolygon(rings: readonly Outline[]): Closed[] {
  return rings.map((ring) => [...ring, ring[0]!].map(([x, y]): [number, number] => [x, y]));
}

function fromPolygons(
  polygons: readonly (readonly (readonly (readonly number[])[])[])[],
  sources: readonly (readonly Outline[])[],
): readonly (readonly Outline[])[] {
  const known = new Set(sources.flat(2).map(([x, y]) => `${x},${y}`));
  const point = ([x, y]: readonly number[]): ImagePoint => {
    const exact = imagePoint(x!, y!);
    return known.has(`${x},${y}`) ? exact : rounded(exact);
  };
  return polygons
    .map((rings) => rings.map((ring) => ring.slice(0, -1).map(point)).filter((ring) => ring.length >= 3))
    .filter((rings) => rings.length > 0 && ringsArea(rings) > 0);
}
