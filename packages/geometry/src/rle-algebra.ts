import type { Box } from './box.ts';
import { GeometryError } from './errors.ts';
import { checkRle, type Rle } from './rle.ts';

/** Number of set pixels. The run lengths are taken as valid here and below; `checkRle` is for what comes from outside. */
export function rleArea(rle: Rle): number {
  let area = 0;
  for (let i = 1; i < rle.counts.length; i += 2) area += rle.counts[i]!;
  return area;
}

/** Tight box in pixel edges, null when empty. COCO's [x, y, width, height] is `boxToXywh` of it. */
export function rleBounds(rle: Rle): Box | null {
  const height = rle.size[0];
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let x1 = -1;
  let y1 = -1;
  let at = 0;
  for (let i = 0; i < rle.counts.length; i++) {
    const run = rle.counts[i]!;
    if (i % 2 === 1 && run > 0) {
      const last = at + run - 1;
      const left = Math.floor(at / height);
      const right = Math.floor(last / height);
      x0 = Math.min(x0, left);
      x1 = Math.max(x1, right);
      // A run over a column's end holds the bottom of one column and the top of the next.
      y0 = Math.min(y0, left === right ? at % height : 0);
      y1 = Math.max(y1, left === right ? last % height : height - 1);
    }
    at += run;
  }
  return x1 < 0 ? null : { x0, y0, x1: x1 + 1, y1: y1 + 1 };
}

/** Union or intersection of any number of run lengths of one size, as pycocotools' `merge`. Throws 'mask-mismatch'. */
export function mergeRle(rles: readonly [Rle, ...Rle[]], how: 'union' | 'intersection'): Rle {
  const [first, ...rest] = rles;
  checkRle(first);
  return rest.reduce((merged, next) => combine(merged, next, how), combine(first, first, how));
}

/** Pixels set in `a` and not in `b`. */
export function subtractRle(a: Rle, b: Rle): Rle {
  return combine(a, b, 'difference');
}

/** Same size and the same pixels, however the runs are split. */
export function rlesEqual(a: Rle, b: Rle): boolean {
  if (a.size[0] !== b.size[0] || a.size[1] !== b.size[1]) return false;
  const { intersection, union } = rleOverlap(a, b);
  return intersection === union;
}

/** Pixels set in both and in either, counted on the runs. */
export function rleOverlap(a: Rle, b: Rle): { intersection: number; union: number } {
  let intersection = 0;
  let union = 0;
  walk(a, b, (length, inA, inB) => {
    if (inA && inB) intersection += length;
    if (inA || inB) union += length;
  });
  return { intersection, union };
}

/** Intersection over union, 0…1; two empty masks: 1, as DAVIS has it (pycocotools says 0 there). */
export function rleIou(a: Rle, b: Rle): number {
  const { intersection, union } = rleOverlap(a, b);
  return union === 0 ? 1 : intersection / union;
}

function combine(a: Rle, b: Rle, how: 'union' | 'intersection' | 'difference'): Rle {
  const counts: number[] = [];
  let value = false;
  let run = 0;
  walk(a, b, (length, inA, inB) => {
    const set = how === 'union' ? inA || inB : how === 'intersection' ? inA && inB : inA && !inB;
    if (set !== value) {
      counts.push(run);
      run = 0;
      value = set;
    }
    run += length;
  });
  if (run > 0 || counts.length === 0) counts.push(run);
  return { size: a.size, counts };
}

/** Visits both run lists together, in stretches over which neither changes. */
function walk(a: Rle, b: Rle, visit: (length: number, inA: boolean, inB: boolean) => void): void {
  if (a.size[0] !== b.size[0] || a.size[1] !== b.size[1])
    throw new GeometryError(
      'mask-mismatch',
      `Run lengths of sizes [${a.size}] and [${b.size}] ([height, width]) cannot be combined; resize one first.`,
    );
  let i = 0;
  let j = 0;
  let restA = a.counts[0] ?? 0;
  let restB = b.counts[0] ?? 0;
  for (;;) {
    while (restA === 0 && i + 1 < a.counts.length) restA = a.counts[++i]!;
    while (restB === 0 && j + 1 < b.counts.length) restB = b.counts[++j]!;
    const length = Math.min(restA, restB);
    if (length === 0) return;
    visit(length, i % 2 === 1, j % 2 === 1);
    restA -= length;
    restB -= length;
  }
}
