import { boxArea } from '@roto/geometry';
import { clamped, type Size } from '../canvas/points.ts';
import type { Geometry } from '../document/records.ts';
import { areaOfRuns } from '../masks/runs.ts';
import { clippedRing } from '../outline/clip.ts';
import { chainLength } from '../outline/measure.ts';
import { outlineOf, pointsOfRings, ringsArea, ringsOf } from '../outline/rings.ts';
import { boundsOf } from '../outline/shape.ts';
import type { Message } from './hint.ts';

export type Finished =
  | { readonly geometry: Geometry; readonly problem?: undefined }
  | { readonly geometry?: undefined; readonly problem: Message };

/** Least sizes are CVAT's: square pixels of a polygon, pixels of a line, pixels of a box's sides. */
const MIN_AREA = 9;
const MIN_LENGTH = 3;
const MIN_SIDE = 3;

/** The figure as it will be stored: cut to the frame; or the reason why it cannot be. */
export function finished(geometry: Geometry, size: Size): Finished {
  if (isOutside(geometry, size)) return { problem: { key: 'outside-frame' } };
  switch (geometry.kind) {
    case 'polygon': {
      const rings = ringsOf(geometry.points);
      if (rings.some((ring) => ring.length < 3)) return { problem: { key: 'too-few-points', least: 3 } };
      const cut = rings.map((ring) => clippedRing(ring, size)).filter((ring) => ring.length >= 3);
      if (cut.length === 0 || ringsArea(cut) < MIN_AREA) return { problem: { key: 'too-small' } };
      const isSame = cut.every((ring, i) => ring === rings[i]);
      return { geometry: isSame ? geometry : { kind: 'polygon', points: pointsOfRings(cut) } };
    }
    case 'polyline': {
      const line = outlineOf(geometry.points);
      if (line.length < 2) return { problem: { key: 'too-few-points', least: 2 } };
      if (chainLength(line) < MIN_LENGTH) return { problem: { key: 'too-small' } };
      return { geometry: { kind: 'polyline', points: line.flatMap((p) => [...clamped(p, size)]) } };
    }
    case 'points': {
      const inside = outlineOf(geometry.points).filter(
        ([x, y]) => x >= 0 && y >= 0 && x <= size.width && y <= size.height,
      );
      if (inside.length < 1) return { problem: { key: 'too-few-points', least: 1 } };
      return { geometry: { kind: 'points', points: inside.flat() } };
    }
    case 'rectangle': {
      const turned = geometry.rotation !== 0;
      const cut = turned
        ? geometry
        : {
            ...geometry,
            left: Math.max(0, geometry.left),
            top: Math.max(0, geometry.top),
            right: Math.min(size.width, geometry.right),
            bottom: Math.min(size.height, geometry.bottom),
          };
      if (cut.right - cut.left < MIN_SIDE || cut.bottom - cut.top < MIN_SIDE) return { problem: { key: 'too-small' } };
      return { geometry: cut };
    }
    case 'ellipse':
      if ((geometry.right - geometry.cx) * 2 < MIN_SIDE || (geometry.cy - geometry.top) * 2 < MIN_SIDE)
        return { problem: { key: 'too-small' } };
      return { geometry };
    case 'mask':
      return areaOfRuns(geometry) < 1 ? { problem: { key: 'empty-mask' } } : { geometry };
    case 'cuboid':
    case 'skeleton':
      return { geometry };
  }
}

function isOutside(geometry: Geometry, size: Size): boolean {
  const box = boundsOf(geometry);
  if (boxArea(box) === 0) return box.x1 < 0 || box.y1 < 0 || box.x0 > size.width || box.y0 > size.height;
  return box.x1 <= 0 || box.y1 <= 0 || box.x0 >= size.width || box.y0 >= size.height;
}
