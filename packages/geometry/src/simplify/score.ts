import type { Box } from '../box.ts';
import type { Mask } from '../mask.ts';

/**
 * Exact pixel scores of polygons, edge by edge.
 *
 * With A the mask, P the rasterised polygon, M = |A \ P| pixels missed and E = |P \ A| pixels too many,
 *   IoU = (|A| − M) / (|A| + E) ≥ t   ⟺   M + t·E ≤ (1 − t)·|A|.
 * So the bound t is a budget for the loss M + t·E = |A| − [(1 + t)·|A ∩ P| − t·|P|]. Both areas in the bracket are sums
 * over rows of what lies left of each crossing, with the sign of the edge's direction: each edge has a gain that
 * depends on its two ends alone, and the loss of a whole region is |A| minus the gains of all edges.
 * (True while rings neither cross themselves nor each other; outer rings clockwise as seen, holes the other way.)
 */
export type Score = {
  /** Where vertices may lie, in pixel edges: the mask's box and a margin, inside the picture. */
  readonly room: Box;
  /** (1 − t)·|A| */
  readonly budget: number;
  /** |A| */
  readonly area: number;
  /** Gain of the edge a → b. Ends must be multiples of GRID inside `room`. */
  gain(ax: number, ay: number, bx: number, by: number): number;
};

/** Vertices lie on quarter pixels: fine enough to fit, short to write, and ties with pixel centres are told exactly. */
export const GRID = 0.25;

/**
 * Less than the smallest distance between a pixel centre and a crossing that misses it, for vertices on GRID within
 * 16384 px, and more than the rounding of the sums below.
 */
const TIE = 2 ** -22;

const MARGIN = 16;

export function scoreOf(mask: Mask, bounds: Box, area: number, bound: number): Score {
  const { width, height, data } = mask;
  const room = {
    x0: Math.max(0, bounds.x0 - MARGIN),
    y0: Math.max(0, bounds.y0 - MARGIN),
    x1: Math.min(width, bounds.x1 + MARGIN),
    y1: Math.min(height, bounds.y1 + MARGIN),
  };
  // before[row][column]: set pixels of the row to the left of the column, within the room.
  const stride = room.x1 - room.x0 + 1;
  const rows = room.y1 - room.y0;
  const before = stride < 65536 ? new Uint16Array(stride * rows) : new Uint32Array(stride * rows);
  for (let y = bounds.y0; y < bounds.y1; y++) {
    const from = y * width + room.x0;
    const to = (y - room.y0) * stride;
    let sum = 0;
    for (let x = 1; x < stride; x++) {
      sum += data[from + x - 1]!;
      before[to + x] = sum;
    }
  }

  function gain(ax: number, ay: number, bx: number, by: number): number {
    if (ay === by) return 0;
    const top = Math.min(ay, by);
    const first = Math.ceil(top - 0.5);
    const end = Math.ceil(Math.max(ay, by) - 0.5);
    const slope = (bx - ax) / (by - ay);
    let x = ax + (first + 0.5 - ay) * slope - 0.5 - room.x0 - TIE;
    let at = (first - room.y0) * stride;
    let inside = 0;
    let columns = 0;
    for (let row = first; row < end; row++) {
      const column = Math.ceil(x);
      inside += before[at + column]!;
      columns += column;
      x += slope;
      at += stride;
    }
    const sum = (1 + bound) * inside - bound * columns;
    return by > ay ? sum : -sum;
  }

  return { room, budget: (1 - bound) * area, area, gain };
}
