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
  /** Vertices lie within 0…width and 0…height. */
  readonly width: number;
  readonly height: number;
  /** (1 − t)·|A| */
  readonly budget: number;
  /** |A| */
  readonly area: number;
  /** Gain of the edge a → b. Ends must be multiples of GRID within the picture. */
  gain(ax: number, ay: number, bx: number, by: number): number;
};

/** Vertices lie on quarter pixels: fine enough to fit, short to write, and ties with pixel centres are told exactly. */
export const GRID = 0.25;

/**
 * Less than the smallest distance between a pixel centre and a crossing that misses it, for vertices on GRID within
 * 16384 px, and more than the rounding of the sums below.
 */
const TIE = 2 ** -22;

/** The score of polygons against `mask` under the bound t = `bound`. Time and memory grow with the picture. */
export function scoreOf(mask: Mask, bound: number): Score {
  const { width, height, data } = mask;
  // before[row][column]: set pixels of the row to the left of the column.
  const stride = width + 1;
  const before = stride < 65536 ? new Uint16Array(stride * height) : new Uint32Array(stride * height);
  let area = 0;
  for (let y = 0; y < height; y++) {
    let sum = 0;
    for (let x = 0; x < width; x++) {
      sum += data[y * width + x]!;
      before[y * stride + x + 1] = sum;
    }
    area += sum;
  }

  function gain(ax: number, ay: number, bx: number, by: number): number {
    if (ay === by) return 0;
    const top = Math.min(ay, by);
    const first = Math.ceil(top - 0.5);
    const end = Math.ceil(Math.max(ay, by) - 0.5);
    const slope = (bx - ax) / (by - ay);
    let x = ax + (first + 0.5 - ay) * slope - 0.5 - TIE;
    let at = first * stride;
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

  return { width, height, budget: (1 - bound) * area, area, gain };
}
