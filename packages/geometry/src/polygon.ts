/** Pixels of the source video: origin at the top-left corner of the top-left pixel, x right, y down. */
export type Point = readonly [x: number, y: number];
/** A closed outline; the last point is joined to the first, which is not repeated. */
export type Ring = readonly Point[];
/** One part of a region: an outer ring and the holes in it. */
export type Polygon = { readonly outer: Ring; readonly holes: readonly Ring[] };
/** A region: any number of parts. */
export type MultiPolygon = readonly Polygon[];

/** Vertices of all rings. */
export function countPoints(region: MultiPolygon): number {
  return region.reduce((sum, part) => sum + part.outer.length + part.holes.reduce((n, ring) => n + ring.length, 0), 0);
}

/** Shoelace area in square pixels; positive when the ring runs clockwise as seen (y down). */
export function ringArea(ring: Ring): number {
  let twice = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++)
    twice += ring[j]![0] * ring[i]![1] - ring[i]![0] * ring[j]![1];
  return twice / 2;
}

/** A polygon without holes from a flat list [x1, y1, x2, y2, …], the form of CVAT and COCO. */
export function polygonFromFlat(points: readonly number[]): Polygon {
  const outer: Point[] = [];
  for (let i = 0; i + 1 < points.length; i += 2) outer.push([points[i]!, points[i + 1]!]);
  return { outer, holes: [] };
}

/** [x1, y1, x2, y2, …] of a ring. */
export function ringToFlat(ring: Ring): number[] {
  return ring.flat();
}
