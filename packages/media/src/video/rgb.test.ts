import {
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_RANGE_UNSPECIFIED,
  AVCOL_SPC_BT709,
  AVCOL_SPC_BT2020_NCL,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
  type AVColorRange,
  type AVColorSpace,
} from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { describe, expect, test } from 'vitest';
import { RgbConverter } from './rgb.ts';

/** Kr and Kb of ITU-R BT.601, BT.709 and BT.2020. */
const MATRICES = { 601: [0.299, 0.114], 709: [0.2126, 0.0722], 2020: [0.2627, 0.0593] } as const;

/** The definition, in real numbers: y, u, v in 8-bit levels to R, G, B from 0 to 255. */
function defined(matrix: keyof typeof MATRICES, full: boolean, y: number, u: number, v: number): number[] {
  const [kr, kb] = MATRICES[matrix];
  const luma = full ? y : ((y - 16) * 255) / 219;
  const scale = full ? 1 : 255 / 224;
  const [cb, cr] = [(u - 128) * scale, (v - 128) * scale];
  const red = luma + 2 * (1 - kr) * cr;
  const blue = luma + 2 * (1 - kb) * cb;
  const green = (luma - kr * red - kb * blue) / (1 - kr - kb);
  return [red, green, blue].map((value) => Math.min(255, Math.max(0, value)));
}

describe('flat colours come out as the standard defines them, within one level', () => {
  const cases: [string, keyof typeof MATRICES, boolean, AVColorSpace, AVColorRange][] = [
    ['BT.601 limited', 601, false, AVCOL_SPC_SMPTE170M, AVCOL_RANGE_MPEG],
    ['BT.601 full', 601, true, AVCOL_SPC_SMPTE170M, AVCOL_RANGE_JPEG],
    ['BT.709 limited', 709, false, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG],
    ['BT.709 full', 709, true, AVCOL_SPC_BT709, AVCOL_RANGE_JPEG],
    ['BT.2020', 2020, false, AVCOL_SPC_BT2020_NCL, AVCOL_RANGE_MPEG],
    ['nothing said: BT.601 limited', 601, false, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED],
  ];
  for (const bits of [8, 10] as const) {
    for (const [name, matrix, full, space, range] of cases) {
      test(`${name}, ${bits} bits`, async () => {
        const converter = new RgbConverter('test', 16, 16);
        for (const [y, u, v] of [
          [16, 128, 128],
          [235, 128, 128],
          [126, 128, 128],
          [81, 90, 200],
          [145, 54, 34],
          [60, 200, 110],
          [100, 100, 160],
        ] as const) {
          const levels = [...Array<number>(256).fill(y), ...Array<number>(64).fill(u), ...Array<number>(64).fill(v)];
          const bytes =
            bits === 8 ? Buffer.from(levels) : Buffer.from(Uint16Array.from(levels, (level) => level * 4).buffer);
          const format = bits === 8 ? AV_PIX_FMT_YUV420P : AV_PIX_FMT_YUV420P10LE;
          const frame = Frame.fromVideoBuffer(bytes, { width: 16, height: 16, format });
          frame.colorSpace = space;
          frame.colorRange = range;
          // In full range, 10-bit 255 is 1020 of 1023.
          const shrink = full && bits === 10 ? 1020 / 1023 : 1;
          const middle = await converter.convert(frame, (rgb, stride) => [
            ...rgb.subarray(8 * stride + 24, 8 * stride + 27),
          ]);
          for (const [i, value] of defined(matrix, full, y, u, v).entries()) {
            expect(Math.abs(middle[i]! - value * shrink), `${y} ${u} ${v} channel ${i}`).toBeLessThanOrEqual(1.5);
          }
          frame.free();
        }
        converter.free();
      });
    }
  }
});
