import { resolve } from 'node:path';
import {
  AV_CODEC_ID_NONE,
  AV_DISPOSITION_ATTACHED_PIC,
  AV_LOG_QUIET,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_PKT_DATA_ENCRYPTION_INIT_INFO,
  AVDISCARD_ALL,
  AVERROR_EOF,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  type AVSeekFlag,
} from 'node-av/constants';
import {
  avGetCodecName,
  CodecParameters,
  Dictionary,
  FFmpegError,
  FormatContext,
  InputFormat,
  Log,
  Packet,
  type Stream,
} from 'node-av/lib';
import { MediaError } from '../errors.ts';
import { checkPixels, type MediaLimits } from '../options.ts';
import { CODEC_NAMES, CODECS, type VideoCodec } from './bitstream/codecs.ts';
import { CONTAINERS, type ContainerKind } from './containers.ts';

// FFmpeg writes its warnings to stderr on its own; what matters comes back as a code, and becomes a MediaError.
Log.setLevel(AV_LOG_QUIET);

/**
 * A demuxer on one local file, with the video stream that was chosen. Every other stream is skipped while reading.
 * `stream` points into `format` and dies with it.
 */
export type Container = {
  readonly format: FormatContext;
  readonly stream: Stream;
  readonly codec: VideoCodec;
  /** Packets that were read to find the stream, of any stream, in order; they come before the others, until a seek. */
  readonly early: Packet[];
};

/** The next packet of any stream: FFmpeg's code. */
export async function readPacket(container: Container, packet: Packet): Promise<number> {
  return nextEarly(container, packet) ?? container.format.readFrame(packet);
}

/** The same at once, on this thread. */
export function readPacketSync(container: Container, packet: Packet): number {
  return nextEarly(container, packet) ?? container.format.readFrameSync(packet);
}

function nextEarly({ early }: Container, packet: Packet): number | undefined {
  const first = early.shift();
  if (!first) return undefined;
  packet.unref();
  const code = packet.ref(first);
  first.free();
  return code;
}

export async function seekContainer(container: Container, time: bigint, flags: AVSeekFlag): Promise<number> {
  dropEarly(container.early);
  return container.format.seekFrame(container.stream.index, time, flags);
}

export async function closeContainer({ format, early }: Container): Promise<void> {
  dropEarly(early);
  await format.closeInput();
}

function dropEarly(early: Packet[]): void {
  for (const packet of early.splice(0)) packet.free();
}

/** What the container's header says of the stream, copied, so that it outlives the demuxer. */
export type StreamHeader = {
  readonly codec: VideoCodec;
  /** What a decoder needs; to be freed by the holder. */
  readonly parameters: CodecParameters;
  readonly secondsPerTick: number;
  /** Ticks between two frames by the header's word; 25 a second where it is silent. */
  readonly interval: number;
  readonly displayMatrix: Buffer | null;
  /** Width of a pixel by its height; 0 where the header is silent. */
  readonly pixelAspect: number;
  /** The header lists frames, wherever their data lies. */
  readonly listsFrames: boolean;
  /** The number by which the container knows the stream. */
  readonly trackId: number;
};

export function readHeader({ stream, codec }: Container): StreamHeader {
  const parameters = new CodecParameters();
  parameters.alloc();
  stream.codecpar.copy(parameters);
  const { timeBase, sampleAspectRatio, avgFrameRate } = stream;
  const rate = avgFrameRate.num > 0 && avgFrameRate.den > 0 ? avgFrameRate.num / avgFrameRate.den : 25;
  const secondsPerTick = timeBase.num / timeBase.den;
  const matrix = stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
  return {
    codec,
    parameters,
    secondsPerTick,
    interval: 1 / (rate * secondsPerTick),
    displayMatrix: matrix && Buffer.from(matrix),
    pixelAspect: sampleAspectRatio.num > 0 ? sampleAspectRatio.num / sampleAspectRatio.den : 0,
    listsFrames: stream.nbFrames > 0n,
    trackId: stream.id,
  };
}

const READ = Object.values(CODECS)
  .map(({ label }) => label)
  .join(', ');

/**
 * Opens a local file that has already been named by its first bytes.
 *
 * Four locks keep FFmpeg from opening anything else: the demuxer is given by us and never probed, so no playlist or
 * script format can be chosen; `format_whitelist` and `protocol_whitelist` allow it and `file:` alone, also for
 * whatever the demuxer would open itself; references to external data are off; and the address is an absolute path
 * behind `file:`, so a path such as `concat:a|b` stays the name of a file.
 *
 * FFmpeg's own look into the first packets (`avformat_find_stream_info`) is left out: it would decode before any pixel
 * limit holds, and these containers say in their headers all that is needed here.
 */
