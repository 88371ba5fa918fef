import { describe, expect, test } from 'vitest';
import { fillTensor } from '../weights/fill.ts';
import { backgroundMap, fourierGrid, rotationTables, sineGrid, splitHalfOrder } from './positions.ts';

const l2 = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);

describe('position codes', () => {
  test('sine code of the image (sam2-model 3.4)', () => {
    const code = sineGrid(64, 256);
    expect(total(code)).toBeCloseTo(518706.1055, 1);
    expect(l2(code)).toBeCloseTo(724.077345, 4);
    expect(code[0]).toBeCloseTo(0.098017, 6);
  });

  test('sine code: y first, counted from 1', () => {
    const code = sineGrid(4, 8);
    const angle = (at: number) => ((at + 1) / (4 + 1e-6)) * 2 * Math.PI;
    const token = 8 * (1 * 4 + 2); // row 1, column 2
    expect(code[token]).toBeCloseTo(Math.sin(angle(1)), 6);
    expect(code[token + 1]).toBeCloseTo(Math.cos(angle(1)), 6);
    expect(code[token + 4]).toBeCloseTo(Math.sin(angle(2)), 6);
  });

  test('dense code of the reference fill (sam2-model 12.4)', () => {
    const matrix = fillTensor('sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix', [2, 128]);
    const tokens = fourierGrid(64, matrix);
    expect(l2(tokens)).toBeCloseTo(724.077344, 4);
    expect(total(tokens)).toBeCloseTo(21844.392, 1);
    // The samples are of the channel-major tensor: element n is channel ⌊n/4096⌋ of token n mod 4096.
    const n = 256 * 4096;
    const found = [0, Math.floor(n / 7), Math.floor(n / 3), n / 2, n - 1].map(
      (i) => tokens[(i % 4096) * 256 + Math.floor(i / 4096)]!,
    );
    for (const [i, value] of [0.889597, 0.135295, 0.954993, 0.456747, 0.202279].entries())
      expect(found[i]).toBeCloseTo(value, 5);
  });

  test('rotation: x turns the first half of the pairs, y the second, the last row nothing', () => {
    const { cos, sin } = rotationTables(4, 16); // 8 pairs, 4 per axis
    const row = 8 * (3 * 4 + 1); // y 3, x 1
    expect(sin[row]).toBeCloseTo(Math.sin(1), 6);
    expect(sin[row + 1]).toBeCloseTo(Math.sin(10000 ** (-1 / 4)), 6);
    expect(cos[row + 4]).toBeCloseTo(Math.cos(3), 6);
    expect([...cos.subarray(8 * 16)]).toEqual(new Array(8).fill(1));
    expect([...sin.subarray(8 * 16)]).toEqual(new Array(8).fill(0));
  });

  test('split halves: even channels, then odd ones', () => {
    expect(splitHalfOrder(6)).toEqual([0, 2, 4, 1, 3, 5]);
  });

  test('the background keeps a constant and repeats its tile', () => {
    const map = backgroundMap(8, 1, new Float32Array(9).fill(5), 3, Float32Array.of(0, 1, 2, 3), 2);
    expect(map[0]).toBeCloseTo(5, 6);
    expect(map[8 + 1]).toBeCloseTo(8, 6);
    expect(map[7 * 8 + 6]).toBeCloseTo(7, 6);
  });

  test('bicubic with a = −0.75: weights of a quarter step', () => {
    // From 2 to 4 samples the sources are −0.25, 0.25, 0.75, 1.25; taps beyond the ends are clamped.
    const map = backgroundMap(4, 1, Float32Array.of(0, 1, 0, 1), 2, Float32Array.of(0), 1);
    const near = (t: number) => (1.25 * t - 2.25) * t * t + 1;
    const far = (t: number) => ((-0.75 * t + 3.75) * t - 6) * t + 3;
    expect(map[1]).toBeCloseTo(near(0.75) + far(1.75), 6); // source 0.25
    expect(map[0]).toBeCloseTo(far(1.25), 6); // source −0.25: only the last tap reaches sample 1
  });
});
