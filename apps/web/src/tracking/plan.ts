import { type FrameNumber, type ObjectRecord, toFrame } from '../document/records.ts';
import { barrierOf, type Candidate, nearestBarrier } from './suitable.ts';

export const MOST_OBJECTS = 256;
const DISTANCE = 50;
/** An agent that was not heard of for so long is taken to be away. */
export const AWAY_MS = 12 * 60_000;

export type JobFrames = {
  readonly first: FrameNumber;
  readonly last: FrameNumber;
  readonly deleted: ReadonlySet<FrameNumber>;
};

/**
 * The target that a run is proposed with: the distance of the last time, else 50 frames, within the job, and not past the
 * frame before the next one that a person wrote.
 */
export function proposedTarget(
  start: FrameNumber,
  { first, last }: JobFrames,
  records: readonly ObjectRecord[],
  distance: number | undefined,
): FrameNumber {
  const wish = start + (distance ?? DISTANCE);
  let target = Math.max(first, Math.min(last, wish));
  // At an end of the job there is only one way.
  if (target === start) target = start === last ? Math.max(first, start - DISTANCE) : Math.min(last, start + DISTANCE);
  const isBackward = target < start;
  const barrier = nearestBarrier(records, start, isBackward);
  if (barrier !== undefined && Math.abs(barrier - start) > 1)
    target = isBackward ? Math.max(target, barrier + 1) : Math.min(target, barrier - 1);
  return toFrame(target);
}

/** Why a run cannot be started as it is said. */
export type Problem =
  | { readonly kind: 'no-action' }
  | { readonly kind: 'read-only'; readonly why: string }
  | { readonly kind: 'same-frame' }
  | { readonly kind: 'outside-job'; readonly first: number; readonly last: number }
  | { readonly kind: 'start-deleted'; readonly frame: number }
  | { readonly kind: 'nothing-suitable'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'too-many'; readonly most: number; readonly objects: number }
  | { readonly kind: 'not-saved'; readonly why: string };

export type Wish = {
  readonly function: number | undefined;
  readonly start: FrameNumber;
  readonly target: number;
  readonly candidates: readonly Candidate[];
  readonly frames: JobFrames;
  readonly readOnly: string | undefined;
  /** What went wrong when the objects were saved for the run. */
  readonly saveProblem: string | undefined;
};

/** The first thing that stands in the way; undefined: it can be run. */
export function problemOf({
  function: id,
  start,
  target,
  candidates,
  frames,
  readOnly,
  saveProblem,
}: Wish): Problem | undefined {
  if (readOnly !== undefined) return { kind: 'read-only', why: readOnly };
  if (id === undefined) return { kind: 'no-action' };
  const chosen = candidates.filter(({ reason }) => reason === undefined);
  if (frames.deleted.has(start)) return { kind: 'start-deleted', frame: start };
  if (chosen.length === 0) return { kind: 'nothing-suitable', candidates };
  if (chosen.length > MOST_OBJECTS) return { kind: 'too-many', most: MOST_OBJECTS, objects: chosen.length };
  if (target < frames.first || target > frames.last)
    return { kind: 'outside-job', first: frames.first, last: frames.last };
  if (target === start) return { kind: 'same-frame' };
  if (saveProblem !== undefined) return { kind: 'not-saved', why: saveProblem };
  return undefined;
}

/** Objects whose run will stop before the target, with the frame that a person wrote. */
export function stopsBefore(
  chosen: readonly ObjectRecord[],
  start: FrameNumber,
  target: number,
): readonly { readonly record: ObjectRecord; readonly frame: FrameNumber }[] {
  const isBackward = target < start;
  return chosen.flatMap((record) => {
    const frame = barrierOf(record, start, isBackward);
    if (frame === undefined || (isBackward ? frame < target : frame > target)) return [];
    return [{ record, frame }];
  });
}
