import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallError } from '../errors.ts';
import { bytesOf, type Head, packHead, unpackHead, unpackTokens } from './head.ts';

const head: Head = {
  function: 'sam2/abc/float32/cpu',
  width: 640,
  height: 480,
  shapeType: 'polygon',
  image: 'a'.repeat(64),
  records: [
    { field: 'c0', frame: 0, presence: 10, iou: 1 },
    { field: null, frame: 1, presence: 3.5, iou: 0.9 },
  ],
  checksums: { c0: 7 },
};
const pointers = [Float32Array.of(1, 2, 3, 4), Float32Array.of(-1, 0.5, 0, 9)];

describe('the head of a stored state', () => {
  const packed = packHead(head, pointers);

  it('comes back as it was', () => {
    expect(unpackHead(packed, 4)).toEqual({ head, pointers });
  });

  it('is refused when a byte is changed, missing or added, always as an unusable state', () => {
    fc.assert(
      fc.property(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(packed);
        changed[at]! ^= change;
        for (const bytes of [changed, packed.subarray(0, at), Buffer.concat([packed, Buffer.of(change)])])
          expect(() => unpackHead(bytes, 4)).toThrow(CallError);
      }),
      { seed: 5, numRuns: 300 },
    );
    expect(() => unpackHead(packed, 5)).toThrow(/pointers have another size/);
  });

  it('is refused when a pointer is not finite', () => {
    const bad = packHead(head, [pointers[0]!, Float32Array.of(Number.NaN, 0, 0, 0)]);
    expect(() => unpackHead(bad, 4)).toThrow(/not finite/);
  });
});

describe('memory tokens', () => {
  const tokens = Uint16Array.of(0x3f80, 0xbf80, 0, 0x7f7f);

  it('come back, and are refused when damaged, of another size or not finite', () => {
    const bytes = bytesOf(tokens);
    expect(unpackTokens(bytes, crc32(bytes), 4)).toEqual(tokens);
    expect(() => unpackTokens(bytes, crc32(bytes) ^ 1, 4)).toThrow(/damaged/);
    expect(() => unpackTokens(bytes, crc32(bytes), 5)).toThrow(/another size/);
    const infinite = bytesOf(Uint16Array.of(0x7f80, 0, 0, 0));
    expect(() => unpackTokens(infinite, crc32(infinite), 4)).toThrow(/not finite/);
  });
});
