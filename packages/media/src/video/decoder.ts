import {
  AV_FRAME_FLAG_CORRUPT,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_DECODER_LIBDAV1D,
  type FFDecoderCodec,
} from 'node-av/constants';
import { Frame as AVFrame, Codec, CodecContext, FFmpegError } from 'node-av/lib';
import { MediaError } from '../errors.ts';
import type { VideoCodec } from './bitstream/codecs.ts';
import type { StreamHeader } from './container.ts';
import type { PacketCursor } from './packet-cursor.ts';

/** One step of a run: a picture and the ordinal of the packet that it came from, a complaint, or the end. */
export type Step =
  | { readonly kind: 'picture'; readonly ordinal: number; readonly flawed: boolean }
  | { readonly kind: 'trouble' }
  | { readonly kind: 'end' };

/** Decoders by name where FFmpeg has several; dav1d is the one that is strict and fast for AV1. */
const PREFERRED: Partial<Record<VideoCodec, FFDecoderCodec>> = { av1: FF_DECODER_LIBDAV1D };

/** A picture leaves the decoder at the latest when this many more packets have gone in (16 reordered, 16 threads). */
export const DECODER_DELAY = 64;

/**
 * One uninterrupted decode from one packet on.
 *
 * Each packet's timestamp is replaced by its ordinal before it goes in, and decoders hand timestamps through to the
 * picture; so each picture says which packet it came from, also where the container's timestamps repeat or are
 * missing, and where a packet gives no picture.
 */
export class DecodeRun {
  /** The packet with which the run began. */
  readonly start: number;
  /** One thread and a fresh decoder: what damaged packets give then is the same on every run. */
  readonly careful: boolean;
  /** The last picture; overwritten by the next step. */
  readonly frame = new AVFrame();
  /** Ordinals that went in and have not come out. */
  readonly #inside = new Set<number>();
  /** Ordinals that came out of a careful run; other runs may be as long as the video and are not asked. */
  readonly #emitted = new Set<number>();
  readonly #context: CodecContext;
  readonly #cursor: PacketCursor;
  #draining = false;
  #ended = false;

  private constructor(context: CodecContext, cursor: PacketCursor, start: number, careful: boolean) {
    this.#context = context;
    this.#cursor = cursor;
    this.start = start;
    this.careful = careful;
    this.frame.alloc();
  }

  /** Begins at packet `start`, to which the cursor is moved. */
  static async begin(
    path: string,
    header: StreamHeader,
    cursor: PacketCursor,
    start: number,
    settings: { threads: number; maxPixels: number; careful: boolean },
  ): Promise<DecodeRun> {
    const preferred = PREFERRED[header.codec];
    const codec = (preferred && Codec.findDecoderByName(preferred)) ?? Codec.findDecoder(header.parameters.codecId);
    if (!codec) {
      throw new MediaError(
        'unsupported-codec',
        path,
        `this build of FFmpeg has no decoder for ${header.codec}`,
        'Install the package node-av from npm anew, for this platform',
      );
    }
    const context = new CodecContext();
    context.allocContext3(codec);
    try {
      context.parametersToContext(header.parameters);
      context.threadCount = settings.careful ? 1 : settings.threads;
      context.setOption('max_pixels', BigInt(settings.maxPixels));
      // A run of several threads must complain at the damaged packet itself. Concealment would only show when that
      // packet's picture comes out, and pictures that refer to it and are shown before it would be out already.
      if (!settings.careful) context.setOption('err_detect', 'explode');
      const opened = await context.open2(codec, null);
      if (opened < 0) {
        throw new MediaError(
          'damaged',
          path,
          `the decoder for ${header.codec} refuses the stream's header (${FFmpegError.strerror(opened)})`,
          'Play the file elsewhere to see whether it is whole; convert it if it is',
          { cause: new FFmpegError(opened) },
        );
      }
      await cursor.seek(start);
    } catch (error) {
      context.freeContext();
      throw error;
    }
    return new DecodeRun(context, cursor, start, settings.careful);
  }

  /** The next packet that goes in. */
  get next(): number {
    return this.#cursor.next;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the picture of packet `ordinal` may still come out of this run. */
  mayEmit(ordinal: number): boolean {
    if (this.#ended) return false;
    return ordinal >= this.next || (this.#inside.has(ordinal) && ordinal > this.next - DECODER_DELAY);
  }

  /** Whether a careful run has already given the picture of packet `ordinal`. */
  hasEmitted(ordinal: number): boolean {
    return this.#emitted.has(ordinal);
  }

  async step(): Promise<Step> {
    while (!this.#ended) {
      this.frame.unref();
      const code = await this.#context.receiveFrame(this.frame);
      if (code >= 0) {
        const ordinal = Number(this.frame.pts);
        this.#inside.delete(ordinal);
        if (this.careful) this.#emitted.add(ordinal);
        const flawed = this.frame.decodeErrorFlags !== 0 || (this.frame.flags & AV_FRAME_FLAG_CORRUPT) !== 0;
        return { kind: 'picture', ordinal, flawed };
      }
      if (code === AVERROR_EOF) {
        this.#ended = true;
        break;
      }
      if (code !== AVERROR_EAGAIN) return { kind: 'trouble' };
      if (!(await this.#feed())) return { kind: 'trouble' };
    }
    return { kind: 'end' };
  }

  /** Gives the decoder one packet, or tells it that there are no more. False when it complains. */
  async #feed(): Promise<boolean> {
    const ordinal = this.#cursor.next;
    if (!this.#draining && (await this.#cursor.read())) {
      const { packet } = this.#cursor;
      packet.pts = BigInt(ordinal);
      packet.dts = BigInt(ordinal);
      this.#inside.add(ordinal);
      this.#inside.delete(ordinal - 4 * DECODER_DELAY);
      return (await this.#context.sendPacket(packet)) >= 0;
    }
    this.#draining = true;
    const code = await this.#context.sendPacket(null);
    return code >= 0 || code === AVERROR_EOF;
  }

  end(): void {
    this.#ended = true;
    this.frame.free();
    this.#context.freeContext();
  }
}
