import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_CODEC_FLAG_INTERLACED_DCT,
  AV_CODEC_FLAG_INTERLACED_ME,
  AV_FRAME_FLAG_INTERLACED,
  AV_FRAME_FLAG_TOP_FIELD_FIRST,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_SAMPLE_FMT_FLTP,
  AVFMT_GLOBALHEADER,
  FF_ENCODER_AAC,
  type FFEncoderCodec,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FFmpegError, FormatContext, Frame, Packet, Rational } from 'node-av/lib';
import { ENCODERS, type EncoderName, layoutOf, pictureBytes } from './encoders.ts';
import { numberedPicture, testPicture } from './pictures.ts';

/** A real video file to be made for a test, by the encoders and muxers of node-av. */
export type ClipSpec = {
  readonly encoder: EncoderName;
  /** Name of the FFmpeg muxer. */
  readonly container:
    | ('mp4' | 'mov' | 'matroska' | 'webm' | 'avi' | 'mpegts' | 'mpeg' | 'flv' | 'asf' | 'gif' | 'apng' | 'ivf')
    | ('h264' | 'hevc' | 'mjpeg' | 'm4v' | 'mpeg2video');
  readonly width?: number;
  readonly height?: number;
  readonly frames: number;
  readonly bits?: 8 | 10;
  readonly chroma?: '420' | '422';
  /** Pictures are coded as two fields, of which that one comes first. */
  readonly interlaced?: 'top' | 'bottom';
  /** Ticks a second of the timestamps below; default 30. */
  readonly tickRate?: number;
  /** Timestamp of frame n in ticks; default n. */
  readonly time?: (n: number) => number;
  /** Other times, in ticks, for the coded packet `n` (in decode order) of that presentation time. */
  readonly stamp?: (n: number, pts: number) => { readonly pts: number; readonly dts: number };
  /** Ticks by which all timestamps of the coded packets are moved before they are written. */
  readonly shift?: number;
  readonly encoderOptions?: Readonly<Record<string, string>>;
  readonly muxerOptions?: Readonly<Record<string, string>>;
  /** Display matrix (a, b, c, d): how the stored picture is to be turned. */
  readonly orientation?: readonly [a: number, b: number, c: number, d: number];
  readonly pixelAspect?: readonly [number, number];
  /** The number of the test picture of frame n; default n. */
  readonly picture?: (n: number) => number;
  /** Draws that number into the picture. */
  readonly numbered?: boolean;
  /** What is different from a frame on: the rest is coded by an encoder of its own, into the same stream. */
  readonly change?: { readonly at: number } & Partial<
    Pick<ClipSpec, 'width' | 'height' | 'interlaced' | 'encoderOptions'>
  >;
};

// SVT-AV1 talks on stderr unless its own variable says otherwise; it is read when the encoder opens.
process.env.SVT_LOG = '1';

function check(code: number, what: string): void {
  if (code < 0) throw new Error(`${what}: ${FFmpegError.strerror(code)}`);
}

/** Encodes and writes the clip. Throws when an encoder is missing from node-av's build. */
export async function makeClip(path: string, spec: ClipSpec): Promise<void> {
  const { frames, time = (n: number) => n } = spec;
  const output = new FormatContext();
  check(output.allocOutputContext2(null, spec.container, path), 'muxer');
  let current = spec;
  let encoder = await openEncoder(current, output.oformat!.flags);
  const stream = output.newStream();
  check(stream.codecpar.fromContext(encoder), 'parameters');
  stream.timeBase = encoder.timeBase;
  if (spec.orientation) {
    const [a, b, c, d] = spec.orientation;
    const matrix = Buffer.alloc(36);
    for (const [i, value] of [a, b, 0, c, d, 0].entries()) matrix.writeInt32LE(value * 0x10000, i * 4);
    matrix.writeInt32LE(0x40000000, 32);
    check(stream.codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, matrix), 'display matrix');
  }
  const options = Dictionary.fromObject({ ...spec.muxerOptions });
  const packet = new Packet();
  packet.alloc();
  let written = 0;
  const drain = async (): Promise<void> => {
    while ((await encoder.receivePacket(packet)) >= 0) {
      if (spec.stamp) {
        const { pts, dts } = spec.stamp(written, Number(packet.pts));
        [packet.pts, packet.dts] = [BigInt(pts), BigInt(dts)];
      }
      written++;
      if (packet.pts !== AV_NOPTS_VALUE) packet.pts += BigInt(spec.shift ?? 0);
      if (packet.dts !== AV_NOPTS_VALUE) packet.dts += BigInt(spec.shift ?? 0);
      // Without it the MP4 muxer ends its edit list where the last frame begins.
      packet.duration = BigInt(time(frames) - time(frames - 1));
      packet.rescaleTs(encoder.timeBase, stream.timeBase);
      packet.streamIndex = stream.index;
      check(await output.interleavedWriteFrame(packet), 'write packet');
    }
  };
  check(await output.openOutput(), 'open output');
  check(await output.writeHeader(options), 'header');
  for (let n = 0; n < frames; n++) {
    if (spec.change?.at === n) {
      await encoder.sendFrame(null);
      await drain();
      encoder.freeContext();
      current = { ...spec, ...spec.change };
      // Without the flag for a global header the new parameters stand in the stream itself.
      encoder = await openEncoder(current, 0);
    }
    const { width, height } = encoder;
    const layout = layoutOf(spec.encoder, spec.bits ?? 8, spec.chroma ?? '420');
    const picture = (spec.numbered ? numberedPicture : testPicture)(width, height, spec.picture?.(n) ?? n);
    const frame = Frame.fromVideoBuffer(pictureBytes(picture, width, layout), {
      width,
      height,
      format: layout.format,
      timeBase: encoder.timeBase,
      pts: BigInt(time(n)),
    });
    if (current.interlaced) frame.setFlags(AV_FRAME_FLAG_INTERLACED);
    if (current.interlaced === 'top') frame.setFlags(AV_FRAME_FLAG_TOP_FIELD_FIRST);
    check(await encoder.sendFrame(frame), 'encode');
    frame.free();
    await drain();
  }
  await encoder.sendFrame(null);
  await drain();
  check(await output.writeTrailer(), 'trailer');
  await output.closeOutput();
  packet.free();
  options.free();
  encoder.freeContext();
  output.freeContext();
}

