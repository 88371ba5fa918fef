/**
 * How a stored picture must be turned to stand upright: the four integers of an axis-aligned turn or mirror image.
 * A stored point (x, y) is shown at (a·x + c·y, b·x + d·y), y down, moved so that the picture begins at 0.
 * Exactly one of the pairs (a, d) and (b, c) is not zero, and holds +1 or −1.
 */
export type Orientation = { readonly a: number; readonly b: number; readonly c: number; readonly d: number };

export const UPRIGHT: Orientation = { a: 1, b: 0, c: 0, d: 1 };

/**
 * Reads a display matrix: nine 32-bit integers in machine order, row-major, 16.16 fixed point for a, b, c, d
 * (ISO 14496-12 8.3.2; FFmpeg gives Matroska's roll in the same form).
 * Scale and offset are ignored. A turn that is no multiple of 90° goes to the nearest one, since pictures keep
 * their pixels.
 */
export function orientationOf(matrix: Buffer | null): Orientation {
  if (!matrix || matrix.length < 36) return UPRIGHT;
  const at = (i: number): number => new DataView(matrix.buffer, matrix.byteOffset).getInt32(i * 4, littleEndian);
  const [a, b, c, d] = [at(0), at(1), at(3), at(4)];
  if (Math.abs(a) + Math.abs(d) >= Math.abs(b) + Math.abs(c)) {
    return { a: a < 0 ? -1 : 1, b: 0, c: 0, d: d < 0 ? -1 : 1 };
  }
  return { a: 0, b: b < 0 ? -1 : 1, c: c < 0 ? -1 : 1, d: 0 };
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Whether width and height change places. */
export function swapsAxes(orientation: Orientation): boolean {
  return orientation.a === 0;
}

/**
 * Copies a picture upright.
 *   rgb      height rows of `stride` bytes, 3 bytes a pixel
 *   returns  the upright picture without gaps; width and height exchanged where the axes are
 */
export function upright(
  rgb: Uint8Array,
  stride: number,
  width: number,
  height: number,
  orientation: Orientation,
): Uint8Array {
  // Every byte is written below, so none needs to be cleared first.
  const out = new Uint8Array(Buffer.allocUnsafeSlow(width * height * 3).buffer);
  const { a, b, c, d } = orientation;
  if (a === 1 && d === 1) {
    if (stride === width * 3) out.set(rgb.subarray(0, out.length));
    else for (let y = 0; y < height; y++) out.set(rgb.subarray(y * stride, y * stride + width * 3), y * width * 3);
    return out;
  }
  const swapped = swapsAxes(orientation);
  const [outWidth, outHeight] = swapped ? [height, width] : [width, height];
  // The inverse of a turn is its transpose: x = a·X + b·Y and y = c·X + d·Y, counted from the far edge if negative.
  const first = (a + b < 0 ? width - 1 : 0) * 3 + (c + d < 0 ? height - 1 : 0) * stride;
  const alongX = a * 3 + c * stride;
  const alongY = b * 3 + d * stride;
  let to = 0;
  for (let Y = 0; Y < outHeight; Y++) {
    let from = first + Y * alongY;
    for (let X = 0; X < outWidth; X++) {
      out[to] = rgb[from]!;
      out[to + 1] = rgb[from + 1]!;
      out[to + 2] = rgb[from + 2]!;
      to += 3;
      from += alongX;
    }
  }
  return out;
}
