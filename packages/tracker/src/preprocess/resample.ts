import { type FixedTaps, PRECISION_BITS } from './pillow-taps.ts';

const HALF = 1 << (PRECISION_BITS - 1);
/** Added before the clamp table is read, so that negative sums have a place in it. */
const CLAMP_OFFSET = 256;
/** clamp[v + 256] = v limited to 0…255; a bicubic sum of bytes stays within −256…767. */
const clamp = Uint8Array.from({ length: 1024 }, (_, i) => Math.min(255, Math.max(0, i - CLAMP_OFFSET)));

/**
 * Pillow's horizontal pass over 8-bit RGB: every row is resampled to taps.first.length pixels and rounded to bytes.
 *   rgb      rows × width × 3
 *   returns  rows × (output width) × 3
 */
export function resampleRows(rgb: Uint8Array, width: number, rows: number, taps: FixedTaps): Uint8Array {
  const { first, width: count, weights } = taps;
  const columns = first.length;
  const out = new Uint8Array(rows * columns * 3);
  // Positions of the last taps may lie past the row where their weight is 0; reading there must stay inside the array.
  const last = rgb.length - 3;
  let o = 0;
  for (let y = 0; y < rows; y++) {
    const row = y * width * 3;
    for (let x = 0; x < columns; x++) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      let i = row + first[x]! * 3;
      const from = x * count;
      const to = from + count;
      for (let k = from; k < to; k++) {
        const w = weights[k]!;
        if (i > last) i = last;
        r += rgb[i]! * w;
        g += rgb[i + 1]! * w;
        b += rgb[i + 2]! * w;
        i += 3;
      }
      out[o] = clamp[(r >> PRECISION_BITS) + CLAMP_OFFSET]!;
      out[o + 1] = clamp[(g >> PRECISION_BITS) + CLAMP_OFFSET]!;
      out[o + 2] = clamp[(b >> PRECISION_BITS) + CLAMP_OFFSET]!;
      o += 3;
    }
  }
  return out;
}

/**
 * Pillow's vertical pass for one output row: `line` (a row of bytes, any number of channels) becomes the weighted sum
 * of the rows of `pixels` that output row `y` reads. `sums` is scratch of the same length.
 */
export function resampleLine(pixels: Uint8Array, y: number, taps: FixedTaps, sums: Int32Array, line: Uint8Array): void {
  const length = line.length;
  const { first, width: count, weights } = taps;
  sums.fill(HALF);
  for (let k = 0; k < count; k++) {
    const w = weights[y * count + k]!;
    if (w === 0) continue;
    const row = (first[y]! + k) * length;
    for (let i = 0; i < length; i++) sums[i] = sums[i]! + pixels[row + i]! * w;
  }
  for (let i = 0; i < length; i++) line[i] = clamp[(sums[i]! >> PRECISION_BITS) + CLAMP_OFFSET]!;
}
