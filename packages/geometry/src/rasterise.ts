import { crossingColumn } from './crossing.ts';
import { GeometryError } from './errors.ts';
import { createMask, type Mask } from './mask.ts';
import type { MultiPolygon, Point, Ring } from './polygon.ts';

/**
 * The one rasterisation rule (docs/decisions/0002-rasterisation-rule.md): a pixel is set when its centre is inside.
 *   inside a ring   an odd number of its edges crosses the row's line of centres at or left of the centre;
 *                   an edge crosses that line when min y ≤ centre y < max y. So a centre on an edge belongs to the
 *                   side to the right of it, or below it.
 *   inside a part   inside the outer ring and inside none of its holes
 *   inside          inside any part
 * Decided in exact arithmetic for any finite vertices. What lies outside the picture is cut off.
 * Rings of fewer than three points have no inside. Throws 'polygon' for a vertex that is not finite.
 */
export function rasterisePolygon(region: MultiPolygon, width: number, height: number): Mask {
  const mask = createMask(width, height);
  for (const [part, polygon] of region.entries()) {
    const outer = crossings(polygon.outer, width, height, `outer ring of part ${part}`);
    const holes = polygon.holes.map((ring, hole) => crossings(ring, width, height, `hole ${hole} of part ${part}`));
    if (holes.length === 0) {
      for (let row = outer.top; row < outer.bottom; row++) fillRow(outer, row, mask.data, row * width, 1);
      continue;
    }
    // Holes cut their own part only, so a part is finished on a line of its own before it joins the others.
    const line = new Uint8Array(width);
    for (let row = outer.top; row < outer.bottom; row++) {
      line.fill(0);
      fillRow(outer, row, line, 0, 1);
      for (const hole of holes) fillRow(hole, row, line, 0, 0);
      for (let x = 0; x < width; x++) mask.data[row * width + x]! |= line[x]!;
    }
  }
  return mask;
}

/** For rows top…bottom−1 of a ring: the sorted columns at which inside and outside change places. */
type Crossings = { top: number; bottom: number; offsets: Uint32Array; columns: Int32Array };

function crossings(ring: Ring, width: number, height: number, name: string): Crossings {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const [i, [x, y]] of ring.entries()) {
    if (!Number.isFinite(x) || !Number.isFinite(y))
      throw new GeometryError('polygon', `Vertex ${i} of the ${name} is (${x}, ${y}); both must be finite numbers.`);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  const top = Math.min(height, Math.max(0, firstRow(low)));
  const bottom = ring.length < 3 ? top : Math.max(top, Math.min(height, firstRow(high)));
  // Counting sort by row: `offsets` first holds the number of crossings two places on, then their sum, and writing
  // moves each row's start to the place where it belongs.
  const offsets = new Uint32Array(bottom - top + 2);
  eachCrossing(ring, top, bottom, (row) => offsets[row - top + 2]!++);
  for (let i = 2; i < offsets.length; i++) offsets[i]! += offsets[i - 1]!;
  const columns = new Int32Array(offsets[offsets.length - 1]!);
  eachCrossing(ring, top, bottom, (row, [ax, ay], [bx, by]) => {
    columns[offsets[row - top + 1]!++] = crossingColumn(ax, ay, bx, by, row, width);
  });
  for (let row = 0; row < bottom - top; row++) columns.subarray(offsets[row]!, offsets[row + 1]!).sort();
  return { top, bottom, offsets, columns };
}

function eachCrossing(ring: Ring, top: number, bottom: number, see: (row: number, a: Point, b: Point) => void): void {
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const a = ring[j]!;
    const b = ring[i]!;
    const from = Math.max(top, firstRow(Math.min(a[1], b[1])));
    const to = Math.min(bottom, firstRow(Math.max(a[1], b[1])));
    for (let row = from; row < to; row++) see(row, a, b);
  }
}

/** The first row whose line of centres is at or below y. */
function firstRow(y: number): number {
  return Math.ceil(y - 0.5);
}

function fillRow(ring: Crossings, row: number, target: Uint8Array, offset: number, value: 0 | 1): void {
  if (row < ring.top || row >= ring.bottom) return;
  const from = ring.offsets[row - ring.top]!;
  const to = ring.offsets[row - ring.top + 1]!;
  for (let i = from; i + 1 < to; i += 2) target.fill(value, offset + ring.columns[i]!, offset + ring.columns[i + 1]!);
}
