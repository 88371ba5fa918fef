// n ↔ time, and the key frame to decode from. Times are those of the source, so variable frame rates are shown as they are.

export interface FrameTable {
  /** Number of frames; they are numbered 0 to count − 1. */
  readonly count: number;
  /** Seconds from the first frame of the task, rising strictly. */
  readonly times: Float64Array;
  /** Whether the times are those of the file, or made from its mean rate. */
  readonly exact: boolean;
  /** Number in the source's own counting: start + n × step. */
  readonly start: number;
  readonly step: number;
}

/** A table for media that say only their rate. A missing rate (images) counts as one frame a second. */
export function evenTable(count: number, rate: number | null, start = 0, step = 1): FrameTable {
  const seconds = step / (rate && rate > 0 ? rate : 1);
  return { count, times: Float64Array.from({ length: count }, (_, n) => n * seconds), exact: false, start, step };
}

/**
 * A table from the times of all frames of the source (seconds, in the order of presentation). Throws a RangeError where the
 * source has fewer frames than the task needs.
 */
export function tableOf(source: ArrayLike<number>, count: number, start = 0, step = 1): FrameTable {
  const last = start + (count - 1) * step;
  if (count > 0 && last >= source.length) {
    throw new RangeError(`Frame ${last} of the source is needed, and it has ${source.length} frames.`);
  }
  const zero = source[start] ?? 0;
  const times = Float64Array.from({ length: count }, (_, n) => source[start + n * step]! - zero);
  return { count, times, exact: true, start, step };
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
