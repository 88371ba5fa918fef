import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { asRanges, type Damage } from '../damage.ts';
import { MediaError } from '../errors.ts';
import type { Frame, FrameEntry, FrameSource, SourceInfo } from '../frame-source.ts';
import { checkPixels, type MediaLimits, type ResolvedOptions } from '../options.ts';
import { closedError, frameRangeError } from '../read-errors.ts';
import { asFileError, type ImageFormat, refuseSniffed, sniffFile, statMedia } from '../sniff.ts';
import { decodeBmp, readBmpHeader } from './bmp.ts';
import { compareNaturally } from './natural-order.ts';

/** File name endings that make a file of a folder one of its images. Its bytes must then say so too. */
export const IMAGE_EXTENSIONS: readonly string[] = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.bmp'];

/** Headers read at the same time while a list is opened. */
const HEADERS_AT_ONCE = 16;

/** The images of a folder, not of its subfolders, in natural order of their names; hidden files are passed over. */
export async function listImages(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = (await readdir(folder, { withFileTypes: true }))
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name);
  } catch (error) {
    throw asFileError(folder, error);
  }
  const images = names.filter((name) => IMAGE_EXTENSIONS.some((ending) => name.toLowerCase().endsWith(ending)));
  if (images.length === 0) {
    const reason =
      names.length === 0 ? 'the folder holds no files' : `none of the folder's ${names.length} files is an image`;
    throw new MediaError(
      'empty-folder',
      folder,
      reason,
      `Put images there (${IMAGE_EXTENSIONS.join(', ')}), or give a video`,
    );
  }
  return images.sort(compareNaturally).map((name) => join(folder, name));
}

type Header = { readonly format: ImageFormat; readonly width: number; readonly height: number };

/**
 * Opens a list of images, one frame each, in the order given. All headers are read and compared now; pixels are
 * decoded when a frame is read, and with `verify: 'report'` once before.
 */
export async function openImages(
  name: string,
  paths: readonly string[],
  { limits, verify, signal }: ResolvedOptions,
): Promise<FrameSource> {
  if (paths.length === 0) {
    throw new MediaError('empty-folder', name, 'the list of images is empty', 'Give at least one image');
  }
  if (paths.length > limits.maxFrames) {
    throw new MediaError(
      'too-large',
      name,
      `${paths.length} images are past the limit of ${limits.maxFrames}`,
      'Split them into several folders (library option: limits.maxFrames)',
    );
  }
  const headers: Header[] = new Array(paths.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < paths.length) {
      const i = next++;
      headers[i] = await readHeader(paths[i]!, limits);
    }
  };
  try {
    await Promise.all(Array.from({ length: HEADERS_AT_ONCE }, worker));
  } catch (error) {
    next = paths.length;
    throw error;
  }
  const first = headers[0]!;
  const odd = headers.findIndex((header) => header.width !== first.width || header.height !== first.height);
  if (odd > 0) {
    const { width, height } = headers[odd]!;
    throw new MediaError(
      'size-mismatch',
      paths[odd]!,
      `it is ${width} × ${height}, but ${basename(paths[0]!)} is ${first.width} × ${first.height}`,
      'Give images of one size, or open them as separate sources',
    );
  }
  const source = new ImageSource(name, paths, headers, limits);
  const damage = verify === 'report' ? await damageOf(source, signal) : undefined;
  return damage ? new ImageSource(name, paths, headers, limits, damage) : source;
}

/** Decodes every image; undefined when all can be. */
async function damageOf(source: FrameSource, signal: AbortSignal | undefined): Promise<Damage | undefined> {
  const unreadable: number[] = [];
  for (let index = 0; index < source.frames.length; index++) {
    try {
      await source.read(index, signal);
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      unreadable.push(index);
    }
  }
  if (unreadable.length === 0) return undefined;
  return {
    lostFrames: 0,
    gaps: [],
    unreadableFrames: unreadable.length,
    unreadable: asRanges(unreadable),
    doubtfulFrames: 0,
    doubtful: [],
    missingBytes: 0,
    uncounted: false,
  };
}

