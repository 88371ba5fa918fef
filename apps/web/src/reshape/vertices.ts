import { type ImagePoint, imagePoint } from '../canvas/points.ts';
import type { Geometry } from '../document/records.ts';
import type { EdgePlace } from '../outline/measure.ts';
import { type Outline, outlineOf, pointsOfRings, ringsOf } from '../outline/rings.ts';

/** A vertex of a geometry: which ring (0 for kinds without rings) and which point of it. */
export type VertexRef = { readonly ring: number; readonly vertex: number };

/** Vertices that can be moved one by one; none for kinds that are not made of points. */
export function verticesOf(geometry: Geometry): readonly Outline[] {
  switch (geometry.kind) {
    case 'polygon':
      return ringsOf(geometry.points);
    case 'polyline':
    case 'points':
      return [outlineOf(geometry.points)];
    case 'skeleton':
      return [geometry.joints.map(({ x, y }) => imagePoint(x, y))];
    default:
      return [];
  }
}

/** Calls `change` for each vertex, and puts what it returns in its place. */
export function mapVertices(geometry: Geometry, change: (point: ImagePoint, ref: VertexRef) => ImagePoint): Geometry {
  const rings = verticesOf(geometry).map((outline, ring) =>
    outline.map((point, vertex) => change(point, { ring, vertex })),
  );
  return withVertices(geometry, rings);
}

export function withVertices(geometry: Geometry, rings: readonly Outline[]): Geometry {
  switch (geometry.kind) {
    case 'polygon':
      return { kind: 'polygon', points: pointsOfRings(rings) };
    case 'polyline':
    case 'points':
      return { kind: geometry.kind, points: rings[0]!.flat() };
    case 'skeleton':
      return {
        ...geometry,
        joints: geometry.joints.map((joint, i) => ({ ...joint, x: rings[0]![i]![0], y: rings[0]![i]![1] })),
      };
    default:
      return geometry;
  }
}

export function hasRef(refs: readonly VertexRef[], { ring, vertex }: VertexRef): boolean {
  return refs.some((ref) => ref.ring === ring && ref.vertex === vertex);
}

/** A new vertex on an edge. */
export function withInserted(geometry: Geometry, place: EdgePlace): { geometry: Geometry; ref: VertexRef } {
  const rings = verticesOf(geometry).map((outline, ring) =>
    ring === place.ring ? outline.toSpliced(place.edge + 1, 0, place.point) : outline,
  );
  return { geometry: withVertices(geometry, rings), ref: { ring: place.ring, vertex: place.edge + 1 } };
}

/** Least number of vertices of one ring or line. */
export function leastVertices(geometry: Geometry): number {
  return geometry.kind === 'polygon' ? 3 : geometry.kind === 'polyline' ? 2 : 1;
}

/**
 * Without these vertices. A hole that falls below three points goes as a whole; undefined when the object itself would
 * have too few left.
 */
export function withoutVertices(geometry: Geometry, refs: readonly VertexRef[]): Geometry | undefined {
  const least = leastVertices(geometry);
  const rings = verticesOf(geometry).map((outline, ring) =>
    outline.filter((_, vertex) => !hasRef(refs, { ring, vertex })),
  );
  if (rings.length === 0 || rings[0]!.length < least) return undefined;
  return withVertices(
    geometry,
    rings.filter((outline) => outline.length >= least),
  );
}
