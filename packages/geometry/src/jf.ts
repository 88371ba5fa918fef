import { type Mask, maskBounds } from './mask.ts';
import { checkSameSize, maskIou } from './mask-algebra.ts';

/** Share of the image diagonal within which a boundary pixel counts as found (DAVIS 2016, section 5; bound_th). */
export const BOUNDARY_TOLERANCE = 0.008;

/** Region score J of DAVIS: intersection over union; two empty masks score 1. */
export function regionJ(prediction: Mask, truth: Mask): number {
  return maskIou(prediction, truth);
}

/**
 * Boundary score F of DAVIS (`f_measure` of davis2017-evaluation): the harmonic mean of precision and recall of
 * boundary pixels, where one counts as found when the other boundary has a pixel at most
 * ceil(tolerance × image diagonal) pixels away (a tolerance of 1 or more is taken as pixels), measured between centres.
 * Only one boundary empty: 0; both empty: 1. Throws 'mask-mismatch'.
 *
 * The toolkit dilates both boundaries with a disk; looking only at boundary pixels gives the same numbers for less.
 */
export function boundaryF(prediction: Mask, truth: Mask, tolerance: number = BOUNDARY_TOLERANCE): number {
  checkSameSize(prediction, truth);
  const reach = tolerance >= 1 ? tolerance : Math.ceil(tolerance * Math.hypot(truth.width, truth.height));
  const ours = boundaryPixels(prediction);
  const theirs = boundaryPixels(truth);
  if (ours.count === 0 || theirs.count === 0) return ours.count === theirs.count ? 1 : 0;
  const precision = countNear(ours, theirs, reach) / ours.count;
  const recall = countNear(theirs, ours, reach) / theirs.count;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** J, F and their mean. Sequence scores of DAVIS are means over frames, without the first and the last one. */
export function jAndF(prediction: Mask, truth: Mask): { j: number; f: number; mean: number } {
  const j = regionJ(prediction, truth);
  const f = boundaryF(prediction, truth);
  return { j, f, mean: (j + f) / 2 };
}

/** Boundary pixels by row: those of row y are columns[starts[y − top]] … columns[starts[y − top + 1] − 1], ascending. */
type Boundary = { top: number; starts: Uint32Array; columns: Int32Array; count: number };

/**
 * DAVIS' `seg2bmap` at the mask's own size: a pixel is on the boundary when it differs from its neighbour to the
 * right, below, or to the lower right. On the last row only the right neighbour counts, on the last column only the
 * one below, and the last corner never does.
 */
function boundaryPixels(mask: Mask): Boundary {
  const { width, height, data } = mask;
  const bounds = maskBounds(mask);
  if (!bounds) return { top: 0, starts: new Uint32Array(1), columns: new Int32Array(0), count: 0 };
  const top = Math.max(0, bounds.y0 - 1);
  const left = Math.max(0, bounds.x0 - 1);
  const right = Math.min(bounds.x1, width - 1);
  const starts = new Uint32Array(bounds.y1 - top + 1);
  const columns: number[] = [];
  for (let y = top; y < bounds.y1; y++) {
    const row = y * width;
    const isLastRow = y + 1 === height;
    // On the last row the row itself stands in for the one below, which leaves the right neighbour alone to decide.
    const below = isLastRow ? row : row + width;
    for (let x = left; x < right; x++) {
      const here = data[row + x]!;
      if (((data[row + x + 1]! ^ here) | (data[below + x]! ^ here) | (data[below + x + 1]! ^ here)) !== 0)
        columns.push(x);
    }
    if (bounds.x1 === width && !isLastRow && data[row + width - 1] !== data[below + width - 1]) columns.push(width - 1);
    starts[y - top + 1] = columns.length;
  }
  return { top, starts, columns: Int32Array.from(columns), count: columns.length };
}

/** How many pixels of `a` have one of `b` within `reach`. */
function countNear(a: Boundary, b: Boundary, reach: number): number {
  const rows = Math.floor(reach);
  // Half width of the disk at each row's distance.
  const half = Array.from({ length: rows + 1 }, (_, dy) => Math.floor(Math.sqrt(reach * reach - dy * dy)));
  const heightB = b.starts.length - 1;
  let near = 0;
  for (let i = 0; i + 1 < a.starts.length; i++) {
    const y = a.top + i - b.top;
    // The nearest row first: most pixels are found there.
    const cursors: { at: number; end: number; half: number }[] = [];
    for (let dy = 0; dy <= rows; dy++)
      for (const row of dy === 0 ? [y] : [y - dy, y + dy])
        if (row >= 0 && row < heightB && b.starts[row]! < b.starts[row + 1]!)
          cursors.push({ at: b.starts[row]!, end: b.starts[row + 1]!, half: half[dy]! });
    for (let p = a.starts[i]!; p < a.starts[i + 1]!; p++) {
      const x = a.columns[p]!;
      for (const cursor of cursors) {
        while (cursor.at < cursor.end && b.columns[cursor.at]! < x - cursor.half) cursor.at++;
        if (cursor.at < cursor.end && b.columns[cursor.at]! <= x + cursor.half) {
          near++;
          break;
        }
      }
    }
  }
  return near;
}
