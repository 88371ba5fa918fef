import {
  type Box,
  type Mask,
  type MultiPolygon,
  maskFromCvatPoints,
  type Point,
  polygonFromFlat,
  type Ring,
  rasterisePolygon,
} from '@roto/geometry';
import type { LabeledShape, ShapeType } from '../labeled/labeled-data.ts';

type Drawn = Pick<LabeledShape, 'type' | 'points' | 'rotation'>;

/** Types that cover pixels. */
export const AREA_TYPES: readonly ShapeType[] = ['rectangle', 'ellipse', 'polygon', 'mask'];

/** The outline of a rectangle, ellipse or polygon; undefined for other types. */
export function outlineOf({ type, points, rotation }: Drawn): Ring | undefined {
  switch (type) {
    case 'polygon':
      return polygonFromFlat(points).outer;
    case 'rectangle': {
      const [x0, y0, x1, y1] = points as [number, number, number, number];
      const corners: Ring = [
        [x0, y0],
        [x1, y0],
        [x1, y1],
        [x0, y1],
      ];
      return turn(corners, (x0 + x1) / 2, (y0 + y1) / 2, rotation);
    }
    case 'ellipse': {
      const [cx, cy, right, top] = points as [number, number, number, number];
      return turn(ellipse(cx, cy, Math.abs(right - cx), Math.abs(cy - top)), cx, cy, rotation);
    }
    default:
      return undefined;
  }
}

/** The pixels of a shape that covers some; undefined for lines, points, cuboids and skeletons. */
export function maskOf(shape: Drawn, width: number, height: number): Mask | undefined {
  if (shape.type === 'mask') return maskFromCvatPoints(shape.points, width, height);
  const outline = outlineOf(shape);
  const region: MultiPolygon | undefined = outline && [{ outer: outline, holes: [] }];
  return region && rasterisePolygon(region, width, height);
}

/** A box around a shape that covers pixels, in pixel edges. */
export function shapeBox(shape: Drawn): Box {
  if (shape.type === 'mask') {
    const [x0, y0, right, bottom] = shape.points.slice(-4) as [number, number, number, number];
    return { x0, y0, x1: right + 1, y1: bottom + 1 };
  }
  return ringBox(outlineOf(shape) ?? []);
}

/** The tight box of a ring. */
export function ringBox(ring: Ring): Box {
  const around = (axis: 0 | 1, choose: (a: number, b: number) => number): number =>
    ring.reduce((best, point) => choose(best, point[axis]), ring[0]?.[axis] ?? 0);
  return { x0: around(0, Math.min), y0: around(1, Math.min), x1: around(0, Math.max), y1: around(1, Math.max) };
}

/** Chords that leave the curve by a twentieth of a pixel at most. */
function ellipse(cx: number, cy: number, rx: number, ry: number): Point[] {
  const radius = Math.max(rx, ry, 1);
  const count = Math.min(512, Math.max(16, Math.ceil(Math.PI / Math.acos(1 - 0.05 / radius))));
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });
}

/** By degrees, clockwise as seen. */
function turn(ring: readonly Point[], cx: number, cy: number, degrees: number): Point[] {
  if (degrees === 0) return [...ring];
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  return ring.map(([x, y]) => [cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos]);
}
