import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { boundaryF, createMask, decodeRle, decompressRle, jAndF, maskFromText, regionJ } from './index.ts';

type Pair = {
  name: string;
  size: [number, number];
  tolerance: number;
  prediction: string;
  truth: string;
  j: number;
  f: number;
};
const { pairs } = JSON.parse(readFileSync(new URL('../fixtures/davis-jf/pairs.json', import.meta.url), 'utf8')) as {
  pairs: Pair[];
};

describe('as the DAVIS definition, computed the slow way in Python', () => {
  test.each(pairs)('$name', ({ size, tolerance, prediction, truth, j, f }) => {
    const [ours, theirs] = [prediction, truth].map((counts) => decodeRle(decompressRle({ size, counts })));
    expect(regionJ(ours!, theirs!)).toBeCloseTo(j, 12);
    expect(boundaryF(ours!, theirs!, tolerance)).toBeCloseTo(f, 12);
  });
});

test('a worked example: one pixel apart, within one pixel, and not', () => {
  const truth = maskFromText(`
    ......
    .##...
    .##...
    ......`);
  const moved = maskFromText(`
    ......
    ...##.
    ...##.
    ......`);
  expect(boundaryF(truth, truth, 1)).toBe(1);
  expect(boundaryF(moved, truth, 2)).toBe(1);
  // Rims of seven pixels each, x 0…2 and 2…4: within one pixel lie x 2 and 3 of one and x 1 and 2 of the other.
  expect(boundaryF(moved, truth, 1)).toBeCloseTo(5 / 8, 12);
  expect(jAndF(truth, truth)).toEqual({ j: 1, f: 1, mean: 1 });
  expect(jAndF(createMask(6, 4), truth)).toEqual({ j: 0, f: 0, mean: 0 });
});

test('masks of two sizes are refused', () => {
  expect(() => boundaryF(createMask(3, 2), createMask(2, 3))).toThrow(/2 × 3/);
});
