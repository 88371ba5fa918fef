import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskFromCvatPoints, maskFromText, masksEqual, maskToCvatPoints, maskToText } from './index.ts';
import { maskOf } from './testing/random-mask.ts';

test('a worked example: rows of the box, background first, then the box with inclusive ends', () => {
  const mask = maskFromText(`
    ......
    ..##..
    .####.
    ...#..`);
  expect(maskToCvatPoints(mask)).toEqual([1, 2, 1, 4, 2, 1, 1, 1, 1, 4, 3]);
});

test('a box that starts with a set pixel starts with an empty run', () => {
  const mask = maskFromText(`
    ...
    .##
    .#.`);
  expect(maskToCvatPoints(mask)).toEqual([0, 3, 1, 1, 1, 2, 2]);
});

test('an empty mask has the one-pixel form, which reads back as empty', () => {
  expect(maskToCvatPoints(maskFromText('..\n..'))).toEqual([1, 0, 0, 0, 0]);
  expect(maskToText(maskFromCvatPoints([1, 0, 0, 0, 0], 2, 2))).toBe('..\n..');
});

test('points and back is the identity', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (width, height, seed, share) => {
        const mask = maskOf({ width, height, seed, share, kind: 'noise' });
        expect(masksEqual(maskFromCvatPoints(maskToCvatPoints(mask), width, height), mask)).toBe(true);
      },
    ),
  );
});

test('a loose box, and one that sticks out of the picture, are read', () => {
  expect(maskToText(maskFromCvatPoints([4, 1, 4, 0, 0, 2, 2], 3, 3))).toBe('...\n.#.\n...');
  expect(maskToText(maskFromCvatPoints([0, 9, -1, -1, 1, 1], 3, 3))).toBe('##.\n##.\n...');
});

test.each<[number[], RegExp]>([
  [[1, 2, 3], /3 numbers/],
  [[1, 2.5, 0, 0, 0], /2\.5 at position 1/],
  [[1, 5, 5, 3, 6], /turned inside out/],
  [[1, 0, 0, 1e9, 1e9], /far too large/],
  [[3, -1, 2, 0, 0, 1, 1], /negative run -1 at position 1/],
  [[3, 2, 0, 0, 1, 1], /past the box at position 1: 5 pixels, but the box has 4/],
  [[1, 2, 0, 0, 1, 1], /hold 3 pixels in 2 runs.*has 4/],
])('%j is refused', (points, message) => {
  expect(() => maskFromCvatPoints(points, 10, 10)).toThrow(
    expect.objectContaining({ code: 'cvat-points', message: expect.stringMatching(message) }),
  );
});
