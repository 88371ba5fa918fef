import type { RowOrder } from '../ops/gather.ts';

/**
 * In which order the tokens of a square grid stand. Square cells of `cell` tokens follow each other row by row; inside
 * a cell tokens follow the Z-order curve. Cell 1 is plain row-major order.
 *
 * Linear layers and norms do not care about order. In Z-order every window whose side is a power of two, and every
 * 2 × 2 pool group, is a run of neighbours, so windowing and pooling are reshapes that move nothing; the stages of Hiera
 * with such windows never shuffle their tokens.
 */
export type TokenLayout = { readonly side: number; readonly cell: number };

/** A place of the grid, y · stride + x; places beyond the grid are padding. */
const stride = 1 << 14;
const place = (y: number, x: number) => y * stride + x;

/** The place of each token. */
export function places({ side, cell }: TokenLayout): Int32Array {
  const result = new Int32Array(side * side);
  let token = 0;
  for (let top = 0; top < side; top += cell)
    for (let left = 0; left < side; left += cell)
      for (let i = 0; i < cell * cell; i++) result[token++] = place(top + evenBits(i >> 1), left + evenBits(i));
  return result;
}

/** Bits 0, 2, 4 … of the Z-order index, packed. */
function evenBits(index: number): number {
  let packed = 0;
  for (let bit = 0; index >> (2 * bit); bit++) packed |= ((index >> (2 * bit)) & 1) << bit;
  return packed;
}

/**
 * Places of the tokens of all windows, window by window, the grid filled up to whole windows with padding. When the
 * layout holds its windows as runs the order is the layout's own; else windows go row by row, and inside a window
 * tokens go row by row, or by 2 × 2 groups when they are to be pooled.
 */
export function windowPlaces(layout: TokenLayout, window: number, pooled: boolean): Int32Array {
  const { side, cell } = layout;
  if (window === side && !pooled) return places(layout);
  if ((window & (window - 1)) === 0 && window <= cell && side % window === 0) return places(layout);
  const count = Math.ceil(side / window);
  const inner = pooled ? groupedSquare(window) : places({ side: window, cell: 1 });
  const result = new Int32Array(count * count * window * window);
  let token = 0;
  for (let top = 0; top < count * window; top += window)
    for (let left = 0; left < count * window; left += window)
      for (const at of inner) result[token++] = at + place(top, left);
  return result;
}

/** 2 × 2 groups row by row, four neighbours each. */
function groupedSquare(side: number): Int32Array {
  const result: number[] = [];
  for (let y = 0; y < side; y += 2)
    for (let x = 0; x < side; x += 2) result.push(place(y, x), place(y, x + 1), place(y + 1, x), place(y + 1, x + 1));
  return Int32Array.from(result);
}

/** Places after each run of four tokens (a 2 × 2 group) became one. */
export function pooledPlaces(before: Int32Array): Int32Array {
  return Int32Array.from({ length: before.length / 4 }, (_, i) => {
    const [y, x] = [Math.floor(before[4 * i]! / stride), before[4 * i]! % stride];
    return place(y >> 1, x >> 1);
  });
}

/**
 * How to pick rows that stand at `from` so that they stand at `to`; places that `from` lacks become rows of zeros.
 * Null when nothing moves. With `halved`, each place of `to` reads the place at half its coordinates: nearest-neighbour
 * enlargement by two.
 */
export function rowsBetween(
  name: string,
  from: Int32Array,
  to: Int32Array,
  options: { halved?: boolean } = {},
): RowOrder | null {
  const rowOf = new Map<number, number>();
  for (const [row, at] of from.entries()) rowOf.set(at, row);
  const rows = Int32Array.from(to, (at) => {
    const source = options.halved ? place(Math.floor(at / stride) >> 1, (at % stride) >> 1) : at;
    return rowOf.get(source) ?? -1;
  });
  const still = rows.length === from.length && rows.every((row, i) => row === i);
  return still ? null : { name, rows };
}

/** Reads a row-major grid's index from a place. */
export function rasterIndex(at: number, side: number): number {
  return Math.floor(at / stride) * side + (at % stride);
}
