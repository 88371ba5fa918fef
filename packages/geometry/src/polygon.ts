/** Pixels of the source video: origin at the top-left corner of the top-left pixel, x right, y down. */
export type Point = readonly [x: number, y: number];
/** A closed outline; the last point is joined to the first, which is not repeated. */
export type Ring = readonly Point[];
/** One part of a region: an outer ring and the holes in it. */
export type Polygon = { readonly outer: Ring; readonly holes: readonly Ring[] };
/** A region: any number of parts. */
export type MultiPolygon = readonly Polygon[];
