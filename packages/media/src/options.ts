import { availableParallelism } from 'node:os';
import { MediaError } from './errors.ts';

/** How far a source may go before it is refused. */
export type MediaLimits = {
  /** Pixels of one picture, width × height. */
  readonly maxPixels: number;
  /** Frames of a video, or images of a list. */
  readonly maxFrames: number;
  /** Bytes of one image file; videos are streamed and have no such limit. */
  readonly maxImageBytes: number;
};

export const DEFAULT_LIMITS: MediaLimits = {
  maxPixels: 8192 * 4320,
  maxFrames: 2_000_000,
  maxImageBytes: 512 * 1024 * 1024,
};

export type Verify = 'suspects' | 'all' | 'report';

export type OpenOptions = {
  readonly limits?: Partial<MediaLimits>;
  /** Threads of the decoder; the pictures do not depend on it. Default: the machine's cores, at most 4. */
  readonly threads?: number;
  /** Bytes of decoded pictures that are kept for reading backwards. Default 64 MiB; 0 keeps none. */
  readonly cacheBytes?: number;
  /**
   * Which frames are decoded while opening, to leave out those that never become a picture.
   *   'suspects'  those whose packets look damaged, cut short, or lack what they refer to (default)
   *   'all'       every frame: as slow as one full decode, and then every read is known to succeed
   *   'report'    every frame, but what 'suspects' would keep is kept: frames have the numbers that they have by
   *               default, and `info.damage` says which of them cannot be read
   * Images are never left out; 'report' decodes them all.
   */
  readonly verify?: Verify;
  /**
   * Whether images may differ in size: 'equal' refuses those that do (default), 'any' takes them; `info` then has the
   * size of the first, and each frame its own.
   */
  readonly sizes?: 'equal' | 'any';
  /**
   * Interlaced pictures are made of their first field only, the lines between interpolated. Default false: all lines are
   * shown as one picture, as PyAV and OpenCV do. The number of frames and their times stay.
   */
  readonly deinterlace?: boolean;
  /** Ends the opening, with its reason; a source that is open does not hear it. */
  readonly signal?: AbortSignal;
};

export type ResolvedOptions = {
  readonly limits: MediaLimits;
  readonly threads: number;
  readonly cacheBytes: number;
  readonly verify: Verify;
  readonly sizes: 'equal' | 'any';
  readonly deinterlace: boolean;
  readonly signal: AbortSignal | undefined;
};

/** Fills in the defaults; `file` only serves the message of an error. */
export function resolveOptions(options: OpenOptions, file: string): ResolvedOptions {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const threads = options.threads ?? Math.min(4, availableParallelism());
  const cacheBytes = options.cacheBytes ?? 64 * 1024 * 1024;
  const verify = options.verify ?? 'suspects';
  const whole = (name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw new MediaError(
      'bad-argument',
      file,
      `the option ${name} is ${value}`,
      `Give a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}`,
    );
  };
  whole('limits.maxPixels', limits.maxPixels, 1);
  whole('limits.maxFrames', limits.maxFrames, 1);
  whole('limits.maxImageBytes', limits.maxImageBytes, 1);
  whole('threads', threads, 1, 64);
  whole('cacheBytes', cacheBytes, 0);
  if (verify !== 'suspects' && verify !== 'all' && verify !== 'report') {
    throw new MediaError(
      'bad-argument',
      file,
      `the option verify is "${verify}"`,
      "Give 'suspects', 'all' or 'report'",
    );
  }
  const { sizes = 'equal', deinterlace = false, signal } = options;
  return { limits, threads, cacheBytes, verify, sizes, deinterlace, signal };
}

/** Throws `too-large` when a picture has more pixels than allowed. */
export function checkPixels(file: string, width: number, height: number, limits: MediaLimits): void {
  if (width * height <= limits.maxPixels) return;
  throw new MediaError(
    'too-large',
    file,
    `a picture of ${width} × ${height} is past the limit of ${limits.maxPixels} pixels`,
    'Scale it down first, for example: ffmpeg -i INPUT -vf scale=1920:-2 OUTPUT (library option: limits.maxPixels)',
  );
}
