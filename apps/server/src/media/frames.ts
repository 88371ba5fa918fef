import { availableParallelism } from 'node:os';
import { type Frame, type FrameSource, MediaError, openSource } from '@roto/media';
import sharp, { type OverlayOptions } from 'sharp';
import type { ServerLimits } from '../config.ts';
import { HttpError } from '../http/errors.ts';
import type { MediaStore } from '../store/store.ts';
import { ByteCache } from './byte-cache.ts';
import { writeFrameTable } from './frame-table.ts';
import { IMAGE_HEAD_BYTES, imageType } from './image-type.ts';
import { originalKey } from './import.ts';
import { inOrder } from './in-order.ts';
import { Passes } from './passes.ts';
import { SourcePool } from './source-pool.ts';
import { type MediaRange, type TaskMedia, toSourceFrame } from './task-media.ts';

export type Quality = 'original' | 'compressed';
export type Picture = { readonly bytes: Uint8Array; readonly type: string };

/**
 * Pictures of tasks, made from the originals when they are asked for. What was made last is kept, up to
 * `limits.frameCacheBytes`; requests for one picture share its making.
 */
export class Frames {
  readonly #store: MediaStore;
  readonly #cache: ByteCache;
  readonly #passing = new ByteCache(PASSING_BYTES);
  readonly #sources = new SourcePool();
  readonly #passes = new WeakMap<FrameSource, Passes>();

  constructor(store: MediaStore, limits: Pick<ServerLimits, 'frameCacheBytes'>) {
    this.#store = store;
    this.#cache = new ByteCache(limits.frameCacheBytes);
  }

  /**
   * Original: the stored file of an image, or where that is stored turned (EXIF) an upright PNG of it; a PNG of a video's
   * frame. Compressed: a JPEG of the task's quality. All stand as the metadata says.
   * @param frame task frame, which must exist
   * @param keep false: not kept, so that a pass over many does not push out what others look at
   */
  async picture(media: TaskMedia, frame: number, quality: Quality, keep = true): Promise<Picture> {
    const source = toSourceFrame(media, frame);
    if (quality === 'original' && media.kind === 'images') {
      const stored = await this.#stored(media, source);
      if (!(await isTurned(stored.bytes))) return stored;
    }
    const type = quality === 'original' ? 'image/png' : 'image/jpeg';
    const make = () =>
      this.#make(media, source, (frame) => (quality === 'original' ? toPng(frame) : toJpeg(frame, media.imageQuality)));
    const bytes = keep ? await this.#cache.get(`${media.taskId}/${source}/${quality}`, make) : await make();
    return { bytes, type };
  }

  /**
   * The pictures of frames `from` to `to`, both inclusive, in order, as `picture` gives them. A video is decoded in one
   * pass, which requests at the same time share; originals made for them are kept apart from those that people look at.
   */
  async *pictures(media: TaskMedia, from: number, to: number, quality: Quality): AsyncGenerator<Picture> {
    const numbers = Array.from({ length: to - from + 1 }, (_, n) => from + n);
    if (media.kind === 'images') {
      const isKept = quality === 'compressed';
      yield* inOrder(asyncOf(numbers), ENCODED_AT_ONCE, (frame) => this.picture(media, frame, quality, isKept));
      return;
    }
    const type = quality === 'original' ? 'image/png' : 'image/jpeg';
    const key = (source: number): string => `${media.taskId}/${source}/${quality}`;
    const encode = (frame: Frame): Promise<Uint8Array> =>
      quality === 'original' ? toPng(frame) : toJpeg(frame, media.imageQuality);
    const sources = numbers.map((frame) => toSourceFrame(media, frame));
    // What is kept already is not decoded again.
    const kept = quality === 'compressed' ? this.#cache : this.#passing;
    const missing = sources.filter((source) => !kept.has(key(source)));
    const decoded = this.#decoded(media, missing);
    const ordered = (async function* (): AsyncGenerator<{ source: number; frame: Frame | undefined }> {
      const awaited = new Set(missing);
      for (const source of sources) {
        const frame = awaited.has(source) ? ((await decoded.next()).value as Frame | undefined) : undefined;
        yield { source, frame };
      }
    })();
    try {
      yield* inOrder(ordered, ENCODED_AT_ONCE, async ({ source, frame }) => {
        const make = async (): Promise<Uint8Array> =>
          frame ? encode(frame) : this.#make(media, source, (late) => encode(late));
        return { bytes: await kept.get(key(source), make), type };
      });
    } finally {
      await decoded.return(undefined);
    }
  }

