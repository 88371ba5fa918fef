/** Frames of a job, both inclusive, counted as in the task. */
export type Segment = { readonly start: number; readonly stop: number };

/**
 * How a task of `size` frames is split into jobs, as CVAT does it: each has `segmentSize` frames (0: all of them) and
 * shares `overlap` with the one before; the last may be shorter. Asked for none, videos overlap by 5 frames and images by
 * none, and never by more than half a job, so that no frame is in three.
 */
export function splitIntoJobs(
  size: number,
  segmentSize: number,
  overlap: number | null,
  kind: 'video' | 'images',
): { readonly segmentSize: number; readonly overlap: number; readonly segments: readonly Segment[] } {
  const length = segmentSize || size;
  const shared = Math.min(overlap ?? (kind === 'video' ? 5 : 0), Math.floor(length / 2));
  const segments: Segment[] = [];
  // A single job covers all even when the overlap alone would reach its end.
  for (let start = 0; start === 0 || start < size - shared; start += length - shared) {
    segments.push({ start, stop: Math.min(start + length, size) - 1 });
  }
  return { segmentSize: length, overlap: shared, segments };
}

/** Frames per chunk: about 36 Full HD pictures, within 2…72 (contract 2.3). */
export function defaultChunkSize(width: number, height: number): number {
  return Math.min(72, Math.max(2, Math.floor((36 * 1920 * 1080) / (width * height))));
}
