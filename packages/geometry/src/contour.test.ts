import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  connectedComponents,
  createMask,
  maskArea,
  maskFromText,
  masksEqual,
  rasterisePolygon,
  ringArea,
  traceMask,
} from './index.ts';
import { type MaskSeed, maskOf } from './testing/random-mask.ts';

test('a ring with a hole: corners only, outer clockwise, hole the other way', () => {
  const mask = maskFromText(`
    .....
    .###.
    .#.#.
    .###.`);
  expect(traceMask(mask)).toEqual([
    {
      outer: [
        [1, 1],
        [4, 1],
        [4, 4],
        [1, 4],
      ],
      holes: [
        [
          [2, 3],
          [3, 3],
          [3, 2],
          [2, 2],
        ],
      ],
    },
  ]);
});

test('pixels that meet at a corner are two parts with 4, one with 8', () => {
  const mask = maskFromText('#.\n.#');
  expect(traceMask(mask, 4).map((part) => part.outer.length)).toEqual([4, 4]);
  expect(traceMask(mask, 8).map((part) => part.outer.length)).toEqual([8]);
});

test('the outline of any mask rasterises to that mask, part by part', () => {
  fc.assert(
    fc.property(
      fc.record({
        width: fc.integer({ min: 1, max: 40 }),
        height: fc.integer({ min: 1, max: 40 }),
        seed: fc.integer(),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        kind: fc.constantFrom<MaskSeed['kind']>('noise', 'blob'),
      }),
      fc.constantFrom<4 | 8>(4, 8),
      (seed, connectivity) => {
        const mask = maskOf(seed);
        const region = traceMask(mask, connectivity);
        expect(masksEqual(rasterisePolygon(region, mask.width, mask.height), mask)).toBe(true);
        const { components } = connectedComponents(mask, connectivity);
        expect(
          region.map(({ outer, holes }) => ringArea(outer) + holes.reduce((sum, hole) => sum + ringArea(hole), 0)),
        ).toEqual(components.map((component) => component.area));
        for (const { outer, holes } of region) {
          expect(ringArea(outer)).toBeGreaterThan(0);
          for (const hole of holes) expect(ringArea(hole)).toBeLessThan(0);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('an empty mask has no parts, a full one has one', () => {
  expect(traceMask(createMask(4, 3))).toEqual([]);
  const full = createMask(4, 3, new Uint8Array(12).fill(1));
  expect(maskArea(rasterisePolygon(traceMask(full), 4, 3))).toBe(12);
  expect(traceMask(full)[0]!.outer.length).toBe(4);
});
