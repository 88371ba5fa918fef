import { createMask, type Mask, maskFromCvatPoints, maskToCvatPoints } from '@roto/geometry';
import type { ImagePoint } from '../canvas/points.ts';
import type { MaskGeometry } from '../document/records.ts';

const ends = new WeakMap<MaskGeometry, Float64Array>();

/** Ends of the runs, counted from the start of the box: the row starts for a binary search. */
function runEnds(mask: MaskGeometry): Float64Array {
  const before = ends.get(mask);
  if (before) return before;
  const sums = new Float64Array(mask.runs.length);
  let sum = 0;
  for (const [i, run] of mask.runs.entries()) {
    sum += run;
    sums[i] = sum;
  }
  ends.set(mask, sums);
  return sums;
}

/** Is the pixel under the point set? */
export function maskContains(mask: MaskGeometry, point: ImagePoint): boolean {
  return pixelIsSet(mask, Math.floor(point[0]), Math.floor(point[1]));
}

function pixelIsSet(mask: MaskGeometry, x: number, y: number): boolean {
  if (x < mask.left || x > mask.right || y < mask.top || y > mask.bottom) return false;
  const sums = runEnds(mask);
  const at = (y - mask.top) * (mask.right - mask.left + 1) + (x - mask.left);
  let low = 0;
  let high = sums.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

/** Pixels to the nearest one on the other side, along the row and the column: coarse, enough to rank what is hit. */
export function maskBorderDistance(mask: MaskGeometry, point: ImagePoint): number {
  const x = Math.floor(point[0]);
  const y = Math.floor(point[1]);
  const inside = pixelIsSet(mask, x, y);
  const limit = Math.max(mask.right - mask.left, mask.bottom - mask.top) + 2;
  for (let step = 1; step <= limit; step++)
    if (
      pixelIsSet(mask, x + step, y) !== inside ||
      pixelIsSet(mask, x - step, y) !== inside ||
      pixelIsSet(mask, x, y + step) !== inside ||
      pixelIsSet(mask, x, y - step) !== inside
    )
      return step;
  return Number.POSITIVE_INFINITY;
}

/** Calls `see` for each run of set pixels, cut at the ends of rows; `x` and `y` are pixels of the frame. */
export function eachSpan(mask: MaskGeometry, see: (y: number, from: number, to: number) => void): void {
  const width = mask.right - mask.left + 1;
  let at = 0;
  for (let i = 0; i < mask.runs.length; i++) {
    const end = at + mask.runs[i]!;
    if (i % 2 === 1)
      for (let from = at; from < end; ) {
        const row = Math.floor(from / width);
        const to = Math.min(end, (row + 1) * width);
        see(mask.top + row, mask.left + from - row * width, mask.left + to - row * width);
        from = to;
      }
    at = end;
  }
}

/** The mask at the size of the frame; what lies outside is cut off. */
export function maskOfGeometry(geometry: MaskGeometry, size: { width: number; height: number }): Mask {
  const { runs, left, top, right, bottom } = geometry;
  return maskFromCvatPoints([...runs, left, top, right, bottom], size.width, size.height);
}

/** Run lengths of a mask; undefined when no pixel is set. */
export function geometryOfMask(mask: Mask): MaskGeometry | undefined {
  const points = maskToCvatPoints(mask);
  const [left, top, right, bottom] = points.slice(-4) as [number, number, number, number];
  const runs = points.slice(0, -4);
  if (runs.length < 2) return undefined;
  return { kind: 'mask', runs, left, top, right, bottom };
}

/** Number of set pixels. */
export function areaOfRuns(geometry: MaskGeometry): number {
  let sum = 0;
  for (let i = 1; i < geometry.runs.length; i += 2) sum += geometry.runs[i]!;
  return sum;
}

/** The same mask moved by whole pixels; what leaves the frame is cut off. Undefined when nothing is left. */
export function movedMask(
  geometry: MaskGeometry,
  dx: number,
  dy: number,
  size: { width: number; height: number },
): MaskGeometry | undefined {
  const x = Math.round(dx);
  const y = Math.round(dy);
  const { left, top, right, bottom } = geometry;
  const at = { ...geometry, left: left + x, top: top + y, right: right + x, bottom: bottom + y };
  if (at.left >= 0 && at.top >= 0 && at.right < size.width && at.bottom < size.height) return at;
  return geometryOfMask(maskOfGeometry(at, size));
}

/** Boxes of one mask's content in a buffer of its own: one byte per pixel of the box, 0 or 1. */
export function boxContent(geometry: MaskGeometry): Mask {
  const width = geometry.right - geometry.left + 1;
  const content = createMask(width, geometry.bottom - geometry.top + 1);
  let at = 0;
  for (let i = 0; i < geometry.runs.length; i++) {
    const end = at + geometry.runs[i]!;
    if (i % 2 === 1) content.data.fill(1, at, end);
    at = end;
  }
  return content;
}
