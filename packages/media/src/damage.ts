/**
 * What is known of a source's damage. Frames are named by their index; what never became a frame has none, so a gap is
 * named by the frames beside it. Of places and ranges the first 100 are listed; the counts are of all.
 */
export type Damage = {
  /** Pictures that the file lists and that are no frames: their data is missing, or gives no picture. */
  readonly lostFrames: number;
  readonly gaps: readonly Gap[];
  /** Frames that are listed and cannot be read. Only `verify: 'report'` looks for them. */
  readonly unreadableFrames: number;
  readonly unreadable: readonly FrameRange[];
  /** Frames that can be read, and are made from damaged data or from a frame that is: they may look wrong. */
  readonly doubtfulFrames: number;
  readonly doubtful: readonly FrameRange[];
  /** Bytes by which the file is shorter than its own structure says; 0 for a whole one. */
  readonly missingBytes: number;
  /** More frames may be lost than are counted: a part of the file is missing or illegible, and no index says what it held. */
  readonly uncounted: boolean;
};

/** Lost pictures between two frames. */
export type Gap = {
  /** The first frame after it; the number of frames where it lies at the end. */
  readonly beforeFrame: number;
  /** Pictures that are known to be lost; 0 where something is illegible that may have held some. */
  readonly frames: number;
  /** More may be lost, which nothing has counted. */
  readonly uncounted: boolean;
  /** When the first of them would be shown, in the time of the frames; below 0 before the first frame. */
  readonly fromSec: number;
};

/** Both ends belong to it. */
export type FrameRange = { readonly from: number; readonly to: number };

/** Gaps and ranges that are listed; a hostile file may have one for every second frame. */
export const LISTED = 100;

/** Rising indices as ranges, of which the first are kept. */
export function asRanges(indices: readonly number[]): FrameRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last && last.to === index - 1) last.to = index;
    else if (ranges.length === LISTED) break;
    else ranges.push({ from: index, to: index });
  }
  return ranges;
}