/** Upright size from the header alone. */
async function readHeader(path: string, limits: MediaLimits): Promise<Header> {
  const stats = await statMedia(path);
  if (stats.isDirectory()) {
    throw new MediaError('mixed-list', path, 'this is a folder within a list of images', 'List the images themselves');
  }
  const sniffed = await sniffFile(path);
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
  if (sniffed.format === 'bmp') {
    const { width, height } = readBmpHeader(path, await headOf(path));
    checkPixels(path, width, height, limits);
    return { format: 'bmp', width, height };
  }
  try {
    const metadata = await sharp(path, { limitInputPixels: false }).metadata();
    // Orientations 5 to 8 of EXIF lie on their side.
    const onItsSide = (metadata.orientation ?? 1) >= 5;
    const width = onItsSide ? metadata.height : metadata.width;
    const height = onItsSide ? metadata.width : metadata.height;
    checkPixels(path, width, height, limits);
    return { format: sniffed.format, width, height };
  } catch (error) {
    if (error instanceof MediaError) throw error;
    throw damagedImage(path, sniffed.format, error);
  }
}

async function headOf(path: string): Promise<Buffer> {
  return withFile(path, async (file) => {
    const head = Buffer.alloc(64);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  });
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    await using file = await open(path, 'r');
    return await use(file);
  } catch (error) {
    if (error instanceof MediaError) throw error;
    throw asFileError(path, error);
  }
}

function damagedImage(path: string, format: ImageFormat, cause: unknown): MediaError {
  const detail = cause instanceof Error ? cause.message.split('\n')[0]!.replace(/\.+$/, '') : String(cause);
  return new MediaError(
    'damaged',
    path,
    `the ${format.toUpperCase()} image cannot be decoded (${detail})`,
    'Copy it again from where it came, or take it out of the list',
    { cause },
  );
}

class ImageSource implements FrameSource {
  readonly info: SourceInfo;
  readonly frames: readonly FrameEntry[];
  readonly #paths: readonly string[];
  readonly #headers: readonly Header[];
  readonly #limits: MediaLimits;
  #closed = false;

  constructor(
    name: string,
    paths: readonly string[],
    headers: readonly Header[],
    limits: MediaLimits,
    damage?: Damage,
  ) {
    this.#paths = [...paths];
    this.#headers = headers;
    this.#limits = limits;
    this.frames = paths.map(() => ({ timeSec: 0, key: true }));
    this.info = {
      name,
      kind: 'images',
      codec: [...new Set(headers.map((header) => header.format))].sort().join('+'),
      width: headers[0]!.width,
      height: headers[0]!.height,
      frameCount: paths.length,
      frameRate: 0,
      durationSec: 0,
      pixelAspect: 1,
      ...(damage && { damage }),
    };
  }

  async read(index: number, signal?: AbortSignal): Promise<Frame> {
    if (this.#closed) throw closedError(this.info.name);
    signal?.throwIfAborted();
    const path = this.#paths[index];
    const header = this.#headers[index];
    if (path === undefined || !header) throw frameRangeError(this.info.name, index, this.frames.length);
    // Read by us and handed over as bytes: libvips remembers pictures by path, also when the file has changed since.
    const bytes = await withFile(path, async (file) => {
      const { size } = await file.stat();
      if (size > this.#limits.maxImageBytes) throw changed(path, 'it has grown past the limit');
      return file.readFile({ signal });
    });
    signal?.throwIfAborted();
    const rgb = header.format === 'bmp' ? decodeBmp(path, bytes) : await this.#decode(path, header, bytes);
    const { width, height } = this.info;
    if (rgb.length !== width * height * 3) throw changed(path, 'its size differs');
    return { index, timeSec: 0, width, height, rgb };
  }

  /**
   * Upright 8-bit sRGB. 16-bit values are scaled down, gray becomes three equal channels, an alpha channel is dropped
   * (the colours below it are kept as stored), an embedded colour profile is applied, of several pages the first counts.
   */
  async #decode(path: string, header: Header, bytes: Buffer): Promise<Uint8Array> {
    try {
      const image = sharp(bytes, { limitInputPixels: this.#limits.maxPixels, failOn: 'error', sequentialRead: true });
      const { data, info } = await image
        .autoOrient()
        .toColourspace('srgb')
        .removeAlpha()
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true });
      if (info.width !== this.info.width || info.height !== this.info.height) throw changed(path, 'its size differs');
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    } catch (error) {
      if (error instanceof MediaError) throw error;
      throw damagedImage(path, header.format, error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function changed(path: string, how: string): MediaError {
  return new MediaError(
    'changed',
    path,
    `the image is not the one that was there when the list was opened: ${how}`,
    'Do not rewrite images while they are open; open the list again',
  );
}
