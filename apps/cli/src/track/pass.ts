import type { SourceInfo } from '@roto/media';
import type { Direction } from '@roto/tracker';
import { usageError } from '../errors.ts';
import { type ObjectPlan, promptedFrames } from '../prompts/plan.ts';
import { frameRange } from '../prompts/resolve.ts';

/** The frames of a run, both ends included. */
export type PassPlan = { readonly from: number; readonly to: number; readonly direction: Direction };

/**
 * The pass that the options ask for: from the first prompted frame (backward: the last) to `to`, which is the end of
 * the video (backward: frame 0) when left out. The prompted frames are those of `resolvePrompts`, so the video has them.
 * Throws usage errors that name the frames there are.
 */
export function planPass(
  objects: readonly ObjectPlan[],
  to: number | undefined,
  backward: boolean,
  info: SourceInfo,
): PassPlan {
  const last = info.frameCount - 1;
  const prompted = promptedFrames(objects);
  if (to !== undefined && to > last)
    throw usageError(`${frameRange(info)}; --to ${to} lies beyond. Leave --to out to go to the end.`);
  const from = backward ? prompted.at(-1)! : prompted[0]!;
  const end = to ?? (backward ? 0 : last);
  if (backward && end > from)
    throw usageError(
      `--backward goes from frame ${from} down, but --to ${end} lies above. Leave --backward out, or give a lower --to.`,
    );
  if (!backward && end < from)
    throw usageError(
      `--to ${end} lies before frame ${from}, where the prompt is. Add --backward to track towards the beginning.`,
    );
  return { from, to: end, direction: backward ? 'backward' : 'forward' };
}

/**
 * Prompted frames that the pass does not come to, in words; undefined when there are none. They are no fault: every frame
 * remembers all prompts (decision 5), and a later run may go on to them.
 */
export function unreachedPrompts(objects: readonly ObjectPlan[], { from, to }: PassPlan): string | undefined {
  const beyond = promptedFrames(objects).filter((frame) => (frame - from) * (frame - to) > 0);
  if (beyond.length === 0) return undefined;
  const frames = beyond.length === 1 ? `frame ${beyond[0]} lies` : `frames ${listed(beyond)} lie`;
  return (
    `The prompt${beyond.length === 1 ? '' : 's'} on ${frames} beyond frame ${to}, where this run ends: the frames tracked ` +
    'know what is said there, but the results do not get that far. Give another --to to go on to it.'
  );
}

function listed(frames: readonly number[]): string {
  return frames.length > 5 ? `${frames.slice(0, 5).join(', ')} … (${frames.length} of them)` : frames.join(', ');
}

export function passLength({ from, to }: PassPlan): number {
  return Math.abs(to - from) + 1;
}

/** The frame at a place of the pass, from 0. */
export function frameAt({ from, direction }: PassPlan, place: number): number {
  return direction === 'forward' ? from + place : from - place;
}
