import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compressRle,
  createMask,
  decodeRle,
  decompressRle,
  encodeRle,
  type Mask,
  maskFromCvatPoints,
  masksEqual,
  maskToCvatPoints,
  rasterisePolygon,
  traceMask,
} from './index.ts';

const maskArb = fc
  .tuple(
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 40 }),
    fc.integer(),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([w, h, s, p]): Mask => {
    let a = s | 0;
    const data = new Uint8Array(w * h).map(() => {
      a = (a + 0x6d2b79f5) | 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296 < p ? 1 : 0;
    });
    return createMask(w, h, data);
  });
test('quick', () => {
  fc.assert(
    fc.property(maskArb, (m) => {
      expect(masksEqual(decodeRle(encodeRle(m)), m)).toBe(true);
      expect(masksEqual(decodeRle(decompressRle(compressRle(encodeRle(m)))), m)).toBe(true);
      expect(masksEqual(maskFromCvatPoints(maskToCvatPoints(m), m.width, m.height), m)).toBe(true);
      for (const c of [4, 8] as const)
        expect(masksEqual(rasterisePolygon(traceMask(m, c), m.width, m.height), m)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