/** An MP4 file with half a second of sound (AAC, silence) and nothing else. */
export async function makeSoundFile(path: string): Promise<void> {
  const output = new FormatContext();
  check(output.allocOutputContext2(null, 'mp4', path), 'muxer');
  const encoder = new CodecContext();
  const codec = Codec.findEncoderByName(FF_ENCODER_AAC);
  if (!codec) throw new Error('node-av has no encoder for AAC');
  encoder.allocContext3(codec);
  const layout = AV_CHANNEL_LAYOUT_MONO;
  encoder.sampleRate = 44100;
  encoder.sampleFormat = AV_SAMPLE_FMT_FLTP;
  encoder.channelLayout = layout;
  encoder.timeBase = new Rational(1, 44100);
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  check(await encoder.open2(codec, null), 'encoder aac');
  const stream = output.newStream();
  check(stream.codecpar.fromContext(encoder), 'parameters');
  stream.timeBase = encoder.timeBase;
  check(await output.openOutput(), 'open output');
  check(await output.writeHeader(null), 'header');
  const packet = new Packet();
  packet.alloc();
  for (let block = 0; block <= 20; block++) {
    const silence = Buffer.alloc(1024 * 4);
    const props = { nbSamples: 1024, format: AV_SAMPLE_FMT_FLTP, sampleRate: 44100, channelLayout: layout };
    const frame = block < 20 ? Frame.fromAudioBuffer(silence, { ...props, pts: BigInt(block * 1024) }) : null;
    check(await encoder.sendFrame(frame), 'encode');
    frame?.free();
    while ((await encoder.receivePacket(packet)) >= 0) {
      packet.streamIndex = stream.index;
      packet.rescaleTs(encoder.timeBase, stream.timeBase);
      check(await output.interleavedWriteFrame(packet), 'write packet');
    }
  }
  check(await output.writeTrailer(), 'trailer');
  await output.closeOutput();
  packet.free();
  encoder.freeContext();
  output.freeContext();
}

async function openEncoder(spec: ClipSpec, muxerFlags: number): Promise<CodecContext> {
  const codec = Codec.findEncoderByName(spec.encoder as FFEncoderCodec);
  if (!codec) throw new Error(`node-av has no encoder ${spec.encoder}`);
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = spec.width ?? 96;
  encoder.height = spec.height ?? 64;
  encoder.pixelFormat = layoutOf(spec.encoder, spec.bits ?? 8, spec.chroma ?? '420').format;
  const tickRate = spec.tickRate ?? 30;
  encoder.timeBase = new Rational(1, tickRate);
  encoder.framerate = new Rational(tickRate, 1);
  if (spec.pixelAspect) {
    const [num, den] = spec.pixelAspect;
    encoder.sampleAspectRatio = new Rational(num, den);
  }
  if (spec.interlaced) encoder.setFlags(AV_CODEC_FLAG_INTERLACED_DCT, AV_CODEC_FLAG_INTERLACED_ME);
  if (muxerFlags & AVFMT_GLOBALHEADER) encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  const options = Dictionary.fromObject({ ...ENCODERS[spec.encoder], ...spec.encoderOptions });
  check(await encoder.open2(codec, options), `encoder ${spec.encoder}`);
  options.free();
  return encoder;
}
