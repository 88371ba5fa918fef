import type { Frame as AVFrame } from 'node-av/lib';
import { MediaError } from '../errors.ts';
import type { Frame, FrameEntry, FrameSource, SourceInfo } from '../frame-source.ts';

import { Lock } from '../lock.ts';
import { checkPixels, type ResolvedOptions } from '../options.ts';
import { closedError, frameRangeError } from '../read-errors.ts';
import { type ContainerKind, openContainer, readHeader, type StreamHeader } from './container.ts';
import { dropUndecodable, type FrameList, listFrames } from './frame-list.ts';
import { type Orientation, orientationOf, swapsAxes, upright } from './orientation.ts';
import { readPacketTable } from './packet-table.ts';
import { PictureFinder } from './picture-finder.ts';
import { RgbConverter } from './rgb.ts';

/** Opens a video: one pass over its packets makes the frame table, and the first frame is decoded. */
export async function openVideo(path: string, kind: ContainerKind, options: ResolvedOptions): Promise<FrameSource> {
  const container = await openContainer(path, kind, options.limits);
  const header = readHeader(container);
  let finder: PictureFinder | undefined;
  try {
    const table = await readPacketTable(path, container, options.limits);
    if (table.count === 0) throw noFrames(path, header, table.broken);
    finder = new PictureFinder(path, kind, container, header, table, options);
    const listed = await listFrames(table, finder, header.interval);
    const list = await dropUndecodable(listed, table, finder, options.verify);
    const first = list.packet.length > 0 ? await finder.find(list.packet[0]!) : null;
    if (!first) throw noFrames(path, header, true);
    try {
      checkPixels(path, first.width, first.height, options.limits);
      const { secondsPerTick } = header;
      const lastDuration = table.duration[list.packet.at(-1)!]! * secondsPerTick;
      const frames = list.packet.map(
        (packet, n): FrameEntry => ({
          timeSec: (list.time[n]! - list.time[0]!) * secondsPerTick,
          key: table.access[packet] === 1,
        }),
      );
      return new VideoSource(path, header, finder, list, frames, first, lastDuration);
    } finally {
      first.free();
    }
  } catch (error) {
    if (finder) await finder.close();
    else {
      header.parameters.free();
      await container.format.closeInput();
    }
    throw error;
  }
}

function noFrames(path: string, header: StreamHeader, broken: boolean): MediaError {
  if (!broken && header.listsFrames) {
    return new MediaError(
      'external-data',
      path,
      'the file lists frames, and none of their data lies in it',
      'Save the video as a self-contained file; data in other files is never opened',
    );
  }
  return new MediaError(
    'no-frames',
    path,
    broken ? 'no frame of the video can be decoded' : 'the video has no frames',
    'Check that the file was written, copied or downloaded to the end, and that it keeps within the pixel limit',
  );
}

class VideoSource implements FrameSource {
  readonly info: SourceInfo;
  readonly frames: readonly FrameEntry[];
  readonly #path: string;
  readonly #finder: PictureFinder;
  readonly #packets: Int32Array;
  readonly #rgb: RgbConverter;
  readonly #orientation: Orientation;
  /** Width and height as stored, before the picture is turned upright. */
  readonly #stored: { width: number; height: number };
  // Two locks: while one read is turned into RGB, the next may decode.
  readonly #decoding = new Lock();
  readonly #converting = new Lock();
  readonly #underWay = new Set<Promise<Frame>>();
  #closed: Promise<void> | undefined;

  constructor(
    path: string,
    header: StreamHeader,
    finder: PictureFinder,
    list: FrameList,
    frames: readonly FrameEntry[],
    first: AVFrame,
    lastDuration: number,
  ) {
    this.#path = path;
    this.#finder = finder;
    this.#packets = Int32Array.from(list.packet);
    this.frames = frames;
    this.#stored = { width: first.width, height: first.height };
    this.#rgb = new RgbConverter(path, first.width, first.height);
    this.#orientation = orientationOf(header.displayMatrix);
    const swapped = swapsAxes(this.#orientation);
    const span = frames.at(-1)!.timeSec;
    const interval = frames.length > 1 ? span / (frames.length - 1) : lastDuration;
    // The container's word counts before the stream's, as in players.
    const { num, den } = first.sampleAspectRatio;
    const pixelAspect = header.pixelAspect || (num > 0 && den > 0 ? num / den : 1);
    this.info = {
      name: path,
      kind: 'video',
      codec: header.codec,
      width: swapped ? first.height : first.width,
      height: swapped ? first.width : first.height,
      frameCount: frames.length,
      frameRate: interval > 0 ? 1 / interval : 0,
      durationSec: span + (lastDuration > 0 ? lastDuration : interval),
      pixelAspect: swapped ? 1 / pixelAspect : pixelAspect,
    };
  }

  async read(index: number, signal?: AbortSignal): Promise<Frame> {
    if (this.#closed) throw closedError(this.#path);
    const read = this.#read(index, signal);
    this.#underWay.add(read);
    try {
      return await read;
    } finally {
      this.#underWay.delete(read);
    }
  }

  async #read(index: number, signal: AbortSignal | undefined): Promise<Frame> {
    const packet = this.#packets[index];
    const entry = this.frames[index];
    if (packet === undefined || !entry) throw frameRangeError(this.#path, index, this.frames.length);
    const picture = await this.#decoding.run(async () => {
      signal?.throwIfAborted();
      return this.#finder.find(packet, signal);
    });
    if (!picture) {
      throw new MediaError(
        'frame-undecodable',
        this.#path,
        `the decoder gives no picture for frame ${index}; its data is damaged`,
        "Open the file with verify: 'all', which leaves such frames out, or repair the file",
      );
    }
    const rgb = await this.#converting.run(async () => {
      try {
        const { width, height } = this.#stored;
        return await this.#rgb.convert(picture, (bytes, stride) =>
          upright(bytes, stride, width, height, this.#orientation),
        );
      } finally {
        picture.free();
      }
    });
    return { index, timeSec: entry.timeSec, width: this.info.width, height: this.info.height, rgb };
  }

  /** Waits for the reads under way, then frees decoder and file. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underWay).then(async () => {
      await this.#finder.close();
      this.#rgb.free();
    });
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
