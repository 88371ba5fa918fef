import { describe, expect, it } from 'vitest';
import { checksum } from '../bytes/checksum.ts';
import { hostGoldens } from '../testing/goldens.ts';
import { noisyBlob } from '../testing/noise.ts';
import { maskToLogits, maskToModelSize } from './mask-input.ts';

describe('a mask prompt at model size', () => {
  it.each(
    hostGoldens.masks.map((golden, i) => [`${golden.width}×${golden.height} → ${golden.size}`, i, golden] as const),
  )('equals torch: %s', (_, i, golden) => {
    const { width, height, size } = golden;
    const inside = maskToModelSize(noisyBlob(width, height, i), size);
    expect(inside.reduce((sum, pixel) => sum + pixel, 0)).toBe(golden.area);
    expect(checksum(inside)).toBe(golden.checksum);

    const low = maskToLogits(inside, size, size / 4);
    const sum = low.reduce((total, value) => total + value, 0);
    expect(Math.abs(sum - golden.lowSum)).toBeLessThan(1e-7 * low.length * 10);
    for (const [k, value] of golden.low?.entries() ?? []) expect(Math.abs(low[k]! - value)).toBeLessThan(1e-5);
  });

  it('reduces with the taps of sam2-model 2, renormalised at the border', () => {
    // One pixel inside, at column 5 of row 5: outputs 0 and 1 of each axis see it.
    const inside = new Uint8Array(64 * 64);
    inside[5 * 64 + 5] = 1;
    const low = maskToLogits(inside, 64, 16);
    const near = [1 / 28, 7 / 32];
    for (const [y, u] of near.entries())
      for (const [x, v] of near.entries()) expect(low[y * 16 + x]).toBeCloseTo(20 * u * v - 10, 5);
    expect(low[2 * 16 + 2]).toBeCloseTo(-10, 5);
  });

  it('keeps a mask that has the size already', () => {
    const mask = noisyBlob(64, 64, 9);
    expect(maskToModelSize(mask, 64)).toEqual(mask.data);
  });
});
