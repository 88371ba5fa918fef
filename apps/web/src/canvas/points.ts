/**
 * Points of two spaces that must not be mixed: the types carry a brand, the values are plain pairs.
 *   image  pixels of the frame; (0, 0) is the outer corner of the first pixel, whose centre is (0.5, 0.5)
 *   view   CSS pixels from the top left corner of the canvas on the page
 * `camera.ts` alone converts between them.
 */
declare const space: unique symbol;

export type ImagePoint = readonly [x: number, y: number] & { readonly [space]: 'image' };
export type ViewPoint = readonly [x: number, y: number] & { readonly [space]: 'view' };

export function imagePoint(x: number, y: number): ImagePoint {
  return [x, y] as unknown as ImagePoint;
}

export function viewPoint(x: number, y: number): ViewPoint {
  return [x, y] as unknown as ViewPoint;
}

/** Distance of two points of one space. */
export function distance<P extends ImagePoint | ViewPoint>(a: P, b: P): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** `a` + (dx, dy), in the same space. */
export function moved(a: ImagePoint, dx: number, dy: number): ImagePoint {
  return imagePoint(a[0] + dx, a[1] + dy);
}

/** Stored coordinates keep 1/100 of a pixel. */
export function rounded(point: ImagePoint): ImagePoint {
  return imagePoint(Math.round(point[0] * 100) / 100, Math.round(point[1] * 100) / 100);
}

/** The nearest point of the frame. */
export function clamped(point: ImagePoint, size: Size): ImagePoint {
  return imagePoint(Math.min(size.width, Math.max(0, point[0])), Math.min(size.height, Math.max(0, point[1])));
}

export type Size = { readonly width: number; readonly height: number };
