import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_RGB,
  AVCOL_TRC_BT709,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_ENCODER_LIBVPX_VP9,
  FF_ENCODER_LIBX264,
  FF_ENCODER_MPEG4,
  type FFEncoderCodec,
  SWS_ACCURATE_RND,
  SWS_BICUBIC,
  SWS_BITEXACT,
} from 'node-av/constants';
import {
  Frame as AVFrame,
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  FormatContext,
  Packet,
  Rational,
  SoftwareScaleContext,
  type Stream,
} from 'node-av/lib';
import { MediaError } from './errors.ts';
import './video/container.ts'; // FFmpeg's own messages are silenced there

/** One picture to be written: height × width × 3 bytes RGB. Without `timeSec` pictures follow at the frame rate. */
export type VideoFrame = { readonly rgb: Uint8Array; readonly timeSec?: number };

export type VideoFormat = { readonly width: number; readonly height: number; readonly frameRate: number };

/** Encoders in the order of what browsers play; the first that this build of FFmpeg has is taken. */
const ENCODERS: readonly { name: FFEncoderCodec; options: Record<string, string> }[] = [
  { name: FF_ENCODER_LIBX264, options: { preset: 'veryfast', crf: '20' } },
  { name: FF_ENCODER_LIBVPX_VP9, options: { crf: '30', b: '0', deadline: 'realtime', 'cpu-used': '6', 'row-mt': '1' } },
  { name: FF_ENCODER_MPEG4, options: { qscale: '3' } },
];

/** Ticks a second of the timestamps: a multiple of all common frame rates, 30000/1001 included. */
const TICKS = 90_000;

/**
 * Writes an MP4 file (H.264 where there is an encoder for it), 4:2:0, BT.709, limited range, index first. A picture
 * with an odd side gets its last row or column twice. The file appears under its name when it is whole; an error or
 * the signal leaves nothing behind and an older file of that name untouched.
 * Returns the number of frames. Throws MediaError, or the signal's reason.
 */