  /** The frames of a video in one pass. */
  async *#decoded(media: TaskMedia, sources: readonly number[]): AsyncGenerator<Frame> {
    if (sources.length === 0) return;
    const done = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<FrameSource>();
    const using = this.#video(media, (video) => {
      opened.resolve(video);
      return done.promise;
    });
    using.catch(opened.reject);
    try {
      yield* this.#passesOf(await opened.promise).range(sources);
    } catch (error) {
      throw inWordsOf(error);
    } finally {
      done.resolve();
      await using.catch(() => undefined);
    }
  }

  #passesOf(video: FrameSource): Passes {
    const passes = this.#passes.get(video) ?? new Passes(video);
    this.#passes.set(video, passes);
    return passes;
  }

  /** A JPEG that fits into 256 × 256. */
  async preview(media: TaskMedia, frame: number): Promise<Picture> {
    const source = toSourceFrame(media, frame);
    const bytes = await this.#cache.get(`${media.taskId}/${source}/preview`, () =>
      this.#make(media, source, ({ rgb, width, height }) =>
        sharp(rgb, { raw: { width, height, channels: 3 } })
          .resize(256, 256, { fit: 'inside', withoutEnlargement: true })
          .jpeg({ quality: 80 })
          .toBuffer(),
      ),
    );
    return { bytes, type: 'image/jpeg' };
  }

  /** The times and key frames of `first` to `last`, see frame-table.ts. */
  async table({ media, first, last }: MediaRange): Promise<Uint8Array> {
    const count = last - first + 1;
    if (media.kind !== 'video')
      return writeFrameTable(Array.from({ length: count }, () => ({ timeSec: 0, key: true })));
    return this.#cache.get(`${media.taskId}/${first}-${last}/table`, () =>
      this.#video(media, async ({ frames }) =>
        writeFrameTable(Array.from({ length: count }, (_, n) => frames[toSourceFrame(media, first + n)]!)),
      ),
    );
  }

  /** A JPEG of a frame, `width` pixels wide, or as wide as the frame where that is less. */
  async scaled(media: TaskMedia, frame: number, width: number): Promise<Picture> {
    const source = toSourceFrame(media, frame);
    const bytes = await this.#cache.get(`${media.taskId}/${source}/w${width}`, () =>
      this.#make(media, source, (picture) => toSmallJpeg(picture, width)),
    );
    return { bytes, type: 'image/jpeg' };
  }

  /** Small pictures of frames side by side, each in a field of the same size. */
  async strip(media: TaskMedia, frames: readonly number[], width: number): Promise<Picture> {
    const fieldWidth = Math.min(width, media.width);
    const fieldHeight = Math.max(1, Math.round((media.height * fieldWidth) / media.width));
    const bytes = await this.#cache.get(`${media.taskId}/strip/${frames.join('.')}/w${width}`, async () => {
      const fields: OverlayOptions[] = [];
      for (const [i, frame] of frames.entries()) {
        const { bytes } = await this.scaled(media, frame, width);
        const field = await sharp(bytes).resize(fieldWidth, fieldHeight, { fit: 'contain' }).toBuffer();
        fields.push({ input: field, left: i * fieldWidth, top: 0 });
      }
      const background = { r: 0, g: 0, b: 0 };
      return sharp({ create: { width: frames.length * fieldWidth, height: fieldHeight, channels: 3, background } })
        .composite(fields)
        .jpeg({ quality: 75 })
        .toBuffer();
    });
    return { bytes, type: 'image/jpeg' };
  }

  close(): Promise<void> {
    return this.#sources.close();
  }

  async #stored(media: TaskMedia, source: number): Promise<Picture> {
    const blocks: Buffer[] = [];
    for await (const block of this.#store.read(originalKey(media.storageKey, source))) blocks.push(block as Buffer);
    const bytes = Buffer.concat(blocks);
    return { bytes, type: imageType(bytes.subarray(0, IMAGE_HEAD_BYTES)) };
  }

  async #video<T>(media: TaskMedia, work: (source: FrameSource) => Promise<T>): Promise<T> {
    const path = await this.#store.path(originalKey(media.storageKey, 0));
    return this.#sources.use(path, () => openSource(path, VIDEO_OPTIONS), work);
  }

  async #make(media: TaskMedia, source: number, encode: (frame: Frame) => Promise<Uint8Array>): Promise<Uint8Array> {
    try {
      if (media.kind === 'video')
        return await encode(await this.#video(media, (video) => this.#passesOf(video).read(source)));
      await using image = await openSource(await this.#store.path(originalKey(media.storageKey, source)));
      return await encode(await image.read(0));
    } catch (error) {
      throw inWordsOf(error, source);
    }
  }
}

async function* asyncOf<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** A frame without a picture is nothing that the server did wrong. The reason names the frame of the source. */
function inWordsOf(error: unknown, source?: number): unknown {
  if (!(error instanceof MediaError) || error.code !== 'frame-undecodable') return error;
  const what = source === undefined ? 'A frame' : `Source frame ${source}`;
  return new HttpError(404, { detail: `${what} cannot be shown: ${error.reason}.` });
}

/** Whether a viewer must turn or mirror the image: clients of CVAT do not, since CVAT does it for them. */
async function isTurned(bytes: Uint8Array): Promise<boolean> {
  // What is no image of the library (BMP) has no such mark; what is damaged says so when it is decoded.
  const { orientation = 1 } = await sharp(bytes)
    .metadata()
    .catch(() => ({ orientation: 1 }));
  return orientation > 1;
}

/** `cacheBytes`: pictures that a video keeps for those who step backwards. */
const VIDEO_OPTIONS = { threads: 2, cacheBytes: 24 * 1024 * 1024 };

/** Pictures of one request that are encoded at the same time. */
const ENCODED_AT_ONCE = Math.max(2, Math.min(4, availableParallelism()));

/** Bytes of encoded pictures that passes which go on at the same time share. */
const PASSING_BYTES = 48 * 1024 * 1024;

/**
 * Compression level 1 without filters: a 1280 × 720 frame takes 29 ms of processor and 1.47 MB, at level 6 42 ms and 1.05 MB
 * (AMD EPYC, 2026-11-22, `bench/frames.ts`). Those who read originals are programs nearby, which wait for them.
 */
function toPng({ rgb, width, height }: Frame): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1, adaptiveFiltering: false })
    .toBuffer();
}

function toSmallJpeg({ rgb, width, height }: Frame, toWidth: number): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(toWidth, undefined, { withoutEnlargement: true })
    .jpeg({ quality: 75 })
    .toBuffer();
}

function toJpeg({ rgb, width, height }: Frame, quality: number): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality, chromaSubsampling: quality >= 90 ? '4:4:4' : '4:2:0' })
    .toBuffer();
}
