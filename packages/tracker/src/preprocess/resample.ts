import { type FixedTaps, PRECISION_BITS } from './pillow-taps.ts';

const HALF = 1 << (PRECISION_BITS - 1);

/**
 * Pillow's horizontal pass over 8-bit RGB: every row is resampled to taps.first.length pixels and rounded to bytes
 * (clamped: the negative lobes of 'bicubic' overshoot).
 *   rgb      rows × width × 3
 *   returns  rows × (output width) × 3
 */
export function resampleRows(rgb: Uint8Array, width: number, rows: number, taps: FixedTaps): Uint8ClampedArray {
  const { first, width: count, weights } = taps;
  const columns = first.length;
  const out = new Uint8ClampedArray(rows * columns * 3);
  let o = 0;
  for (let y = 0; y < rows; y++) {
    const row = y * width * 3;
    let k = 0;
    for (let x = 0; x < columns; x++) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      let i = row + first[x]! * 3;
      for (const end = k + count; k < end; k++) {
        const w = weights[k]!;
        r = (r + rgb[i]! * w) | 0;
        g = (g + rgb[i + 1]! * w) | 0;
        b = (b + rgb[i + 2]! * w) | 0;
        i += 3;
      }
      out[o] = r >> PRECISION_BITS;
      out[o + 1] = g >> PRECISION_BITS;
      out[o + 2] = b >> PRECISION_BITS;
      o += 3;
    }
  }
  return out;
}

/**
 * Pillow's vertical pass for output row `y`: the weighted sum of the rows of `pixels` that it reads, into `line`.
 * Two rows are taken at a time, which halves the traffic through `sums`, a scratch of the same length.
 */
export function resampleLine(
  pixels: Uint8Array | Uint8ClampedArray,
  y: number,
  taps: FixedTaps,
  sums: Int32Array,
  line: Uint8ClampedArray,
): void {
  const { length } = line;
  const { first, width: count, weights } = taps;
  const at = first[y]! * length;
  sums.fill(HALF);
  let k = 0;
  for (; k + 2 < count; k += 2) {
    const u = weights[y * count + k]!;
    const v = weights[y * count + k + 1]!;
    const p = at + k * length;
    const q = p + length;
    for (let i = 0; i < length; i++) sums[i] = sums[i]! + pixels[p + i]! * u + pixels[q + i]! * v;
  }
  // One or two rows are left.
  const two = k + 1 < count;
  const u = weights[y * count + k]!;
  const v = two ? weights[y * count + k + 1]! : 0;
  const p = at + k * length;
  const q = two ? p + length : p;
  for (let i = 0; i < length; i++)
    line[i] = ((sums[i]! + pixels[p + i]! * u + pixels[q + i]! * v) | 0) >> PRECISION_BITS;
}
