import type { Box } from '@roto/geometry';
import { type ImagePoint, imagePoint } from '../canvas/points.ts';
import type { Geometry } from '../document/records.ts';
import { maskBorderDistance, maskContains } from '../masks/runs.ts';
import { boundsOfFlat, nearestEdge, nearestVertex } from './measure.ts';
import { insideRing, type Outline, outlineOf, ringsOf } from './rings.ts';

const boxes = new WeakMap<Geometry, Box>();
const outlines = new WeakMap<Geometry, readonly Outline[]>();

/** Box around a geometry, rotation included. Records are immutable, so it is computed once for each. */
export function boundsOf(geometry: Geometry): Box {
  const before = boxes.get(geometry);
  if (before) return before;
  const box = computeBounds(geometry);
  boxes.set(geometry, box);
  return box;
}

function computeBounds(geometry: Geometry): Box {
  switch (geometry.kind) {
    case 'mask':
      return { x0: geometry.left, y0: geometry.top, x1: geometry.right + 1, y1: geometry.bottom + 1 };
    case 'polygon':
    case 'polyline':
    case 'points':
    case 'cuboid':
      return boundsOfFlat(geometry.points);
    case 'skeleton':
      return boundsOfFlat(geometry.joints.flatMap((joint) => [joint.x, joint.y]));
    case 'rectangle':
    case 'ellipse':
      return boundsOfFlat(outlinesOf(geometry).flat(2));
  }
}

/** Outlines of a geometry for painting and measuring; of a mask its box, of an ellipse a ring of 64 points. */
export function outlinesOf(geometry: Geometry): readonly Outline[] {
  const before = outlines.get(geometry);
  if (before) return before;
  const found = computeOutlines(geometry);
  outlines.set(geometry, found);
  return found;
}

function computeOutlines(geometry: Geometry): readonly Outline[] {
  switch (geometry.kind) {
    case 'polygon':
      return ringsOf(geometry.points);
    case 'polyline':
    case 'points':
    case 'cuboid':
      return [outlineOf(geometry.points)];
    case 'skeleton':
      return [geometry.joints.map((joint) => imagePoint(joint.x, joint.y))];
    case 'rectangle':
      return [cornersOf(geometry)];
    case 'ellipse': {
      const frame = frameOf(geometry);
      const ring: ImagePoint[] = [];
      for (let i = 0; i < 64; i++) {
        const angle = (i / 64) * 2 * Math.PI;
        ring.push(fromFrame(frame, Math.cos(angle) * frame.halfWidth, Math.sin(angle) * frame.halfHeight));
      }
      return [ring];
    }
    case 'mask': {
      const box = boundsOf(geometry);
      return [
        [
          imagePoint(box.x0, box.y0),
          imagePoint(box.x1, box.y0),
          imagePoint(box.x1, box.y1),
          imagePoint(box.x0, box.y1),
        ],
      ];
    }
  }
}

export type Boxed = Extract<Geometry, { kind: 'rectangle' | 'ellipse' }>;
/** A rectangle or ellipse about its middle, turned by `radians` clockwise. */
export type BoxFrame = {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
  readonly radians: number;
};

export function frameOf(geometry: Boxed): BoxFrame {
  const radians = (geometry.rotation * Math.PI) / 180;
  if (geometry.kind === 'ellipse')
    return {
      x: geometry.cx,
      y: geometry.cy,
      halfWidth: geometry.right - geometry.cx,
      halfHeight: geometry.cy - geometry.top,
      radians,
    };
  return {
    x: (geometry.left + geometry.right) / 2,
    y: (geometry.top + geometry.bottom) / 2,
    halfWidth: (geometry.right - geometry.left) / 2,
    halfHeight: (geometry.bottom - geometry.top) / 2,
    radians,
  };
}

/** The point at (dx, dy) from the middle, along the turned axes. */
export function fromFrame(frame: BoxFrame, dx: number, dy: number): ImagePoint {
  const cos = Math.cos(frame.radians);
  const sin = Math.sin(frame.radians);
  return imagePoint(frame.x + dx * cos - dy * sin, frame.y + dx * sin + dy * cos);
}

/** Distances of a point from the middle, along the turned axes. */
export function intoFrame(frame: BoxFrame, point: ImagePoint): readonly [dx: number, dy: number] {
  const cos = Math.cos(frame.radians);
  const sin = Math.sin(frame.radians);
  const x = point[0] - frame.x;
  const y = point[1] - frame.y;
  return [x * cos + y * sin, -x * sin + y * cos];
}

/** Left top, right top, right bottom, left bottom, as turned. */
export function cornersOf(geometry: Boxed): readonly [ImagePoint, ImagePoint, ImagePoint, ImagePoint] {
  const frame = frameOf(geometry);
  const { halfWidth: w, halfHeight: h } = frame;
  return [fromFrame(frame, -w, -h), fromFrame(frame, w, -h), fromFrame(frame, w, h), fromFrame(frame, -w, h)];
}

/** Is the point inside? False for kinds that have no inside (polyline, points). */
export function contains(geometry: Geometry, point: ImagePoint): boolean {
  switch (geometry.kind) {
    case 'polygon': {
      let inside = false;
      for (const ring of ringsOf(geometry.points)) if (insideRing(ring, point)) inside = !inside;
      return inside;
    }
    case 'rectangle': {
      const frame = frameOf(geometry);
      const [dx, dy] = intoFrame(frame, point);
      return Math.abs(dx) <= frame.halfWidth && Math.abs(dy) <= frame.halfHeight;
    }
    case 'ellipse': {
      const frame = frameOf(geometry);
      const [dx, dy] = intoFrame(frame, point);
      return (dx / frame.halfWidth) ** 2 + (dy / frame.halfHeight) ** 2 <= 1;
    }
    case 'mask':
      return maskContains(geometry, point);
    case 'skeleton':
    case 'cuboid': {
      const box = boundsOf(geometry);
      return point[0] >= box.x0 && point[0] <= box.x1 && point[1] >= box.y0 && point[1] <= box.y1;
    }
    case 'polyline':
    case 'points':
      return false;
  }
}

/** Distance in image pixels from a point to the drawn border. */
export function borderDistance(geometry: Geometry, point: ImagePoint): number {
  switch (geometry.kind) {
    case 'mask':
      return maskBorderDistance(geometry, point);
    case 'points':
    case 'skeleton':
    case 'cuboid':
      return nearestVertex(outlinesOf(geometry), point)?.distance ?? Number.POSITIVE_INFINITY;
    case 'polyline':
      return nearestEdge(outlinesOf(geometry), point, false)?.distance ?? Number.POSITIVE_INFINITY;
    default:
      return nearestEdge(outlinesOf(geometry), point)?.distance ?? Number.POSITIVE_INFINITY;
  }
}
