import type { Box } from '@roto/geometry';
import { type ImagePoint, imagePoint, type Size, type ViewPoint, viewPoint } from './points.ts';

/** Quarter turns of the frame, clockwise. */
export type Turn = 0 | 1 | 2 | 3;

/**
 * How the frame is placed in the view: view = translate · scale · turn · image.
 * A value: each change makes a new camera.
 */
export type Camera = {
  readonly image: Size;
  readonly view: Size;
  /** CSS pixels per pixel of the frame. */
  readonly scale: number;
  readonly turn: Turn;
  /** Where the image's origin is in the view. */
  readonly x: number;
  readonly y: number;
};

export const MIN_SCALE = 0.05;
export const MAX_SCALE = 64;
const FIT_MARGIN = 8;

export function createCamera(image: Size, view: Size): Camera {
  return fit({ image, view, scale: 1, turn: 0, x: 0, y: 0 });
}

export function toView(camera: Camera, point: ImagePoint): ViewPoint {
  const [x, y] = turned(camera.turn, point[0], point[1]);
  return viewPoint(camera.x + camera.scale * x, camera.y + camera.scale * y);
}

export function toImage(camera: Camera, point: ViewPoint): ImagePoint {
  const x = (point[0] - camera.x) / camera.scale;
  const y = (point[1] - camera.y) / camera.scale;
  const [ix, iy] = turned(((4 - camera.turn) % 4) as Turn, x, y);
  return imagePoint(ix, iy);
}

/** The part of the image plane that the view shows, as a box in image pixels. */
export function visibleBox(camera: Camera, margin = 0): Box {
  const a = toImage(camera, viewPoint(-margin, -margin));
  const b = toImage(camera, viewPoint(camera.view.width + margin, camera.view.height + margin));
  return { x0: Math.min(a[0], b[0]), y0: Math.min(a[1], b[1]), x1: Math.max(a[0], b[0]), y1: Math.max(a[1], b[1]) };
}

/** Six numbers of `DOMMatrix` and `setTransform`: from image pixels to CSS pixels. */
export function matrixOf(camera: Camera): readonly [number, number, number, number, number, number] {
  const [a, b] = turned(camera.turn, 1, 0);
  const [c, d] = turned(camera.turn, 0, 1);
  const s = camera.scale;
  return [a * s, b * s, c * s, d * s, camera.x, camera.y];
}

/** The whole frame in the middle of the view. */
export function fit(camera: Camera): Camera {
  return fitBox(camera, { x0: 0, y0: 0, x1: camera.image.width, y1: camera.image.height });
}

/** `box` of the image in the middle of the view, as large as fits, at most `limit` CSS pixels per pixel. */
export function fitBox(camera: Camera, box: Box, limit = MAX_SCALE): Camera {
  const { width, height } = camera.view;
  const turnedSides = camera.turn % 2 === 1;
  const boxWidth = Math.max(1, turnedSides ? box.y1 - box.y0 : box.x1 - box.x0);
  const boxHeight = Math.max(1, turnedSides ? box.x1 - box.x0 : box.y1 - box.y0);
  const room = (side: number): number => Math.max(1, side - 2 * FIT_MARGIN);
  const scale = clampScale(Math.min(room(width) / boxWidth, room(height) / boxHeight, limit));
  const middle = imagePoint((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2);
  return anchored({ ...camera, scale }, middle, viewPoint(width / 2, height / 2));
}

/** `factor` times as large; the image point at `at` stays where it is. */
export function zoomAt(camera: Camera, at: ViewPoint, factor: number): Camera {
  return zoomTo(camera, at, camera.scale * factor);
}

export function zoomTo(camera: Camera, at: ViewPoint, scale: number): Camera {
  return anchored({ ...camera, scale: clampScale(scale) }, toImage(camera, at), at);
}

export function panBy(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x + dx, y: camera.y + dy };
}

/** Another window or panel size: the image point in the middle stays in the middle. */
export function resize(camera: Camera, view: Size): Camera {
  const middle = toImage(camera, centre(camera));
  return anchored({ ...camera, view }, middle, viewPoint(view.width / 2, view.height / 2));
}

/** Turns the frame by quarter turns about the middle of the view. */
export function turnBy(camera: Camera, quarters: number): Camera {
  const turn = ((((camera.turn + quarters) % 4) + 4) % 4) as Turn;
  const middle = toImage(camera, centre(camera));
  return anchored({ ...camera, turn }, middle, centre(camera));
}

/** Moves the view as little as needed to show `point`, `margin` CSS pixels from the border. */
export function reveal(camera: Camera, point: ImagePoint, margin = 40): Camera {
  const [x, y] = toView(camera, point);
  const shift = (at: number, side: number): number =>
    at < margin ? margin - at : at > side - margin ? side - margin - at : 0;
  return panBy(camera, shift(x, camera.view.width), shift(y, camera.view.height));
}

export function centre(camera: Camera): ViewPoint {
  return viewPoint(camera.view.width / 2, camera.view.height / 2);
}

function anchored(camera: Camera, image: ImagePoint, at: ViewPoint): Camera {
  const now = toView(camera, image);
  return panBy(camera, at[0] - now[0], at[1] - now[1]);
}

function clampScale(scale: number): number {
  return Math.min(MAX_SCALE, Math.max(MIN_SCALE, scale));
}

function turned(turn: Turn, x: number, y: number): [number, number] {
  switch (turn) {
    case 0:
      return [x, y];
    case 1:
      return [-y, x];
    case 2:
      return [-x, -y];
    case 3:
      return [y, -x];
  }
}
