import { describe, expect, it } from 'vitest';
import { checksum } from '../bytes/checksum.ts';
import { hostGoldens } from '../testing/goldens.ts';
import { noisyLogits } from '../testing/noise.ts';
import { logitsToMask } from './logits-to-mask.ts';

describe('logitsToMask', () => {
  it.each(hostGoldens.outputs.map((golden) => [`${golden.side} → ${golden.width}×${golden.height}`, golden] as const))(
    'cuts where torch does: %s',
    (_, { side, width, height, area, checksum: expected, near }) => {
      const result = logitsToMask(noisyLogits(side, side), side, width, height);
      expect(result.area).toBe(result.mask.data.reduce((sum, pixel) => sum + pixel, 0));
      expect(Math.abs(result.area - area)).toBeLessThanOrEqual(near);
      if (near === 0) expect(checksum(result.mask.data)).toBe(expected);
    },
  );

  it('gives an empty mask for an absent object and a full one for logits above 0', () => {
    expect(logitsToMask(new Float32Array(256).fill(-1024), 16, 50, 40).area).toBe(0);
    expect(logitsToMask(new Float32Array(256).fill(0.1), 16, 50, 40).area).toBe(2000);
    expect(logitsToMask(new Float32Array(256), 16, 50, 40).area).toBe(0);
  });
});