export async function openContainer(path: string, kind: ContainerKind, limits: MediaLimits): Promise<Container> {
  const { demuxer, forms, announces, ...own } = CONTAINERS[kind];
  const input = InputFormat.findInputFormat(demuxer);
  const format = new FormatContext();
  const options = Dictionary.fromObject({
    protocol_whitelist: 'file',
    format_whitelist: forms,
    ...('options' in own ? own.options : {}),
  });
  const early: Packet[] = [];
  try {
    const opened = await format.openInput(`file:${resolve(path)}`, input, options);
    if (opened < 0) throw damaged(path, kind, opened);
    if (announces === 'packets') await readUpToVideo(format, early);
    const stream = chooseStream(path, format);
    const { width, height } = stream.codecpar;
    checkPixels(path, width, height, limits);
    const codec = CODEC_NAMES.get(stream.codecpar.codecId);
    if (!codec) {
      const name = avGetCodecName(stream.codecpar.codecId) ?? 'unknown';
      throw new MediaError(
        'unsupported-codec',
        path,
        `the video is coded as ${name}`,
        `Roto reads ${READ}; convert it, for example: ffmpeg -i INPUT -c:v libx264 OUTPUT.mp4`,
      );
    }
    if (isEncrypted(stream)) throw encrypted(path);
    for (const other of format.streams) if (other.index !== stream.index) other.discard = AVDISCARD_ALL;
    return { format, stream, codec, early };
  } catch (error) {
    dropEarly(early);
    await format.closeInput();
    throw error;
  } finally {
    options.free();
  }
}

/** How far a file is read until a video stream shows itself. */
const EARLY_PACKETS = 5000;
const EARLY_BYTES = 64 * 1024 * 1024;

/** Reads packets until one is of a video stream that says its codec. */
async function readUpToVideo(format: FormatContext, early: Packet[]): Promise<void> {
  let bytes = 0;
  let errors = 0;
  while (early.length < EARLY_PACKETS && bytes < EARLY_BYTES && errors < EARLY_PACKETS) {
    const packet = new Packet();
    packet.alloc();
    const code = await format.readFrame(packet);
    if (code < 0) {
      packet.free();
      if (code === AVERROR_EOF) return;
      errors++;
      continue;
    }
    early.push(packet);
    bytes += packet.size;
    const { codecpar } = format.streams[packet.streamIndex]!;
    if (codecpar.codecType === AVMEDIA_TYPE_VIDEO && codecpar.codecId !== AV_CODEC_ID_NONE) return;
  }
}

function chooseStream(path: string, format: FormatContext): Stream {
  const best = format.findBestStream(AVMEDIA_TYPE_VIDEO);
  const isShown = (other: Stream): boolean =>
    other.codecpar.codecType === AVMEDIA_TYPE_VIDEO && !(other.disposition & AV_DISPOSITION_ATTACHED_PIC);
  // FFmpeg passes over streams whose size is not known yet.
  const stream = best >= 0 ? format.streams[best] : format.streams.find(isShown);
  if (stream && isShown(stream)) return stream;
  const sound = format.streams.some((other) => other.codecpar.codecType === AVMEDIA_TYPE_AUDIO);
  throw new MediaError(
    'no-video',
    path,
    sound ? 'the file has sound, but no video track' : 'the file has no video track',
    'Give a file with pictures',
  );
}

function isEncrypted(stream: Stream): boolean {
  const tag = stream.codecpar.codecTagString;
  const keyId = stream.metadata?.get('enc_key_id');
  return tag === 'encv' || !!keyId || stream.codecpar.getCodedSideData(AV_PKT_DATA_ENCRYPTION_INIT_INFO) !== null;
}

export function encrypted(path: string): MediaError {
  return new MediaError('encrypted', path, 'the pictures are encrypted', 'Give a copy without copy protection');
}

function damaged(path: string, kind: ContainerKind, code: number): MediaError {
  const part = kind === 'mov' ? 'index' : 'header';
  const reason = `the ${part} of ${CONTAINERS[kind].label} is missing or broken (${FFmpegError.strerror(code)})`;
  return new MediaError(
    'damaged',
    path,
    reason,
    'The recording or the copy probably stopped half-way: copy it again or repair it',
    {
      cause: new FFmpegError(code),
    },
  );
}
