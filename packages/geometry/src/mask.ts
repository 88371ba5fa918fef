import type { Box } from './box.ts';
import { GeometryError } from './errors.ts';

/** A yes-or-no picture. `data` is row-major, one byte per pixel, 0 or 1; length is width × height. */
export type Mask = { readonly width: number; readonly height: number; readonly data: Uint8Array };

/** 16384 × 16384: past this a size is taken for an attack or an error, before any memory is asked for. */
export const MAX_PIXELS = 2 ** 28;

/** An empty mask, or one around `data`, which is not copied. Throws 'mask-size'. */
export function createMask(width: number, height: number, data?: Uint8Array): Mask {
  if (!isSide(width) || !isSide(height) || width * height > MAX_PIXELS)
    throw new GeometryError(
      'mask-size',
      `A mask of ${width} × ${height} pixels is not possible: both sides must be whole numbers from 0, at most ${MAX_PIXELS} pixels in all.`,
    );
  if (data && data.length !== width * height)
    throw new GeometryError(
      'mask-size',
      `A mask of ${width} × ${height} needs ${width * height} bytes, but ${data.length} were given.`,
    );
  return { width, height, data: data ?? new Uint8Array(width * height) };
}

/** Number of set pixels. */
export function maskArea(mask: Mask): number {
  const { data } = mask;
  let area = 0;
  for (let i = 0; i < data.length; i++) area += data[i]!;
  return area;
}

/** True when no pixel is set. */
export function isEmptyMask(mask: Mask): boolean {
  return mask.data.indexOf(1) < 0;
}

/** Tight box around the set pixels, in pixel edges; null when none is set. */
export function maskBounds(mask: Mask): Box | null {
  const { width, data } = mask;
  const first = data.indexOf(1);
  if (first < 0) return null;
  const y0 = Math.floor(first / width);
  const y1 = Math.floor(data.lastIndexOf(1) / width);
  let x0 = first % width;
  let x1 = x0;
  for (let y = y0; y <= y1; y++) {
    const row = y * width;
    for (let x = 0; x < x0; x++)
      if (data[row + x] === 1) {
        x0 = x;
        break;
      }
    for (let x = width - 1; x > x1; x--)
      if (data[row + x] === 1) {
        x1 = x;
        break;
      }
  }
  return { x0, y0, x1: x1 + 1, y1: y1 + 1 };
}

/** Same size, same pixels. */
export function masksEqual(a: Mask, b: Mask): boolean {
  if (a.width !== b.width || a.height !== b.height) return false;
  for (let i = 0; i < a.data.length; i++) if (a.data[i] !== b.data[i]) return false;
  return true;
}

/**
 * Reads a drawing, one line per row, `#` for a set pixel and `.` for another; spaces around lines do not count.
 * For worked examples and tests. Throws 'mask-size' when rows differ in length.
 */
export function maskFromText(text: string): Mask {
  const rows = text
    .split('\n')
    .map((row) => row.trim())
    .filter((row) => row !== '');
  const width = rows[0]?.length ?? 0;
  const mask = createMask(width, rows.length);
  for (const [y, row] of rows.entries()) {
    if (row.length !== width || /[^#.]/.test(row))
      throw new GeometryError('mask-size', `Row ${y} "${row}" must be ${width} characters of "#" and ".".`);
    for (let x = 0; x < width; x++) mask.data[y * width + x] = row[x] === '#' ? 1 : 0;
  }
  return mask;
}

/** The drawing that `maskFromText` reads. */
export function maskToText(mask: Mask): string {
  const rows: string[] = [];
  for (let y = 0; y < mask.height; y++)
    rows.push(Array.from(mask.data.subarray(y * mask.width, (y + 1) * mask.width), (v) => (v ? '#' : '.')).join(''));
  return rows.join('\n');
}

function isSide(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}
