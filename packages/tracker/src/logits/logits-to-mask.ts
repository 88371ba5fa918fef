import type { Mask } from '@roto/geometry';

/** Where output pixel i reads: between inputs `low[i]` and `low[i] + 1` (or the last one), weight of the second. */
type Taps = { readonly index: Int32Array; readonly weight: Float32Array };

/**
 * The mask at video size: logits enlarged (or reduced) bilinearly, align_corners=False, no antialiasing, then > 0
 * (sam2-model 7.8). Float logits of the video size are never made: between two inputs of one sign nothing has to be
 * computed, and most of a picture lies there.
 *   low      [side × side]
 *   returns  the mask, and the number of pixels in it
 */
export function logitsToMask(
  low: Float32Array,
  side: number,
  width: number,
  height: number,
): { mask: Mask; area: number } {
  const data = new Uint8Array(width * height);
  const columns = taps(side, width);
  const rows = taps(side, height);
  // first[k]: the first output column that reads between inputs k and k + 1.
  const first = new Int32Array(side + 1).fill(width);
  for (let x = width - 1; x >= 0; x--) first[columns.index[x]!] = x;
  for (let k = side - 1; k >= 0; k--) if (first[k]! > first[k + 1]!) first[k] = first[k + 1]!;

  const line = new Float32Array(side + 1);
  let area = 0;
  for (let y = 0; y < height; y++) {
    const top = rows.index[y]! * side;
    const bottom = Math.min(rows.index[y]! + 1, side - 1) * side;
    const w = rows.weight[y]!;
    for (let k = 0; k < side; k++) line[k] = low[top + k]! * (1 - w) + low[bottom + k]! * w;
    line[side] = line[side - 1]!;
    const out = y * width;
    for (let k = 0; k < side; k++) {
      const from = first[k]!;
      const to = first[k + 1]!;
      if (from >= to) continue;
      const a = line[k]!;
      const b = line[k + 1]!;
      if (a > 0 && b > 0) {
        data.fill(1, out + from, out + to);
        area += to - from;
      } else if (a > 0 || b > 0) {
        for (let x = from; x < to; x++) {
          const v = columns.weight[x]!;
          if (a * (1 - v) + b * v > 0) {
            data[out + x] = 1;
            area++;
          }
        }
      }
    }
  }
  return { mask: { width, height, data }, area };
}

/** Taps of torch's `upsample_bilinear2d` with align_corners=False: a source before the first pixel counts as the first. */
function taps(from: number, to: number): Taps {
  const index = new Int32Array(to);
  const weight = new Float32Array(to);
  const scale = Math.fround(from / to);
  for (let i = 0; i < to; i++) {
    const source = Math.max(0, Math.fround(Math.fround(scale * (i + 0.5)) - 0.5));
    index[i] = Math.min(Math.floor(source), from - 1);
    weight[i] = Math.min(1, source - index[i]!);
  }
  return { index, weight };
}
