import type { Sharp } from 'sharp';
import type { Levels } from '../frame-source.ts';
import type { Pixels } from './image-pixels.ts';

/** Bits that cameras and scanners count with. */
const USUAL_BITS = [8, 10, 12, 14];

/**
 * Which stored values become black and white in a deep image; undefined where all 16 bits are in use, so that the high
 * bytes are what is seen.
 *
 * Whole numbers from 0 on are taken for samples of the fewest usual bits that hold them all, since files of 16 bits keep
 * pictures of 10, 12 or 14 and do not say so; above 16 bits the largest value is white. Real numbers within 0 to 1 are
 * shares of white. What is negative or beyond goes from the least value to the greatest. Every image counts alone, so
 * that it looks the same however it is reached.
 */
export async function levelsOf(image: Sharp): Promise<Levels | undefined> {
  const [{ depth, hasAlpha }, { channels }] = await Promise.all([image.clone().metadata(), image.clone().stats()]);
  const colours = hasAlpha && channels.length > 1 ? channels.slice(0, -1) : channels;
  const least = Math.min(...colours.map(({ min }) => min));
  const greatest = Math.max(...colours.map(({ max }) => max));
  // libvips cuts off what is negative in signed samples of 16 bits before they can be read.
  if (depth === 'short' && least < 0) throw new Error('signed samples of 16 bits below zero; save it with 32 bits');
  const isReal = depth === 'float' || depth === 'double';
  if (!Number.isFinite(least) || !Number.isFinite(greatest)) return { black: 0, white: 1, isReal };
  if (isReal && least >= 0 && greatest <= 1) return { black: 0, white: 1, isReal };
  if (isReal || least < 0) return { black: least, white: Math.max(greatest, least + 1e-9), isReal };
  const bits = USUAL_BITS.find((count) => greatest < 2 ** count);
  if (bits !== undefined) return { black: 0, white: 2 ** bits - 1, isReal };
  if (depth === 'ushort' || depth === 'short') return undefined;
  return { black: 0, white: greatest < 2 ** 16 ? 2 ** 16 - 1 : greatest, isReal };
}

/** The pixels of an upright image without alpha, with `levels.black` as 0 and `levels.white` as 255. */
export async function shownAs(image: Sharp, levels: Levels): Promise<Pixels> {
  const { values, channels, width, height } = await rawValues(image);
  const rgb = new Uint8Array(width * height * 3);
  const scale = 255 / (levels.white - levels.black);
  for (let i = 0, from = 0; i < rgb.length; i += 3, from += channels) {
    for (let c = 0; c < 3; c++) {
      // A Uint8Array cuts off what is past its range by itself only after a clamp; NaN becomes 0.
      const level = (values[from + (channels >= 3 ? c : 0)]! - levels.black) * scale;
      rgb[i + c] = Math.min(255, Math.max(0, Math.round(level)));
    }
  }
  return { rgb, width, height, levels };
}

export type RawValues = {
  readonly values: Uint16Array | Float64Array;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
};

/** The samples of an image as they are stored. */
export async function rawValues(image: Sharp): Promise<RawValues> {
  const { depth } = await image.clone().metadata();
  if (depth === 'ushort' || depth === 'short') {
    const { data, info } = await image
      .toColourspace('rgb16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    return { ...info, values: new Uint16Array(aligned(data)) };
  }
  const { data, info } = await image.raw({ depth: 'double' }).toBuffer({ resolveWithObject: true });
  return { ...info, values: new Float64Array(aligned(data)) };
}

/** The bytes in a buffer of their own, as views of wider numbers need them. */
function aligned(data: Buffer): ArrayBuffer {
  return new Uint8Array(data).buffer;
}
