import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { MediaError } from '../errors.ts';
import type { Levels } from '../frame-source.ts';
import type { MediaLimits } from '../options.ts';
import { decodeBmp } from './bmp.ts';
import { damagedImage, type Header, withFile } from './image-header.ts';
import { levelsOf, shownAs } from './levels.ts';

/** An upright picture, and how its levels were made 8 bits; `levels` is missing where they were. */
export type Pixels = {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly levels?: Levels;
};

/** The bytes of an image file that was opened before. */
export async function readBytes(path: string, limits: MediaLimits, signal?: AbortSignal): Promise<Buffer> {
  // Read by us and handed over as bytes: libvips remembers pictures by path, also when the file has changed since.
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    if (size > limits.maxImageBytes) throw changedImage(path, 'it has grown past the limit');
    return file.readFile({ signal });
  });
}

/**
 * Upright 8-bit sRGB. Deep samples are brought to 8 bits as `levels.ts` says, gray becomes three equal channels, an alpha
 * channel is dropped (the colours below it are kept as stored), an embedded colour profile is applied.
 */
export async function decodeImage(
  path: string,
  header: Header,
  bytes: Buffer,
  page: number,
  limits: MediaLimits,
): Promise<Pixels> {
  const { format, width, height } = header;
  if (format === 'bmp') return { rgb: decodeBmp(path, bytes), width, height };
  return withEnd(path, header, bytes, async (whole, failOn) => {
    const options: SharpOptions = { limitInputPixels: limits.maxPixels, failOn, sequentialRead: true, page };
    const image = (): Sharp => sharp(whole, options).autoOrient().removeAlpha();
    const levels = header.isDeep ? await levelsOf(sharp(whole, options)) : undefined;
    if (levels) return shownAs(image(), levels);
    const { data, info } = await image()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return {
      rgb: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      width: info.width,
      height: info.height,
    };
  });
}

const JPEG_END = Buffer.from([0xff, 0xd9]);

/**
 * Decodes; once more, with an end mark put behind them, where the bytes of a JPEG have none. Then nothing else may be
 * missing: the decoder's least complaint counts.
 */
export async function withEnd<T>(
  path: string,
  { format }: Header,
  bytes: Buffer,
  decode: (bytes: Buffer, failOn: 'error' | 'warning') => Promise<T>,
): Promise<T> {
  try {
    return await decode(bytes, 'error');
  } catch (error) {
    if (error instanceof MediaError) throw error;
    if (format === 'jpeg' && !bytes.subarray(-2).equals(JPEG_END)) {
      const ended = await decode(Buffer.concat([bytes, JPEG_END]), 'warning').catch(() => undefined);
      if (ended !== undefined) return ended;
    }
    throw damagedImage(path, format, error);
  }
}

export function changedImage(path: string, how: string): MediaError {
  return new MediaError(
    'changed',
    path,
    `the image is not the one that was there when the list was opened: ${how}`,
    'Do not rewrite images while they are open; open the list again',
  );
}
