import sharp, { type Sharp } from 'sharp';
import { MediaError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../options.ts';
import { decodeBmp } from './bmp.ts';
import { type Header, readHeader } from './image-header.ts';
import { readBytes, withEnd } from './image-pixels.ts';
import { rawValues } from './levels.ts';

/** One byte a pixel, row-major: 1 where the mask is set. */
export type MaskImage = { readonly width: number; readonly height: number; readonly data: Uint8Array };

/** Of the samples of one pixel: how far from black it is, and how opaque (0 to 1). */
type Samples = {
  readonly width: number;
  readonly height: number;
  readonly brightness: ArrayLike<number>;
  readonly isOpaque: Uint8Array | undefined;
  readonly isOneColour: boolean;
};

/**
 * Reads an image as the mask of one object: what is opaque and not black. Ids of 16 or 32 bits count like any others. An
 * image whose opaque part is all black stands for that part. JPEG blurs edges, so there a pixel counts from half the
 * greatest brightness on. Throws MediaError, also for several colours among which none is black or transparent: then
 * nothing says which one is the background.
 */
export async function readMaskImage(path: string): Promise<MaskImage> {
  const header = await readHeader(path, DEFAULT_LIMITS);
  const { width, height, brightness, isOpaque, isOneColour } = await samplesOf(path, header);
  let greatest = 0;
  for (let i = 0; i < brightness.length; i++) {
    if (isOpaque && !isOpaque[i]) continue;
    greatest = Math.max(greatest, brightness[i]!);
  }
  const hasHoles = isOpaque?.includes(0) ?? false;
  const from = header.format === 'jpeg' ? Math.max(greatest / 2, 1) : Number.MIN_VALUE;
  const isShape = hasHoles && greatest === 0;
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    if (isOpaque && !isOpaque[i]) continue;
    if (isShape || brightness[i]! >= from) data[i] = 1;
  }
  if (!hasHoles && !isOneColour && !data.includes(0)) {
    throw new MediaError(
      'bad-argument',
      path,
      'the mask has several colours, and none of them is black or transparent',
      'Paint black or clear what does not belong to the object',
    );
  }
  return { width, height, data };
}

async function samplesOf(path: string, header: Header): Promise<Samples> {
  const bytes = await readBytes(path, DEFAULT_LIMITS);
  const { width, height } = header;
  if (header.format === 'bmp') {
    return { width, height, ...coloursOf(decodeBmp(path, bytes), 3), isOpaque: undefined };
  }
  return withEnd(path, header, bytes, async (whole, failOn) => {
    const image = (): Sharp => sharp(whole, { limitInputPixels: DEFAULT_LIMITS.maxPixels, failOn }).autoOrient();
    const { hasAlpha = false } = await image().metadata();
    const raw = header.isDeep ? await rawValues(image().removeAlpha()) : await plainBytes(image().removeAlpha());
    const colours = coloursOf(raw.values, raw.channels);
    if (!hasAlpha) return { width: raw.width, height: raw.height, ...colours, isOpaque: undefined };
    const alpha = await plainBytes(image().ensureAlpha().extractChannel('alpha'));
    const isOpaque = Uint8Array.from(alpha.values, (value) => (value >= 128 ? 1 : 0));
    return { width: raw.width, height: raw.height, ...colours, isOpaque };
  });
}

async function plainBytes(
  image: Sharp,
): Promise<{ values: Uint8Array; channels: number; width: number; height: number }> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { ...info, values: data };
}

/** The greatest absolute sample of every pixel, and whether all pixels are alike. */
function coloursOf(values: ArrayLike<number>, channels: number): Pick<Samples, 'brightness' | 'isOneColour'> {
  const brightness = new Float64Array(values.length / channels);
  let isOneColour = true;
  for (let i = 0; i < brightness.length; i++) {
    for (let c = 0; c < Math.min(3, channels); c++) {
      const value = values[i * channels + c]!;
      brightness[i] = Math.max(brightness[i]!, Math.abs(value));
      isOneColour &&= value === values[c];
    }
  }
  return { brightness, isOneColour };
}
