import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boxToXywh,
  compressRle,
  createMask,
  decodeRle,
  decompressRle,
  encodeRle,
  intersectMasks,
  maskArea,
  maskBounds,
  maskFromText,
  maskIou,
  masksEqual,
  mergeRle,
  rleArea,
  rleBounds,
  rleIou,
  rlesEqual,
  subtractMasks,
  subtractRle,
  unionMasks,
} from './index.ts';
import { type MaskSeed, maskOf } from './testing/random-mask.ts';

const masks = fc
  .record({
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 40 }),
    seed: fc.integer(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom<MaskSeed['kind']>('noise', 'blob'),
  })
  .map((seed) => ({ seed, mask: maskOf(seed) }));

test('runs go down the columns and begin with zeros', () => {
  expect(encodeRle(maskFromText('#.\n##'))).toEqual({ size: [2, 2], counts: [0, 2, 1, 1] });
  expect(encodeRle(createMask(3, 2))).toEqual({ size: [2, 3], counts: [6] });
  expect(encodeRle(createMask(0, 0))).toEqual({ size: [0, 0], counts: [0] });
});

test('encode and decode, compress and decompress are inverse', () => {
  fc.assert(
    fc.property(masks, ({ mask }) => {
      const rle = encodeRle(mask);
      expect(masksEqual(decodeRle(rle), mask)).toBe(true);
      expect(decompressRle(compressRle(rle))).toEqual(rle);
      expect(rle.counts.slice(1).every((run) => run > 0)).toBe(true);
      expect(rleArea(rle)).toBe(maskArea(mask));
      expect(rleBounds(rle)).toEqual(maskBounds(mask));
    }),
    { numRuns: 300 },
  );
});

test('a run that fills the last column with a set pixel ends with that column', () => {
  expect(encodeRle(maskFromText('#..\n#..'))).toEqual({ size: [2, 3], counts: [0, 2, 4] });
  expect(encodeRle(maskFromText('##\n##'))).toEqual({ size: [2, 2], counts: [0, 4] });
});

test('operations on runs are those on masks', () => {
  fc.assert(
    fc.property(masks, fc.integer(), ({ seed, mask: a }, other) => {
      const b = maskOf({ ...seed, seed: other, kind: 'noise' });
      const [ra, rb] = [encodeRle(a), encodeRle(b)];
      expect(mergeRle([ra, rb], 'union')).toEqual(encodeRle(unionMasks(a, b)));
      expect(mergeRle([ra, rb], 'intersection')).toEqual(encodeRle(intersectMasks(a, b)));
      expect(subtractRle(ra, rb)).toEqual(encodeRle(subtractMasks(a, b)));
      expect(rleIou(ra, rb)).toBe(maskIou(a, b));
      expect(rlesEqual(ra, rb)).toBe(masksEqual(a, b));
    }),
  );
});

test('runs that are split by empty ones mean the same', () => {
  const split = { size: [2, 2] as const, counts: [0, 1, 0, 1, 0, 0, 1, 1] };
  const whole = { size: [2, 2] as const, counts: [0, 2, 1, 1] };
  expect(rlesEqual(split, whole)).toBe(true);
  expect(mergeRle([split], 'union')).toEqual(whole);
  expect(masksEqual(decodeRle(split), decodeRle(whole))).toBe(true);
  expect(rleBounds(split)).toEqual(rleBounds(whole));
});

type Golden = {
  cases: {
    size: [number, number];
    masks: { bits: string; counts: string; area: number; bbox: number[] }[];
    pairs: { a: number; b: number; union: string; intersection: string; iou: number }[];
  }[];
};
const golden = JSON.parse(readFileSync(new URL('../fixtures/coco-rle/masks.json', import.meta.url), 'utf8')) as Golden;

