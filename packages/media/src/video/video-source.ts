import { AV_FRAME_FLAG_INTERLACED, AV_FRAME_FLAG_TOP_FIELD_FIRST } from 'node-av/constants';
import type { Frame as AVFrame } from 'node-av/lib';
import type { Damage } from '../damage.ts';
import { MediaError } from '../errors.ts';
import type { Frame, FrameEntry, FrameSource, SourceInfo, Timing } from '../frame-source.ts';
import { Lock } from '../lock.ts';
import { checkPixels, type ResolvedOptions } from '../options.ts';
import { closedError, frameRangeError } from '../read-errors.ts';
import { CODECS } from './bitstream/codecs.ts';
import { closeContainer, openContainer, readHeader, type StreamHeader } from './container.ts';
import type { ContainerKind } from './containers.ts';
import { keepFirstField } from './deinterlace.ts';
import { dropUndecodable, listFrames, placesIn } from './frame-list.ts';
import { type Orientation, orientationOf, swapsAxes, upright } from './orientation.ts';
import { decodeOutput, picturesHeld } from './output-order.ts';
import { PacketCursor } from './packet-cursor.ts';
import { readPacketTable, startOrdinals } from './packet-table.ts';
import { PictureFinder } from './picture-finder.ts';
import { RgbConverter } from './rgb.ts';
import { readStructure } from './structure.ts';
import { damageOf } from './video-damage.ts';

/** Opens a video: one pass over its packets makes the frame table, and the first frame is decoded. */
export async function openVideo(path: string, kind: ContainerKind, options: ResolvedOptions): Promise<FrameSource> {
  const container = await openContainer(path, kind, options.limits);
  const header = readHeader(container);
  let cursor: PacketCursor | undefined;
  let finder: PictureFinder | undefined;
  try {
    const table = await readPacketTable(path, container, options.limits, options.signal);
    if (table.count === 0) throw noFrames(path, kind, header, table.broken, options);
    const structure = await readStructure(path, kind, header.trackId);
    if (header.codec === 'h264') {
      header.parameters.videoDelay = Math.max(header.parameters.videoDelay, picturesHeld(table));
    }
    cursor = new PacketCursor(path, kind, container, table, () => openContainer(path, kind, options.limits));
    let flawed: readonly number[] = [];
    const listed = await listFrames(table, {
      decode: async () => {
        const output = await decodeOutput(path, header, cursor!, options);
        flawed = output.flawed;
        return output.order;
      },
      reorders: CODECS[header.codec].reorders,
      interval: header.interval,
    });
    const shownAt = listed.timing.order === 'times' ? table.pts : placesIn(listed, table.count);
    const trusted = { ...table, pts: shownAt, startOf: startOrdinals(shownAt, table.access) };
    finder = new PictureFinder(path, cursor, header, trusted, options, flawed);
    const { list, unreadable } = await dropUndecodable(listed, trusted, finder, options);
    const first = list.packet.length > 0 ? await finder.find(list.packet[0]!) : null;
    if (!first) throw noFrames(path, kind, header, true, options);
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
      const span = frames.at(-1)!.timeSec;
      const interval = frames.length > 1 ? span / (frames.length - 1) : lastDuration;
      const isDoubtful = (packet: number): boolean => finder!.isDoubtful(packet);
      const damage = damageOf({ table, list, frames, unreadable, isDoubtful, structure, secondsPerTick, interval });
      const timing = { interval, durationSec: span + (lastDuration > 0 ? lastDuration : interval) };
      const interlaced = table.interlaced || first.hasFlags(AV_FRAME_FLAG_INTERLACED);
      const facts = { ...timing, damage, interlaced, timing: list.timing, deinterlace: options.deinterlace };
      return new VideoSource(path, header, finder, list.packet, frames, first, facts);
    } finally {
      first.free();
    }
  } catch (error) {
    if (finder) await finder.close();
    else {
      header.parameters.free();
      await (cursor ? cursor.close() : closeContainer(container));
    }
    throw error;
  }
}

function noFrames(
  path: string,
  kind: ContainerKind,
  header: StreamHeader,
  broken: boolean,
  { limits }: ResolvedOptions,
): MediaError {
  if (!broken && header.listsFrames && kind === 'mov') {
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
    'Check that the file was written, copied or downloaded to the end, and that its pictures keep within the pixel limit ' +
      `of ${limits.maxPixels} (library option: limits.maxPixels)`,
  );
}

type Facts = {
  readonly interval: number;
  readonly durationSec: number;
  readonly damage: Damage | undefined;
  readonly interlaced: boolean;
  readonly timing: Timing;
  readonly deinterlace: boolean;
};

class VideoSource implements FrameSource {
  readonly info: SourceInfo;
  readonly frames: readonly FrameEntry[];
  readonly #path: string;
  readonly #finder: PictureFinder;
  readonly #packets: Int32Array;
  readonly #rgb: RgbConverter;
  readonly #orientation: Orientation;
  readonly #deinterlaces: boolean;
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
    packets: readonly number[],
    frames: readonly FrameEntry[],
    first: AVFrame,
    facts: Facts,
  ) {
    this.#path = path;
    this.#finder = finder;
    this.#packets = Int32Array.from(packets);
    this.frames = frames;
    // A picture of HEVC that is marked as interlaced is one field.
    this.#deinterlaces = facts.deinterlace && header.codec !== 'hevc';
    this.#stored = { width: first.width, height: first.height };
    this.#rgb = new RgbConverter(path, first.width, first.height);
    this.#orientation = orientationOf(header.displayMatrix);
    const swapped = swapsAxes(this.#orientation);
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
      frameRate: facts.interval > 0 ? 1 / facts.interval : 0,
      durationSec: facts.durationSec,
      pixelAspect: swapped ? 1 / pixelAspect : pixelAspect,
      timing: facts.timing,
      ...(facts.interlaced && { interlaced: true as const }),
      ...(facts.damage && { damage: facts.damage }),
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
        'Copy the file again from where it came, or convert it, which leaves such frames out: ' +
          "ffmpeg -i INPUT OUTPUT.mp4 (library option: verify: 'all' leaves them out too)",
      );
    }
    const rgb = await this.#converting.run(async () => {
      try {
        const { width, height } = this.#stored;
        // Lines of a picture that is scaled to the first one's size are no longer those of its fields.
        const isFields = this.#deinterlaces && picture.hasFlags(AV_FRAME_FLAG_INTERLACED) && picture.height === height;
        const isTop = picture.hasFlags(AV_FRAME_FLAG_TOP_FIELD_FIRST);
        return await this.#rgb.convert(picture, (bytes, stride) => {
          if (isFields) keepFirstField(bytes, stride, width, height, isTop);
          return upright(bytes, stride, width, height, this.#orientation);
        });
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
