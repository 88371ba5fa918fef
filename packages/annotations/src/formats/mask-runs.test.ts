import { createMask, encodeRle, maskFromCvatPoints, maskToCvatPoints } from '@roto/geometry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cvatPointsOfRle, rleOfCvatPoints } from './mask-runs.ts';

/** Small pictures, where masks often reach the rims and fill whole columns. */
const masks = fc
  .record({
    width: fc.integer({ min: 1, max: 7 }),
    height: fc.integer({ min: 1, max: 7 }),
    share: fc.integer({ min: 0, max: 4 }),
  })
  .chain(({ width, height, share }) =>
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: width * height, maxLength: width * height }).map((values) =>
      createMask(
        width,
        height,
        Uint8Array.from(values, (value) => (value < share ? 1 : 0)),
      ),
    ),
  );

test('the same run lengths and points as by way of the whole picture', () => {
  fc.assert(
    fc.property(masks, (mask) => {
      const points = maskToCvatPoints(mask);
      expect(rleOfCvatPoints(points, mask.width, mask.height)).toEqual(encodeRle(mask));
      expect(cvatPointsOfRle(encodeRle(mask))).toEqual(points);
    }),
    { numRuns: 500 },
  );
});

test('boxes that are not tight, empty runs inside', () => {
  for (const points of [
    [3, 1, 5, 1, 1, 3, 3],
    [0, 1, 0, 2, 6, 0, 0, 2, 2],
    [9, 1, 1, 3, 3],
  ])
    expect(rleOfCvatPoints(points, 5, 4)).toEqual(encodeRle(maskFromCvatPoints(points, 5, 4)));
});