describe.each(golden.cases)('as pycocotools, $size', ({ size, masks, pairs }) => {
  const [height, width] = size;
  test('strings, areas and boxes', () => {
    for (const { bits, counts, area, bbox } of masks) {
      const bytes = Buffer.from(bits, 'hex');
      const data = Uint8Array.from({ length: width * height }, (_, i) => (bytes[i >> 3]! >> (7 - (i & 7))) & 1);
      const rle = encodeRle(createMask(width, height, data));
      expect(compressRle(rle).counts).toBe(counts);
      expect(decodeRle(decompressRle({ size, counts })).data).toEqual(data);
      expect(rleArea(rle)).toBe(area);
      const bounds = rleBounds(rle);
      expect(bounds ? boxToXywh(bounds) : [0, 0, 0, 0]).toEqual(bbox);
    }
  });

  test('union, intersection and IoU of every pair', () => {
    const rles = masks.map(({ counts }) => decompressRle({ size, counts }));
    for (const { a, b, union, intersection, iou } of pairs) {
      expect(compressRle(mergeRle([rles[a]!, rles[b]!], 'union')).counts).toBe(union);
      expect(compressRle(mergeRle([rles[a]!, rles[b]!], 'intersection')).counts).toBe(intersection);
      const bothEmpty = masks[a]!.area === 0 && masks[b]!.area === 0;
      expect(rleIou(rles[a]!, rles[b]!)).toBeCloseTo(bothEmpty ? 1 : iou, 12);
    }
  });
});

test.each<[string, () => unknown, string, RegExp]>([
  ['too few pixels', () => decodeRle({ size: [2, 2], counts: [1, 2] }), 'rle-sum', /hold 3 pixels.*\[2, 2\] has 4/],
  ['too many pixels', () => decodeRle({ size: [2, 2], counts: [1, 2, 2] }), 'rle-sum', /Runs 0…2.*5 pixels/],
  ['a negative run', () => decodeRle({ size: [2, 2], counts: [5, -1] }), 'rle-count', /Run 0 of the RLE is 5/],
  ['minus one', () => decodeRle({ size: [2, 2], counts: [2, -1, 3] }), 'rle-count', /Run 1 of the RLE is -1/],
  ['half a pixel', () => decodeRle({ size: [2, 2], counts: [1.5, 2.5] }), 'rle-count', /Run 0/],
  ['not a number', () => decodeRle({ size: [2, 2], counts: [Number.NaN, 4] }), 'rle-count', /Run 0/],
  ['a bomb', () => decodeRle({ size: [1e6, 1e6], counts: [1e12] }), 'rle-size', /\[1000000,1000000\]/],
  ['a negative size', () => decodeRle({ size: [-1, 4], counts: [] }), 'rle-size', /\[height, width\]/],
  ['a bad character', () => decompressRle({ size: [2, 2], counts: '1~2' }), 'rle-text', /at character 1.*"~"/],
  ['a character below', () => decompressRle({ size: [2, 2], counts: '1 2' }), 'rle-text', /at character 1/],
  ['a cut-off number', () => decompressRle({ size: [2, 2], counts: '12o' }), 'rle-text', /ends inside run 2/],
  ['an overlong number', () => decompressRle({ size: [2, 2], counts: 'PPPPPPPPPPPP0' }), 'rle-text', /more than 6/],
  [
    'a negative run in text',
    () => decompressRle({ size: [2, 2], counts: 'O5' }),
    'rle-count',
    /Run 0 of the RLE is -1/,
  ],
  ['an empty text', () => decompressRle({ size: [2, 2], counts: '' }), 'rle-sum', /0 runs/],
  ['two sizes', () => rleIou({ size: [2, 2], counts: [4] }, { size: [1, 4], counts: [4] }), 'mask-mismatch', /resize/],
])('%s is an error that names the place', (_, act, code, message) => {
  expect(act).toThrow(
    expect.objectContaining({ name: 'GeometryError', code, message: expect.stringMatching(message) }),
  );
});

test('no text makes anything but runs or a GeometryError', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.integer({ min: 0, max: 9 }), (counts, side) => {
      try {
        expect(decompressRle({ size: [side, side], counts }).size).toEqual([side, side]);
      } catch (error) {
        expect(error).toHaveProperty('name', 'GeometryError');
      }
    }),
    { numRuns: 500 },
  );
});
