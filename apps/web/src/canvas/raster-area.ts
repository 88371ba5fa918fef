import type { Box } from '@roto/geometry';
import { type Camera, toImage, toView, visibleBox } from './camera.ts';
import { imagePoint, viewPoint } from './points.ts';

/** A raster of resting objects: the camera that it was painted for, and which part of the view's plane it holds. */
export type Area = {
  readonly camera: Camera;
  /** CSS pixels from the top left corner of the view. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};

/** Share of the view that a raster reaches over each side. */
const MARGIN = 0.2;
/** Lines and handles at the border of the bounds. CSS pixels. */
const RIM = 8;

/**
 * What is painted for a camera: the view and a margin around it, less what holds no objects. `bounds` is around the frame
 * and all objects. Undefined when nothing of it is in reach.
 */
export function areaFor(camera: Camera, bounds: Box, mostPixels: number): Area | undefined {
  const { width: w, height: h } = camera.view;
  const room = Math.max(0, (Math.sqrt(mostPixels / Math.max(1, w * h)) - 1) / 2);
  const margin = Math.min(MARGIN, room);
  const shown = inView(camera, bounds);
  const left = Math.floor(Math.max(0 - w * margin, shown.x0 - RIM));
  const top = Math.floor(Math.max(0 - h * margin, shown.y0 - RIM));
  const right = Math.ceil(Math.min(w * (1 + margin), shown.x1 + RIM));
  const bottom = Math.ceil(Math.min(h * (1 + margin), shown.y1 + RIM));
  if (right <= left || bottom <= top) return undefined;
  return { camera, left, top, width: right - left, height: bottom - top };
}

/** Is all that a camera shows of the bounds in the area? */
export function covers(area: Area, camera: Camera, bounds: Box): boolean {
  if (area.camera.turn !== camera.turn) return false;
  const shown = visibleBox(camera);
  const held = inImage(area);
  const slack = RIM / area.camera.scale;
  return (
    Math.max(shown.x0, bounds.x0) >= held.x0 - slack &&
    Math.max(shown.y0, bounds.y0) >= held.y0 - slack &&
    Math.min(shown.x1, bounds.x1) <= held.x1 + slack &&
    Math.min(shown.y1, bounds.y1) <= held.y1 + slack
  );
}

/** The part of the image's plane that an area holds. */
export function inImage({ camera, left, top, width, height }: Area): Box {
  const a = toImage(camera, viewPoint(left, top));
  const b = toImage(camera, viewPoint(left + width, top + height));
  return around(a, b);
}

function inView(camera: Camera, box: Box): Box {
  return around(toView(camera, imagePoint(box.x0, box.y0)), toView(camera, imagePoint(box.x1, box.y1)));
}

function around(a: readonly [number, number], b: readonly [number, number]): Box {
  return { x0: Math.min(a[0], b[0]), y0: Math.min(a[1], b[1]), x1: Math.max(a[0], b[0]), y1: Math.max(a[1], b[1]) };
}
