// Compares decoded frames with the server's pictures: a file whose frames are counted in another way here is not used.

/** Levels of 255 by which a JPEG and a decoded picture of the same frame may differ in the mean. */
const MOST_DIFFERENCE = 3;
/** Both are made this small: blocks of a JPEG do not count, another frame does. */
const SIDE = 64;

export function meanDifference(a: ImageBitmap, b: ImageBitmap): number {
  const [x, y] = [levelsOf(a), levelsOf(b)];
  let sum = 0;
  for (let at = 0; at < x.length; at += 4) {
    sum += Math.abs(x[at]! - y[at]!) + Math.abs(x[at + 1]! - y[at + 1]!) + Math.abs(x[at + 2]! - y[at + 2]!);
  }
  return sum / (0.75 * x.length);
}

export function isSamePicture(a: ImageBitmap, b: ImageBitmap): boolean {
  return a.width === b.width && a.height === b.height && meanDifference(a, b) < MOST_DIFFERENCE;
}

function levelsOf(bitmap: ImageBitmap): Uint8ClampedArray {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new Error('There is no memory for a picture.');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, SIDE, SIDE);
  return context.getImageData(0, 0, SIDE, SIDE).data;
}
