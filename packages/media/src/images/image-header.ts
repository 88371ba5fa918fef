import { type FileHandle, open } from 'node:fs/promises';
import sharp from 'sharp';
import { MediaError } from '../errors.ts';
import { checkPixels, type MediaLimits } from '../options.ts';
import {
  asFileError,
  type ImageFormat,
  picturesOfPng,
  refuseSniffed,
  type Sniffed,
  sniffFile,
  statMedia,
} from '../sniff.ts';
import { readBmpHeader } from './bmp.ts';

/** Milliseconds that browsers give a picture of an animation that says less than 11. */
const LEAST_DELAY_MS = 100;

export type Header = {
  readonly format: ImageFormat;
  /** Upright size. */
  readonly width: number;
  readonly height: number;
  /** Samples are not bytes: 16 or 32 bits, or real numbers. */
  readonly isDeep: boolean;
  /** Pictures in the file; all of the size above. 1 where the others differ from it. */
  readonly pages: number;
  /** Pictures that the file has beside those. */
  readonly otherPages: number;
  /** Seconds from one picture of an animation to the next; empty for stills. */
  readonly delaysSec: readonly number[];
};

/** Everything that is known of an image without decoding its pixels. */
export async function readHeader(path: string, limits: MediaLimits): Promise<Header> {
  const stats = await statMedia(path);
  if (stats.isDirectory()) {
    throw new MediaError('mixed-list', path, 'this is a folder within a list of images', 'List the images themselves');
  }
  const sniffed = asStill(await sniffFile(path));
  if (sniffed.kind === 'video') {
    throw new MediaError('mixed-list', path, 'this is a video within a list of images', 'Open each video on its own');
  }
  if (sniffed.kind !== 'image') throw refuseSniffed(path, sniffed);
  if (stats.size > limits.maxImageBytes) {
    throw new MediaError(
      'too-large',
      path,
      `the image file has ${stats.size} bytes, past the limit of ${limits.maxImageBytes}`,
      'Store it in fewer bytes, for example as PNG or JPEG (library option: limits.maxImageBytes)',
    );
  }
  const { format } = sniffed;
  if (format === 'bmp') {
    const { width, height } = readBmpHeader(path, await headOf(path));
    checkPixels(path, width, height, limits);
    return { format, width, height, isDeep: false, pages: 1, otherPages: 0, delaysSec: [] };
  }
  try {
    const metadata = await sharp(path, { limitInputPixels: false }).metadata();
    // Orientations 5 to 8 of EXIF lie on their side.
    const onItsSide = (metadata.orientation ?? 1) >= 5;
    const width = onItsSide ? metadata.height : metadata.width;
    const height = onItsSide ? metadata.width : metadata.height;
    checkPixels(path, width, height, limits);
    let all = Math.max(1, metadata.pages ?? 1);
    if (format === 'png') all = await withFile(path, picturesOfPng);
    const pages = format !== 'png' && all > 1 && (await isOneSize(path, all, metadata, limits)) ? all : 1;
    return {
      format,
      width,
      height,
      isDeep: metadata.depth !== undefined && metadata.depth !== 'uchar',
      pages,
      otherPages: all - pages,
      delaysSec: (metadata.delay ?? []).map((delay) => (delay > 10 ? delay : LEAST_DELAY_MS) / 1000),
    };
  } catch (error) {
    if (error instanceof MediaError) throw error;
    throw damagedImage(path, format, error);
  }
}

/** Among others, an animated PNG is its first picture. */
function asStill(sniffed: Sniffed): Sniffed {
  const isAnimation = sniffed.kind === 'video' && sniffed.container === 'apng';
  return isAnimation ? { kind: 'image', format: 'png' } : sniffed;
}

/** Whether all pages of a file have the size of the first: those of a TIFF may be smaller copies of it. */
async function isOneSize(
  path: string,
  pages: number,
  first: { format: string; width: number; height: number },
  limits: MediaLimits,
): Promise<boolean> {
  if (pages > limits.maxFrames) return false;
  // The pictures of an animation share one canvas.
  if (first.format !== 'tiff') return true;
  for (let page = 1; page < pages; page++) {
    const { width, height } = await sharp(path, { limitInputPixels: false, page }).metadata();
    if (width !== first.width || height !== first.height) return false;
  }
  return true;
}

async function headOf(path: string): Promise<Buffer> {
  return withFile(path, async (file) => {
    const head = Buffer.alloc(64);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  });
}

export async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    await using file = await open(path, 'r');
    return await use(file);
  } catch (error) {
    if (error instanceof MediaError) throw error;
    throw asFileError(path, error);
  }
}

export function damagedImage(path: string, format: ImageFormat, cause: unknown): MediaError {
  const detail = cause instanceof Error ? cause.message.split('\n')[0]!.replace(/\.+$/, '') : String(cause);
  return new MediaError(
    'damaged',
    path,
    `the ${format.toUpperCase()} image cannot be decoded (${detail})`,
    'Copy it again from where it came, or take it out of the list',
    { cause },
  );
}
