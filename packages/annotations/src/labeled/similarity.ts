import {
  type Box,
  boxIou,
  maskFromCvatPoints,
  maskIou,
  polygonFromFlat,
  rasterisePolygon,
  unionBoxes,
} from '@roto/geometry';
import type { TrackedShape } from './labeled-data.ts';

/** Side of the grid on which polygons are compared: an IoU comes out good to about a hundredth. */
const GRID = 256;

/** Pixels and degrees within which two shapes are equal: what was cut out of a track differs from it in the last bits. */
const EQUAL = 1e-3;

/** A shape with its parts, as plain shapes and interpolated ones have it. */
export type Comparable = Pick<TrackedShape, 'type' | 'points' | 'rotation'> & {
  readonly elements: readonly (Pick<TrackedShape, 'points' | 'outside'> & { readonly label_id: number })[];
};

/**
 * How much two shapes are the same, 0…1. Equal ones: 1, whatever their type. Else IoU for rectangles (before their
 * rotation, as CVAT has it), polygons and masks, and 0 for other types and for two types.
 * CVAT compares no masks, and no other types even when they are equal: there every such object in an overlap of jobs is
 * read twice. We would multiply what a person drew once.
 */
export function similarity(a: Comparable, b: Comparable): number {
  if (a.type !== b.type) return 0;
  if (areEqualShapes(a, b)) return 1;
  switch (a.type) {
    case 'rectangle':
      return boxIou(cornersBox(a.points), cornersBox(b.points));
    case 'polygon':
      return polygonIou(a.points, b.points);
    case 'mask':
      return cvatMaskIou(a.points, b.points);
    default:
      return 0;
  }
}

/** The same type, points, rotation and parts, but for the last bits. */
export function areEqualShapes(a: Comparable, b: Comparable): boolean {
  return (
    a.type === b.type &&
    areEqual([a.rotation], [b.rotation]) &&
    areEqual(a.points, b.points) &&
    a.elements.length === b.elements.length &&
    a.elements.every((part) => {
      const other = b.elements.find((one) => one.label_id === part.label_id);
      return other !== undefined && other.outside === part.outside && areEqual(other.points, part.points);
    })
  );
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => Math.abs(value - b[i]!) <= EQUAL);
}

function polygonIou(a: readonly number[], b: readonly number[]): number {
  const boxes = [a, b].map(pointsBox) as [Box, Box];
  if (boxIou(...boxes) === 0) return 0;
  const { x0, y0, x1, y1 } = unionBoxes(...boxes);
  const scale = GRID / Math.max(x1 - x0, y1 - y0);
  const draw = (points: readonly number[]) =>
    rasterisePolygon([polygonFromFlat(points.map((v, i) => (v - (i % 2 ? y0 : x0)) * scale))], GRID, GRID);
  return maskIou(draw(a), draw(b));
}

/** Decodes no more than the box around both. */
function cvatMaskIou(a: readonly number[], b: readonly number[]): number {
  const boxes = [a, b].map(maskBox) as [Box, Box];
  if (boxIou(...boxes) === 0) return 0;
  const { x0, y0, x1, y1 } = unionBoxes(...boxes);
  const decode = (points: readonly number[]) => {
    const runs = points.length - 4;
    const moved = points.map((v, i) => (i < runs ? v : v - ((i - runs) % 2 ? y0 : x0)));
    return maskFromCvatPoints(moved, x1 - x0, y1 - y0);
  };
  return maskIou(decode(a), decode(b));
}

function cornersBox(points: readonly number[]): Box {
  const [x0, y0, x1, y1] = points as [number, number, number, number];
  return { x0, y0, x1, y1 };
}

function maskBox(points: readonly number[]): Box {
  const box = cornersBox(points.slice(-4));
  return { ...box, x1: box.x1 + 1, y1: box.y1 + 1 };
}

function pointsBox(points: readonly number[]): Box {
  const box = { x0: Number.POSITIVE_INFINITY, y0: Number.POSITIVE_INFINITY, x1: -Infinity, y1: -Infinity };
  for (let i = 0; i < points.length; i += 2) {
    box.x0 = Math.min(box.x0, points[i]!);
    box.x1 = Math.max(box.x1, points[i]!);
    box.y0 = Math.min(box.y0, points[i + 1]!);
    box.y1 = Math.max(box.y1, points[i + 1]!);
  }
  return box;
}
