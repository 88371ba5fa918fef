import type { Box } from '@roto/geometry';
import { imagePoint, moved, rounded, type Size } from '../canvas/points.ts';
import type { Geometry } from '../document/records.ts';
import { movedMask } from '../masks/runs.ts';
import { type Boxed, frameOf } from '../outline/shape.ts';
import { mapVertices } from './vertices.ts';

/** A geometry moved by (dx, dy) image pixels; masks move by whole pixels. */
export function translated(geometry: Geometry, dx: number, dy: number, size: Size): Geometry {
  switch (geometry.kind) {
    case 'rectangle':
      return {
        ...geometry,
        left: r(geometry.left + dx),
        right: r(geometry.right + dx),
        top: r(geometry.top + dy),
        bottom: r(geometry.bottom + dy),
      };
    case 'ellipse':
      return {
        ...geometry,
        cx: r(geometry.cx + dx),
        right: r(geometry.right + dx),
        cy: r(geometry.cy + dy),
        top: r(geometry.top + dy),
      };
    case 'mask':
      return movedMask(geometry, dx, dy, size) ?? geometry;
    case 'cuboid':
      return { ...geometry, points: geometry.points.map((v, i) => r(v + (i % 2 === 0 ? dx : dy))) };
    default:
      return mapVertices(geometry, (point) => rounded(moved(point, dx, dy)));
  }
}

/** The nearest movement that keeps a box that is in the frame in the frame; a box that reaches out moves freely. */
export function keptInside(box: Box, dx: number, dy: number, size: Size): readonly [number, number] {
  const limit = (low: number, high: number, side: number, by: number): number =>
    low < 0 || high > side ? by : Math.min(side - high, Math.max(-low, by));
  return [limit(box.x0, box.x1, size.width, dx), limit(box.y0, box.y1, size.height, dy)];
}

/** The geometry turned by `degrees` clockwise about its middle. */
export function rotatedBy(geometry: Geometry, degrees: number, about: readonly [number, number]): Geometry {
  if (geometry.kind === 'rectangle' || geometry.kind === 'ellipse')
    return { ...geometry, rotation: turnOf(geometry.rotation + degrees) };
  const radians = (degrees * Math.PI) / 180;
  const cos = Math.cos(radians);
  const sin = Math.sin(radians);
  return mapVertices(geometry, ([x, y]) => {
    const dx = x - about[0];
    const dy = y - about[1];
    return rounded(imagePoint(about[0] + dx * cos - dy * sin, about[1] + dx * sin + dy * cos));
  });
}

/** 0 up to 360, at a tenth of a degree. */
export function turnOf(degrees: number): number {
  const turned = Math.round((((degrees % 360) + 360) % 360) * 10) / 10;
  return turned === 360 ? 0 : turned;
}

/** All vertices scaled from one box to another; a side that is turned over mirrors. */
export function scaledInto(geometry: Geometry, from: Box, to: Box): Geometry {
  const sx = (to.x1 - to.x0) / Math.max(1e-9, from.x1 - from.x0);
  const sy = (to.y1 - to.y0) / Math.max(1e-9, from.y1 - from.y0);
  return mapVertices(geometry, ([x, y]) => rounded(imagePoint(to.x0 + (x - from.x0) * sx, to.y0 + (y - from.y0) * sy)));
}

/** Mirrored about the middle of its box. */
export function mirrored(geometry: Geometry, box: Box, axis: 'horizontal' | 'vertical'): Geometry {
  if (geometry.kind === 'rectangle' || geometry.kind === 'ellipse')
    return geometry.rotation === 0 ? geometry : { ...geometry, rotation: turnOf(-geometry.rotation) };
  return mapVertices(geometry, ([x, y]) =>
    rounded(axis === 'horizontal' ? imagePoint(box.x0 + box.x1 - x, y) : imagePoint(x, box.y0 + box.y1 - y)),
  );
}

/** A box that keeps its middle, half sides and turn as given. */
export function boxedAt(geometry: Boxed, x: number, y: number, halfWidth: number, halfHeight: number): Boxed {
  if (geometry.kind === 'ellipse')
    return { ...geometry, cx: r(x), cy: r(y), right: r(x + halfWidth), top: r(y - halfHeight) };
  return {
    ...geometry,
    left: r(x - halfWidth),
    right: r(x + halfWidth),
    top: r(y - halfHeight),
    bottom: r(y + halfHeight),
  };
}

export function halfSides(geometry: Boxed): readonly [number, number] {
  const { halfWidth, halfHeight } = frameOf(geometry);
  return [halfWidth, halfHeight];
}

function r(value: number): number {
  return Math.round(value * 100) / 100;
}
