import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createMask,
  cropMask,
  intersectMasks,
  isEmptyMask,
  maskArea,
  maskBounds,
  maskFromText,
  maskIou,
  masksEqual,
  maskToText,
  overlap,
  resizeMask,
  subtractMasks,
  unionMasks,
} from './index.ts';
import { type MaskSeed, maskOf } from './testing/random-mask.ts';

const pairs = fc
  .record({
    width: fc.integer({ min: 1, max: 30 }),
    height: fc.integer({ min: 1, max: 30 }),
    seeds: fc.tuple(fc.integer(), fc.integer()),
    shares: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    kind: fc.constantFrom<MaskSeed['kind']>('noise', 'blob'),
  })
  .map(({ width, height, seeds, shares, kind }) =>
    [0, 1].map((i) => maskOf({ width, height, seed: seeds[i]!, share: shares[i]!, kind })),
  );

test('union, intersection and difference keep the laws of areas', () => {
  fc.assert(
    fc.property(pairs, ([a, b]) => {
      const both = maskArea(intersectMasks(a!, b!));
      const either = maskArea(unionMasks(a!, b!));
      expect(both + either).toBe(maskArea(a!) + maskArea(b!));
      expect(maskArea(subtractMasks(a!, b!))).toBe(maskArea(a!) - both);
      expect(overlap(a!, b!)).toEqual({ intersection: both, union: either });
      expect(maskIou(a!, b!)).toBe(maskIou(b!, a!));
      expect(maskIou(a!, b!) === 1).toBe(masksEqual(a!, b!));
    }),
  );
});

test('two empty masks agree, an empty and a full one do not', () => {
  const empty = createMask(3, 2);
  const full = createMask(3, 2, new Uint8Array(6).fill(1));
  expect(maskIou(empty, empty)).toBe(1);
  expect(maskIou(empty, full)).toBe(0);
  expect(isEmptyMask(empty)).toBe(true);
  expect(isEmptyMask(full)).toBe(false);
});

test('bounds are tight: every edge of the box holds a set pixel, and nothing lies outside', () => {
  expect(maskBounds(maskFromText('....\n.##.\n.#..'))).toEqual({ x0: 1, y0: 1, x1: 3, y1: 3 });
  fc.assert(
    fc.property(pairs, ([mask]) => {
      const bounds = maskBounds(mask!);
      if (!bounds) {
        expect(maskArea(mask!)).toBe(0);
        return;
      }
      const inside = cropMask(mask!, bounds);
      expect(maskArea(inside)).toBe(maskArea(mask!));
      for (const shrunk of [
        { ...bounds, x0: bounds.x0 + 1 },
        { ...bounds, x1: bounds.x1 - 1 },
        { ...bounds, y0: bounds.y0 + 1 },
        { ...bounds, y1: bounds.y1 - 1 },
      ])
        expect(maskArea(cropMask(mask!, shrunk))).toBeLessThan(maskArea(mask!));
    }),
  );
});

test('crop rounds outwards and stops at the picture', () => {
  const mask = maskFromText(`
    #..#
    .##.
    #..#`);
  expect(maskToText(cropMask(mask, { x0: 0.9, y0: -5, x1: 2.1, y1: 2 }))).toBe('#..\n.##');
  expect(cropMask(mask, { x0: 9, y0: 0, x1: 12, y1: 2 }).data.length).toBe(0);
});

test('resize reads the pixel under each centre', () => {
  const mask = maskFromText('#..\n.#.\n..#');
  expect(maskToText(resizeMask(mask, 6, 6))).toBe('##....\n##....\n..##..\n..##..\n....##\n....##');
  expect(maskToText(resizeMask(resizeMask(mask, 9, 12), 3, 3))).toBe(maskToText(mask));
  expect(maskToText(resizeMask(mask, 1, 1))).toBe('#');
  expect(resizeMask(createMask(0, 0), 2, 2).data).toEqual(new Uint8Array(4));
});

test('a drawing survives the round trip', () => {
  fc.assert(fc.property(pairs, ([mask]) => masksEqual(maskFromText(maskToText(mask!)), mask!)));
});

test('impossible masks are refused by name', () => {
  expect(() => createMask(2.5, 3)).toThrow(expect.objectContaining({ code: 'mask-size' }));
  expect(() => createMask(100_000, 100_000)).toThrow(/at most/);
  expect(() => createMask(2, 2, new Uint8Array(5))).toThrow(/needs 4 bytes, but 5/);
  expect(() => maskFromText('##\n#')).toThrow(/Row 1 "#"/);
  expect(() => maskIou(createMask(2, 3), createMask(3, 2))).toThrow(expect.objectContaining({ code: 'mask-mismatch' }));
});
