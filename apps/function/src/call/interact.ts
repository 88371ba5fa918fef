import { type Mask, maskToCvatPoints } from '@roto/geometry';
import type { Sam2Model } from '@roto/model';
import {
  type Click,
  emptyBank,
  logitsToMask,
  type Prompt,
  predictPrompt,
  TrackerError,
  toModelPrompt,
} from '@roto/tracker';
import { CallError } from '../errors.ts';
import type { InteractRequest } from './payload.ts';
import type { CallPicture } from './picture.ts';
import { stepRules, type TrackTools } from './track.ts';

/** Asked for by our own gateway: a 1080p mask as nested numbers is 4 MB of JSON. */
export const COMPACT_TYPE = 'application/vnd.roto+json';

/** CVAT's interactor call: the mask of what was clicked, as rows of 0 and 1, or as CVAT's mask points. */
export async function segment(
  { model, features }: Pick<TrackTools, 'model' | 'features'>,
  request: InteractRequest,
  picture: CallPicture,
  compact: boolean,
): Promise<object> {
  const mask = await maskOf(model, await features(picture), request, picture);
  if (compact) return { shape: mask.data.includes(1) ? { type: 'mask', points: maskToCvatPoints(mask) } : null };
  const rows = Array.from({ length: mask.height }, (_, y) =>
    Array.from(mask.data.subarray(y * mask.width, (y + 1) * mask.width)),
  );
  return { mask: rows };
}

async function maskOf(
  model: Sam2Model,
  image: Awaited<ReturnType<TrackTools['features']>>,
  { positive, negative, box }: InteractRequest,
  { width, height }: CallPicture,
): Promise<Mask> {
  const points: Click[] = [
    ...positive.map(([x, y]) => ({ x, y, positive: true })),
    ...negative.map(([x, y]) => ({ x, y, positive: false })),
  ];
  const prompt: Prompt = box
    ? { kind: 'box', box: { x0: box[0], y0: box[1], x1: box[2], y1: box[3] }, points }
    : { kind: 'points', points };
  try {
    const answer = await predictPrompt(
      model,
      image,
      emptyBank,
      0,
      toModelPrompt(prompt, width, height, model.config),
      stepRules(model),
    );
    return logitsToMask(answer.low, model.config.lowSize, width, height).mask;
  } catch (error) {
    if (error instanceof TrackerError) throw new CallError('bad-request', error.message, { cause: error });
    throw error;
  }
}
