import { GeometryError } from './errors.ts';
import { createMask, MAX_PIXELS, type Mask, maskBounds } from './mask.ts';

/** COCO run lengths: column-major, the first run counts zeros; `size` is [height, width]. A string is COCO's compressed form. */
export type Rle = { readonly size: readonly [height: number, width: number]; readonly counts: readonly number[] };
export type CompressedRle = { readonly size: readonly [height: number, width: number]; readonly counts: string };

/**
 * Run lengths of a mask in the one canonical form: no empty run but possibly the first.
 * Columns are gathered 32 at a time: reading a row-major picture straight down misses the cache on every pixel.
 */
export function encodeRle(mask: Mask): Rle {
  const { width, height, data } = mask;
  const size = [height, width] as const;
  const bounds = maskBounds(mask);
  if (!bounds) return { size, counts: [width * height] };
  const counts: number[] = [];
  const rows = bounds.y1 - bounds.y0;
  const strip = new Uint8Array(32 * rows);
  let value = 0;
  let since = 0;
  for (let left = bounds.x0; left < bounds.x1; left += 32) {
    const columns = Math.min(32, bounds.x1 - left);
    for (let y = 0; y < rows; y++) {
      const row = (bounds.y0 + y) * width + left;
      for (let x = 0; x < columns; x++) strip[x * rows + y] = data[row + x]!;
    }
    for (let x = 0; x < columns; x++) {
      const top = (left + x) * height;
      if (value === 1 && bounds.y0 > 0) {
        counts.push(top - since);
        since = top;
        value = 0;
      }
      for (let y = 0; y < rows; y++) {
        if (strip[x * rows + y] === value) continue;
        const at = top + bounds.y0 + y;
        counts.push(at - since);
        since = at;
        value ^= 1;
      }
      if (value === 1 && bounds.y1 < height) {
        const at = top + bounds.y1;
        counts.push(at - since);
        since = at;
        value = 0;
      }
    }
  }
  // A run that reaches the bottom of the last column with a set pixel ends there.
  const end = bounds.x1 * height;
  if (value === 1 && end < width * height) {
    counts.push(end - since);
    since = end;
  }
  if (since < width * height) counts.push(width * height - since);
  return { size, counts };
}

/** The mask of run lengths. Throws 'rle-size', 'rle-count' or 'rle-sum', naming the run. */
export function decodeRle(rle: Rle): Mask {
  checkRle(rle);
  const [height, width] = rle.size;
  const mask = createMask(width, height);
  const { data } = mask;
  let at = 0;
  for (let i = 0; i < rle.counts.length; i++) {
    const end = at + rle.counts[i]!;
    if (i % 2 === 1) {
      let y = at % height;
      let x = (at - y) / height;
      for (let p = at; p < end; p++) {
        data[y * width + x] = 1;
        if (++y === height) {
          y = 0;
          x++;
        }
      }
    }
    at = end;
  }
  return mask;
}

/** Throws unless the runs are whole, not negative and add up to the size. */
export function checkRle(rle: Rle): void {
  const pixels = checkSize(rle.size);
  let sum = 0;
  for (let i = 0; i < rle.counts.length; i++) {
    const run = rle.counts[i]!;
    if (!Number.isInteger(run) || run < 0 || run > pixels)
      throw new GeometryError(
        'rle-count',
        `Run ${i} of the RLE is ${run}; a run must be a whole number from 0 to ${pixels} (height × width).`,
      );
    sum += run;
    if (sum > pixels)
      throw new GeometryError(
        'rle-sum',
        `Runs 0…${i} of the RLE already hold ${sum} pixels, but ${sizeText(rle.size)} has only ${pixels}. Is the size [height, width]?`,
      );
  }
  if (sum !== pixels)
    throw new GeometryError(
      'rle-sum',
      `The ${rle.counts.length} runs of the RLE hold ${sum} pixels, but ${sizeText(rle.size)} has ${pixels}. Is it cut off?`,
    );
}

/** Number of pixels of a size; throws 'rle-size'. */
export function checkSize(size: readonly [number, number]): number {
  const [height, width] = size;
  const ok = Number.isInteger(height) && Number.isInteger(width) && height >= 0 && width >= 0;
  if (!ok || size.length !== 2 || height * width > MAX_PIXELS)
    throw new GeometryError(
      'rle-size',
      `RLE size [${size}] must be [height, width]: two whole numbers from 0, at most ${MAX_PIXELS} pixels in all.`,
    );
  return height * width;
}

function sizeText(size: readonly [number, number]): string {
  return `size [${size[0]}, ${size[1]}]`;
}