export async function writeVideo(
  path: string,
  format: VideoFormat,
  frames: AsyncIterable<VideoFrame> | Iterable<VideoFrame>,
  signal?: AbortSignal,
): Promise<number> {
  checkFormat(path, format);
  signal?.throwIfAborted();
  const partial = join(dirname(resolve(path)), `.${basename(path)}.${randomBytes(6).toString('hex')}.partial`);
  let count = 0;
  try {
    const writer = await Mp4Writer.create(path, partial, format);
    try {
      for await (const frame of frames) {
        signal?.throwIfAborted();
        await writer.write(frame, count++);
      }
      signal?.throwIfAborted();
      if (count === 0) {
        throw new MediaError('no-frames', path, 'there are no frames to write', 'Give at least one frame');
      }
      await writer.finish();
    } finally {
      await writer.free();
    }
    await rename(partial, path).catch((error: unknown) => {
      throw writeFailed(path, `the finished file cannot be given its name`, error);
    });
    return count;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

function checkFormat(path: string, { width, height, frameRate }: VideoFormat): void {
  const wrong = (reason: string, remedy: string): MediaError => new MediaError('bad-argument', path, reason, remedy);
  if (extname(path).toLowerCase() !== '.mp4') throw wrong('videos are written as MP4', 'Let the name end in .mp4');
  if (![width, height].every((side) => Number.isInteger(side) && side >= 2 && side <= 16384)) {
    throw wrong(`a size of ${width} × ${height} cannot be written`, 'Give whole sides from 2 to 16384');
  }
  if (!(frameRate > 0 && frameRate <= 1000)) {
    throw wrong(`a frame rate of ${frameRate} cannot be written`, 'Give a rate above 0 and up to 1000 frames a second');
  }
}

function writeFailed(path: string, reason: string, cause: unknown): MediaError {
  return new MediaError('write-failed', path, reason, 'Check that the folder exists, is writable and has room', {
    cause,
  });
}

class Mp4Writer {
  readonly #path: string;
  readonly #format: VideoFormat;
  readonly #output: FormatContext;
  readonly #encoder: CodecContext;
  readonly #stream: Stream;
  readonly #yuv = new AVFrame();
  readonly #packet = new Packet();
  readonly #scale = new SoftwareScaleContext();
  #lastTick = -1;

  private constructor(path: string, format: VideoFormat, output: FormatContext, encoder: CodecContext, stream: Stream) {
    this.#path = path;
    this.#format = format;
    this.#output = output;
    this.#encoder = encoder;
    this.#stream = stream;
    this.#packet.alloc();
    this.#scale.allocContext();
    this.#scale.setOption('sws_flags', String(SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT));
    this.#yuv.alloc();
    this.#yuv.format = AV_PIX_FMT_YUV420P;
    this.#yuv.width = even(format.width);
    this.#yuv.height = even(format.height);
    this.#yuv.colorRange = AVCOL_RANGE_MPEG;
    this.#yuv.colorSpace = AVCOL_SPC_BT709;
    this.#check(this.#yuv.getBuffer(), 'there is no memory for a picture');
  }

  static async create(path: string, partial: string, format: VideoFormat): Promise<Mp4Writer> {
    const output = new FormatContext();
    const check = (code: number, reason: string): void => {
      if (code >= 0) return;
      throw writeFailed(path, `${reason} (${FFmpegError.strerror(code)})`, new FFmpegError(code));
    };
    let encoder: CodecContext | undefined;
    try {
      check(output.allocOutputContext2(null, 'mp4', partial), 'this build of FFmpeg cannot write MP4');
      encoder = await openEncoder(path, format);
      const stream = output.newStream();
      check(stream.codecpar.fromContext(encoder), 'the encoder gives no header');
      stream.timeBase = encoder.timeBase;
      check(await output.openOutput(), 'the file cannot be created');
      const options = Dictionary.fromObject({ movflags: 'faststart' });
      try {
        check(await output.writeHeader(options), 'the file cannot be begun');
      } finally {
        options.free();
      }
      return new Mp4Writer(path, format, output, encoder, stream);
    } catch (error) {
      encoder?.freeContext();
      await output.closeOutput();
      output.freeContext();
      throw error;
    }
  }

  async write(frame: VideoFrame, n: number): Promise<void> {
    const { width, height, frameRate } = this.#format;
    if (frame.rgb.length !== width * height * 3) {
      throw new MediaError(
        'bad-argument',
        this.#path,
        `frame ${n} has ${frame.rgb.length} bytes, and ${width} × ${height} RGB has ${width * height * 3}`,
        'Give every frame in the size of the video',
      );
    }
    const rgb = AVFrame.fromVideoBuffer(evenPicture(frame.rgb, width, height), {
      width: even(width),
      height: even(height),
      format: AV_PIX_FMT_RGB24,
    });
    try {
      rgb.colorRange = AVCOL_RANGE_JPEG;
      rgb.colorSpace = AVCOL_SPC_RGB;
      // The encoder may still hold the last picture's buffer.
      this.#check(this.#yuv.makeWritable(), 'there is no memory for a picture');
      this.#check(await this.#scale.scaleFrame(this.#yuv, rgb), 'a picture cannot be converted');
    } finally {
      rgb.free();
    }
    this.#lastTick = Math.max(this.#lastTick + 1, Math.round((frame.timeSec ?? n / frameRate) * TICKS));
    this.#yuv.pts = BigInt(this.#lastTick);
    this.#check(await this.#encoder.sendFrame(this.#yuv), 'a picture cannot be encoded');
    await this.#drain();
  }

  async finish(): Promise<void> {
    this.#check(await this.#encoder.sendFrame(null), 'the encoder cannot be finished');
    await this.#drain();
    this.#check(await this.#output.writeTrailer(), 'the file cannot be finished');
  }

  async free(): Promise<void> {
    await this.#output.closeOutput();
    this.#output.freeContext();
    this.#encoder.freeContext();
    this.#scale.freeContext();
    this.#yuv.free();
    this.#packet.free();
  }

  async #drain(): Promise<void> {
    for (;;) {
      const code = await this.#encoder.receivePacket(this.#packet);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      this.#check(code, 'a picture cannot be encoded');
      // Encoders leave it 0, and the MP4 muxer then ends its edit list where the last frame begins.
      this.#packet.duration = BigInt(Math.max(1, Math.round(TICKS / this.#format.frameRate)));
      this.#packet.rescaleTs(this.#encoder.timeBase, this.#stream.timeBase);
      this.#packet.streamIndex = this.#stream.index;
      this.#check(await this.#output.interleavedWriteFrame(this.#packet), 'the file cannot be written');
    }
  }

  #check(code: number, reason: string): void {
    if (code < 0) throw writeFailed(this.#path, `${reason} (${FFmpegError.strerror(code)})`, new FFmpegError(code));
  }
}

async function openEncoder(path: string, { width, height, frameRate }: VideoFormat): Promise<CodecContext> {
  for (const { name, options } of ENCODERS) {
    const codec = Codec.findEncoderByName(name);
    if (!codec) continue;
    const encoder = new CodecContext();
    encoder.allocContext3(codec);
    encoder.width = even(width);
    encoder.height = even(height);
    encoder.pixelFormat = AV_PIX_FMT_YUV420P;
    encoder.timeBase = new Rational(1, TICKS);
    encoder.framerate = new Rational(Math.round(frameRate * 1000), 1000);
    encoder.colorRange = AVCOL_RANGE_MPEG;
    encoder.colorSpace = AVCOL_SPC_BT709;
    encoder.colorPrimaries = AVCOL_PRI_BT709;
    encoder.colorTrc = AVCOL_TRC_BT709;
    encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    const settings = Dictionary.fromObject(options);
    const code = await encoder.open2(codec, settings);
    settings.free();
    if (code >= 0) return encoder;
    encoder.freeContext();
  }
  throw new MediaError(
    'write-failed',
    path,
    `this build of FFmpeg has none of the encoders ${ENCODERS.map((encoder) => encoder.name).join(', ')}`,
    'Install the package node-av from npm anew, for this platform',
  );
}

function even(side: number): number {
  return side + (side % 2);
}

/** The picture with its last row and column repeated where a side is odd. */
function evenPicture(rgb: Uint8Array, width: number, height: number): Buffer {
  if (width % 2 === 0 && height % 2 === 0) return Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength);
  const [outWidth, outHeight] = [even(width), even(height)];
  const out = Buffer.alloc(outWidth * outHeight * 3);
  for (let y = 0; y < outHeight; y++) {
    const row = Math.min(y, height - 1) * width * 3;
    out.set(rgb.subarray(row, row + width * 3), y * outWidth * 3);
    if (outWidth !== width) out.set(rgb.subarray(row + (width - 1) * 3, row + width * 3), y * outWidth * 3 + width * 3);
  }
  return out;
}
