import { describe, expect, it } from 'vitest';
import { checksum } from '../bytes/checksum.ts';
import { hostGoldens } from '../testing/goldens.ts';
import { noisyFrame } from '../testing/noise.ts';
import { createPreprocessor } from './preprocess.ts';

describe('createPreprocessor', () => {
  it.each(
    hostGoldens.frames.map((golden, i) => [`${golden.width}×${golden.height} → ${golden.size}`, i, golden] as const),
  )('equals Pillow to the bit: %s, case %i', (_, i, { width, height, size, filter, first, checksum: expected }) => {
    // Each size occurs twice in a row, once per filter.
    const pixels = createPreprocessor(width, height, size, filter).run(noisyFrame(width, height, i >> 1));
    expect(pixels.length).toBe(3 * size * size);
    expect([...pixels.slice(0, 6)]).toEqual(first);
    expect(checksum(new Uint8Array(pixels.buffer))).toBe(expected);
  });

  it('gives the same for a second frame, whatever came before', () => {
    const preprocessor = createPreprocessor(40, 30, 64, 'bicubic');
    const once = preprocessor.run(noisyFrame(40, 30, 7));
    preprocessor.run(noisyFrame(40, 30, 8));
    expect(preprocessor.run(noisyFrame(40, 30, 7))).toEqual(once);
  });

  it('refuses a frame of another size', () => {
    const preprocessor = createPreprocessor(40, 30, 64, 'bilinear');
    expect(() => preprocessor.run(noisyFrame(30, 40, 1))).toThrow(/30×40 .* the video is 40×30/);
    expect(() => preprocessor.run({ width: 40, height: 30, rgb: new Uint8Array(10) })).toThrow(/10 bytes/);
  });
});
