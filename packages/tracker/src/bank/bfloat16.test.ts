import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostGoldens } from '../testing/goldens.ts';
import { packBfloat16, toBfloat16, unpackBfloat16 } from './bfloat16.ts';

describe('bfloat16', () => {
  it.each(hostGoldens.bfloat16.map(([text, word]) => [text, word] as const))(
    'rounds %s as torch does',
    (text, word) => {
      const value = text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text);
      expect(toBfloat16(value)).toBe(word);
      expect(packBfloat16(Float32Array.of(value))[0]).toBe(word);
    },
  );

  it('keeps what it has rounded once', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, maxLength: 50 }), (values) => {
        const packed = packBfloat16(values);
        expect(packBfloat16(unpackBfloat16(packed))).toEqual(packed);
        for (const [i, value] of unpackBfloat16(packed).entries()) {
          // Eight significant bits: half a unit in the last place is 2⁻⁸ of the value (subnormals are coarser).
          const limit = Math.max(Math.abs(values[i]!) * 2 ** -8, 2 ** -133);
          if (Number.isFinite(value)) expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(limit);
        }
      }),
      { seed: 11 },
    );
  });

  it('keeps NaN', () => {
    expect(unpackBfloat16(packBfloat16(Float32Array.of(Number.NaN)))[0]).toBeNaN();
    expect((toBfloat16(Number.NaN) & 0x7f80) === 0x7f80 && (toBfloat16(Number.NaN) & 0x7f) !== 0).toBe(true);
  });
});
