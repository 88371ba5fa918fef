import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planBlocks, stageLayouts } from './hiera.ts';
import { places, pooledPlaces, rasterIndex, rowsBetween, windowPlaces } from './token-layout.ts';
import { gridSides, hiera, publishedArchitecture } from './variants.ts';

describe('token layouts', () => {
  test('cell 1 is row-major, larger cells follow the Z-order curve', () => {
    const order = (side: number, cell: number) => Array.from(places({ side, cell }), (at) => rasterIndex(at, side));
    expect(order(2, 1)).toEqual([0, 1, 2, 3]);
    expect(order(4, 2)).toEqual([0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]);
    expect(order(4, 4).slice(0, 8)).toEqual([0, 1, 4, 5, 2, 3, 6, 7]);
  });

  test('windows of a layout that holds them are runs', () => {
    const layout = { side: 16, cell: 8 };
    for (const window of [2, 4, 8]) {
      expect(windowPlaces(layout, window, true)).toEqual(places(layout));
      for (let first = 0; first < 256; first += window ** 2) {
        const run = Array.from(places(layout).subarray(first, first + window ** 2), (at) => rasterIndex(at, 16));
        const top = Math.min(...run);
        expect(run.every((i) => i % 16 < (top % 16) + window && i < top + 16 * window)).toBe(true);
      }
    }
  });

  test('leaving windows undoes entering them, padding or not, pooled or not', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 8, 16),
        fc.constantFrom(1, 2, 4),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(1, 2),
        fc.boolean(),
        (side, cell, half, outCell, pooled) => {
          const window = 2 * half;
          const layout = { side, cell };
          const inside = windowPlaces(layout, window, pooled);
          const after = pooled ? pooledPlaces(inside) : inside;
          const out = { side: pooled ? side / 2 : side, cell: Math.min(outCell, pooled ? side / 2 : side) };
          const enter = rowsBetween('enter', places(layout), inside);
          const leave = rowsBetween('leave', after, places(out));
          // Follow numbers through: token → window → (largest of four) → grid.
          const tokens = Array.from(places(layout), (at) => rasterIndex(at, side));
          const windows = enter ? Array.from(enter.rows, (row) => (row < 0 ? -1 : tokens[row]!)) : tokens;
          const kept = pooled
            ? Array.from({ length: windows.length / 4 }, (_, i) => Math.max(...windows.slice(4 * i, 4 * i + 4)))
            : windows;
          const grid = leave ? Array.from(leave.rows, (row) => kept[row]!) : kept;
          const wanted = Array.from(places(out), (at) => {
            const index = rasterIndex(at, out.side);
            if (!pooled) return index;
            // The largest index of a 2 × 2 group is its lower right one.
            return (2 * Math.floor(index / out.side) + 1) * side + 2 * (index % out.side) + 1;
          });
          expect(grid).toEqual(wanted);
        },
      ),
      { seed: 20261122 },
    );
  });

  test('enlarging repeats each token four times', () => {
    const rows = rowsBetween('enlarge', places({ side: 2, cell: 1 }), places({ side: 4, cell: 1 }), { halved: true })!;
    expect([...rows.rows]).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3]);
  });
});

describe('the schedule of Hiera', () => {
  const sides = gridSides(publishedArchitecture('tiny'));

  test('tiny is the table of sam2-model 3.2', () => {
    const plan = planBlocks(hiera.tiny, sides).map(
      ({ inputWidth, width, heads, window, pools }) =>
        `${inputWidth}→${width} h${heads} w${window}${pools ? ' pool' : ''}`,
    );
    expect(plan).toEqual([
      '96→96 h1 w8',
      '96→192 h2 w8 pool',
      '192→192 h2 w4',
      '192→384 h4 w4 pool',
      '384→384 h4 w14',
      '384→384 h4 w64',
      '384→384 h4 w14',
      '384→384 h4 w64',
      '384→384 h4 w14',
      '384→384 h4 w64',
      '384→768 h8 w14 pool',
      '768→768 h8 w7',
    ]);
  });

  test.each([
    ['tiny', [1, 3, 10], [5, 7, 9]],
    ['small', [1, 3, 14], [7, 10, 13]],
    ['base-plus', [2, 5, 21], [12, 16, 20]],
    ['large', [2, 8, 44], [23, 33, 43]],
  ] as const)('%s pools and attends globally where the table says', (size, pools, globals) => {
    const plan = planBlocks(hiera[size], sides);
    const where = (is: (block: (typeof plan)[number]) => boolean) => plan.flatMap((block, i) => (is(block) ? [i] : []));
    expect(where((block) => block.pools)).toEqual(pools);
    expect(where((block) => block.window === 64)).toEqual(globals);
  });

  test('tokens stay in Z-order cells as long as windows are powers of two', () => {
    const cells = (size: 'tiny' | 'large') => stageLayouts(hiera[size], sides).map(({ cell }) => cell);
    expect(cells('tiny')).toEqual([8, 4, 1, 1]);
    expect(cells('large')).toEqual([64, 32, 16, 8]);
  });
});
