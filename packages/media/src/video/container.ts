import { resolve } from 'node:path';
import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_LOG_QUIET,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_PKT_DATA_ENCRYPTION_INIT_INFO,
  AVDISCARD_ALL,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import {
  avGetCodecName,
  CodecParameters,
  Dictionary,
  FFmpegError,
  FormatContext,
  InputFormat,
  Log,
  type Stream,
} from 'node-av/lib';
import { MediaError } from '../errors.ts';
import { checkPixels, type MediaLimits } from '../options.ts';
import { CODEC_NAMES, CODECS, type VideoCodec } from './bitstream/codecs.ts';

// FFmpeg writes its warnings to stderr on its own; what matters comes back as a code, and becomes a MediaError.
Log.setLevel(AV_LOG_QUIET);

export type ContainerKind = 'mov' | 'matroska';

/**
 * A demuxer on one local file, with the video stream that was chosen. Every other stream is skipped while reading.
 * `stream` points into `format` and dies with it.
 */
export type Container = {
  readonly format: FormatContext;
  readonly stream: Stream;
  readonly codec: VideoCodec;
};

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

const DEMUXERS: Record<ContainerKind, { name: string; own: Record<string, string> }> = {
  // enable_drefs and use_absolute_path are off by default as well; they are what would let a MOV open other files.
  mov: { name: 'mov', own: { enable_drefs: '0', use_absolute_path: '0' } },
  matroska: { name: 'matroska', own: {} },
};

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
  const demuxer = DEMUXERS[kind];
  const input = InputFormat.findInputFormat(demuxer.name);
  const format = new FormatContext();
  const options = Dictionary.fromObject({
    protocol_whitelist: 'file',
    format_whitelist: 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm',
    ...demuxer.own,
  });
  try {
    const opened = await format.openInput(`file:${resolve(path)}`, input, options);
    if (opened < 0) throw damaged(path, kind, opened);
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
    return { format, stream, codec };
  } catch (error) {
    await format.closeInput();
    throw error;
  } finally {
    options.free();
  }
}

function chooseStream(path: string, format: FormatContext): Stream {
  const best = format.findBestStream(AVMEDIA_TYPE_VIDEO);
  const stream = best >= 0 ? format.streams[best] : undefined;
  if (stream && !(stream.disposition & AV_DISPOSITION_ATTACHED_PIC)) return stream;
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
  const reason =
    kind === 'mov'
      ? `the index of the MP4 or MOV file is missing or broken (${FFmpegError.strerror(code)})`
      : `the header of the Matroska or WebM file is broken (${FFmpegError.strerror(code)})`;
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
