import { basename } from 'node:path';
import { asRanges, type Damage } from '../damage.ts';
import { MediaError } from '../errors.ts';
import type { Frame, FrameEntry, FrameSource, Levels, SourceInfo } from '../frame-source.ts';
import type { MediaLimits, ResolvedOptions } from '../options.ts';
import { closedError, frameRangeError } from '../read-errors.ts';
import { type Header, readHeader } from './image-header.ts';
import { changedImage, decodeImage, readBytes } from './image-pixels.ts';

/** Headers read at the same time while a list is opened. */
const HEADERS_AT_ONCE = 16;

/**
 * Opens a list of images, one frame each, in the order given. All headers are read and compared now; pixels are
 * decoded when a frame is read, and with `verify: 'report'` once before.
 */
export async function openImages(
  name: string,
  paths: readonly string[],
  { limits, verify, sizes, signal }: ResolvedOptions,
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
  if (sizes === 'equal') refuseSizes(paths, headers);
  const places = headers.flatMap((header, n) => placesOf(paths[n]!, header, paths.length === 1));
  const passed = passedOver(paths, headers, paths.length === 1);
  const plain = new ImageSource(name, places, limits, passed);
  const damage = verify === 'report' ? await damageOf(plain, signal) : undefined;
  const levels = await levelsOfFirst(plain, places);
  return new ImageSource(name, places, limits, { ...passed, ...(levels && { levels }), ...(damage && { damage }) });
}

type Found = Pick<SourceInfo, 'damage' | 'levels' | 'passedOver'>;

function refuseSizes(paths: readonly string[], headers: readonly Header[]): void {
  const first = headers[0]!;
  const odd = headers.findIndex((header) => header.width !== first.width || header.height !== first.height);
  if (odd < 0) return;
  const { width, height } = headers[odd]!;
  throw new MediaError(
    'size-mismatch',
    paths[odd]!,
    `it is ${width} × ${height}, but ${basename(paths[0]!)} is ${first.width} × ${first.height}`,
    'Give images of one size, or open them as separate sources',
  );
}

/** One frame for every page of a file that stands alone; of a list, one for every file. */
function placesOf(path: string, header: Header, isAlone: boolean): Place[] {
  let timeSec = 0;
  return Array.from({ length: isAlone ? header.pages : 1 }, (_, page) => {
    const place = { path, header, page, timeSec };
    timeSec += header.delaysSec[page] ?? 0;
    return place;
  });
}

function passedOver(paths: readonly string[], headers: readonly Header[], isAlone: boolean): Found {
  const others = headers.map(({ pages, otherPages }) => otherPages + (isAlone ? 0 : pages - 1));
  const files = others.filter((count) => count > 0).length;
  if (files === 0) return {};
  const pages = others.reduce((sum, count) => sum + count, 0);
  return { passedOver: { pages, files, first: paths[others.findIndex((count) => count > 0)]! } };
}

/** How the first deep image is made 8 bits; what cannot be read is said when it is read. */
async function levelsOfFirst(source: FrameSource, places: readonly Place[]): Promise<Levels | undefined> {
  const deep = places.findIndex(({ header }) => header.isDeep);
  if (deep < 0) return undefined;
  const frame = await source.read(deep).catch((error: unknown) => {
    if (!(error instanceof MediaError)) throw error;
  });
  return frame?.levels;
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

/** How many characters of all paths are the folder that they share. */
function commonFolder(paths: readonly string[]): number {
  let shared = Math.max(paths[0]!.lastIndexOf('/'), paths[0]!.lastIndexOf('\\')) + 1;
  for (const path of paths) {
    while (shared > 0 && !path.startsWith(paths[0]!.slice(0, shared))) {
      const shorter = paths[0]!.slice(0, shared - 1);
      shared = Math.max(shorter.lastIndexOf('/'), shorter.lastIndexOf('\\')) + 1;
    }
  }
  return shared;
}

/** Where the picture of a frame is: a file, and which of its pages. */
type Place = { readonly path: string; readonly header: Header; readonly page: number; readonly timeSec: number };

class ImageSource implements FrameSource {
  readonly info: SourceInfo;
  readonly frames: readonly FrameEntry[];
  readonly #places: readonly Place[];
  readonly #limits: MediaLimits;
  #closed = false;

  constructor(name: string, places: readonly Place[], limits: MediaLimits, found: Found) {
    this.#places = places;
    this.#limits = limits;
    const folder = commonFolder(places.map(({ path }) => path));
    const isPaged = new Set(places.map(({ path }) => path)).size === 1 && places.length > 1;
    this.frames = places.map(({ path, timeSec, header: { width, height } }) => {
      const name = path.slice(folder).replaceAll('\\', '/');
      return { timeSec, key: true, width, height, ...(!isPaged && { name }) };
    });
    const { width, height } = places[0]!.header;
    const durationSec = places[0]!.header.delaysSec.reduce((sum, delay) => sum + delay, 0);
    this.info = {
      name,
      kind: 'images',
      codec: [...new Set(places.map(({ header }) => header.format))].sort().join('+'),
      width,
      height,
      frameCount: places.length,
      frameRate: durationSec > 0 ? places.length / durationSec : 0,
      durationSec,
      pixelAspect: 1,
      ...found,
    };
  }

  async read(index: number, signal?: AbortSignal): Promise<Frame> {
    if (this.#closed) throw closedError(this.info.name);
    signal?.throwIfAborted();
    const place = this.#places[index];
    if (place === undefined) throw frameRangeError(this.info.name, index, this.frames.length);
    const { path, header, page, timeSec } = place;
    const bytes = await readBytes(path, this.#limits, signal);
    signal?.throwIfAborted();
    const { rgb, width, height, levels } = await decodeImage(path, header, bytes, page, this.#limits);
    if (width !== header.width || height !== header.height || rgb.length !== width * height * 3) {
      throw changedImage(path, 'its size differs');
    }
    return { index, timeSec, width, height, rgb, ...(levels && { levels }) };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
