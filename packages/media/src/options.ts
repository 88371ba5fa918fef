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
   */
  readonly verify?: 'suspects' | 'all';
};

export type ResolvedOptions = {
  readonly limits: MediaLimits;
  readonly threads: number;
  readonly cacheBytes: number;
  readonly verify: 'suspects' | 'all';
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
  if (verify !== 'suspects' && verify !== 'all') {
    throw new MediaError('bad-argument', file, `the option verify is "${verify}"`, "Give 'suspects' or 'all'");
  }
  return { limits, threads, cacheBytes, verify };
}

/** Throws `too-large` when a picture has more pixels than allowed. */
export function checkPixels(file: string, width: number, height: number, limits: MediaLimits): void {
  if (width * height <= limits.maxPixels) return;
  throw new MediaError(
    'too-large',
    file,
    `a picture of ${width} × ${height} is past the limit of ${limits.maxPixels} pixels`,
    'Scale it down first, or raise the limit maxPixels if the machine has the memory',
  );
}
