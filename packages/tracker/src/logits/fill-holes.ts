/** Written into a filled hole: just above the mask threshold. */
const FILLED = 0.1;

/**
 * Fills small holes in mask logits: every 8-connected group of pixels with a logit ≤ 0 and at most `maxArea` pixels
 * becomes 0.1 (`fill_holes_in_mask_scores`, area 8 in the official predictor, which skips it without CUDA). Specks of
 * background that touch the border count as holes too. `low` is [side × side] and is not edited; without holes the
 * same array comes back.
 */
export function fillHoles(low: Float32Array, side: number, maxArea: number): Float32Array {
  if (maxArea <= 0) return low;
  let filled: Float32Array | null = null;
  const seen = new Uint8Array(low.length);
  const queue = new Int32Array(low.length);
  const value = Math.fround(FILLED);
  for (let start = 0; start < low.length; start++) {
    if (seen[start] || low[start]! > 0) continue;
    let head = 0;
    let tail = 0;
    queue[tail++] = start;
    seen[start] = 1;
    while (head < tail) {
      const at = queue[head++]!;
      const x = at % side;
      const y = (at - x) / side;
      const x0 = x > 0 ? x - 1 : 0;
      const x1 = x < side - 1 ? x + 1 : x;
      const y0 = y > 0 ? y - 1 : 0;
      const y1 = y < side - 1 ? y + 1 : y;
      for (let ny = y0; ny <= y1; ny++)
        for (let nx = x0; nx <= x1; nx++) {
          const next = ny * side + nx;
          if (seen[next] || low[next]! > 0) continue;
          seen[next] = 1;
          queue[tail++] = next;
        }
    }
    if (tail > maxArea) continue;
    filled ??= low.slice();
    for (let i = 0; i < tail; i++) filled[queue[i]!] = value;
  }
  return filled ?? low;
}
