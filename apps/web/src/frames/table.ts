// n ↔ time, and the key frame to decode from. Times are those of the source, so variable frame rates are shown as they are.

export interface FrameTable {
  /** Number of frames; they are numbered 0 to count − 1. */
  readonly count: number;
  /** Seconds from the first frame of the source, rising strictly. */
  readonly times: Float64Array;
  /** Whether the times are those of the file, or made from its mean rate. */
  readonly exact: boolean;
}

/** A table for media that say only their rate. A missing rate (images) counts as one frame a second. */
export function evenTable(count: number, rate: number | null, start = 0, step = 1): FrameTable {
  const seconds = 1 / (rate && rate > 0 ? rate : 1);
  return { count, times: Float64Array.from({ length: count }, (_, n) => (start + n * step) * seconds), exact: false };
}

/**
 * A table from the times of the frames `first` and following, in seconds from the first frame of the source. Frames of the
 * task before the job get times too, but nobody sees them.
 */
export function tableOf(times: ArrayLike<number>, first = 0): FrameTable {
  const count = first + times.length;
  const gap = times.length > 1 ? times[1]! - times[0]! : 0;
  const at = (n: number): number => (n < first ? (times[0] ?? 0) - (first - n) * gap : times[n - first]!);
  return { count, times: Float64Array.from({ length: count }, (_, n) => at(n)), exact: true };
}

/** The last frame that has begun at `seconds`; the first one before that. */
export function frameAt(table: FrameTable, seconds: number): number {
  let low = 0;
  let high = table.count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (table.times[middle]! <= seconds) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function timeOf(table: FrameTable, frame: number): number {
  return table.times[Math.max(0, Math.min(frame, table.count - 1))] ?? 0;
}

/** Frames a second, by the median of the distances around: one long pause must not make all others fast. */
export function rateOf(table: FrameTable): number {
  const { count, times } = table;
  if (count < 2) return 1;
  const distances: number[] = [];
  const stride = Math.max(1, Math.floor((count - 1) / 101));
  for (let n = 1; n < count; n += stride) distances.push(times[n]! - times[n - 1]!);
  distances.sort((a, b) => a - b);
  const median = distances[distances.length >> 1]!;
  return median > 0 ? 1 / median : 1;
}

/** Bytes of the server's table of a job: see the description of `/data/frames`. */
export interface ServerTable {
  /** Seconds from the first frame of the source. */
  readonly times: Float64Array;
  /** Can the frame be decoded without any other? */
  readonly isKey: (index: number) => boolean;
}

export function readServerTable(bytes: ArrayBuffer): ServerTable {
  // Eight bytes of time and one bit of flag each.
  const count = Math.floor((bytes.byteLength * 8) / 65);
  const view = new DataView(bytes);
  const times = Float64Array.from({ length: count }, (_, n) => view.getFloat64(8 * n, true));
  return { times, isKey: (n) => ((view.getUint8(8 * count + (n >> 3)) >> (n & 7)) & 1) === 1 };
}
