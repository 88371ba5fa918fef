import type { SourceInfo } from '@roto/media';
import type { Direction } from '@roto/tracker';
import { usageError } from '../errors.ts';
import { type ObjectPlan, promptedFrames } from '../prompts/plan.ts';

/** The frames of a run, both ends included. */
export type PassPlan = { readonly from: number; readonly to: number; readonly direction: Direction };

/**
 * The pass that the options ask for: from the first prompted frame (backward: the last) to `to`, which is the end of
 * the video (backward: frame 0) when left out. Throws usage errors that name the frames there are.
 */
export function planPass(
  objects: readonly ObjectPlan[],
  to: number | undefined,
  backward: boolean,
  info: SourceInfo,
): PassPlan {
  const last = info.frameCount - 1;
  const there = `${info.name} has ${info.frameCount === 1 ? 'frame 0 only' : `frames 0 to ${last}`}`;
  const prompted = promptedFrames(objects);
  for (const frame of prompted) if (frame > last) throw usageError(`${there}; there is no frame ${frame} to prompt.`);
  if (to !== undefined && to > last)
    throw usageError(`${there}; --to ${to} lies beyond. Leave --to out to go to the end.`);
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

export function passLength({ from, to }: PassPlan): number {
  return Math.abs(to - from) + 1;
}

/** The frame at a place of the pass, from 0. */
export function frameAt({ from, direction }: PassPlan, place: number): number {
  return direction === 'forward' ? from + place : from - place;
}
