/**
 * Makes one picture of the first of its two fields, in place: every line of the other field becomes the mean of the lines
 * above and below. Each picture counts alone, so that it is the same however it is reached, and none is added or lost.
 *   rgb     rows of `stride` bytes, 3 bytes a pixel
 *   isTop   the first field has the even lines
 */
export function keepFirstField(rgb: Uint8Array, stride: number, width: number, height: number, isTop: boolean): void {
  for (let y = isTop ? 1 : 0; y < height; y += 2) {
    // At the edges there is one neighbour only.
    const above = (y > 0 ? y - 1 : y + 1) * stride;
    const below = (y + 1 < height ? y + 1 : y - 1) * stride;
    if (above < 0 || below < 0 || above >= height * stride) continue;
    const row = y * stride;
    for (let i = 0; i < width * 3; i++) rgb[row + i] = (rgb[above + i]! + rgb[below + i]! + 1) >> 1;
  }
}
