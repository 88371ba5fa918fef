import { BadRequestError, promptOf, SAM2_SHAPES, type Sam2Shape, shapeOf, type TrackableShape } from '@roto/functions';
import type { ImageFeatures, Sam2Model } from '@roto/model';
import {
  checkPrompt,
  commitPrompt,
  emptyBank,
  logitsToMask,
  predictPrompt,
  recommended,
  step,
  TrackerError,
  type TrackingRules,
  toModelPrompt,
  trackingRules,
} from '@roto/tracker';
import { CallError } from '../errors.ts';
import { movedOn, type TrackedState, type TrackedStates } from '../states/tracked-states.ts';
import type { Deadline } from './deadline.ts';
import type { StateRef, TrackRequest } from './payload.ts';
import type { CallPicture } from './picture.ts';

export type TrackAnswer = {
  readonly states: readonly StateRef[];
  readonly shapes: readonly (TrackableShape | readonly number[] | null)[];
};

/** What tracking needs of the process. */
export type TrackTools = {
  readonly model: Sam2Model;
  readonly states: TrackedStates;
  features(picture: CallPicture): Promise<ImageFeatures>;
};

/** The next frame reads the outline, six memories and fifteen pointers; corrections are new outlines, so nothing else is kept. */
export function stepRules(model: Sam2Model): TrackingRules {
  return trackingRules(undefined, {
    ...recommended(model.config, {}),
    retention: { history: 0, aroundPrompts: false },
  });
}

/**
 * CVAT's tracker call: objects with a shape start, objects with a state go one frame on. Everything is checked and
 * computed before the first state is written. A repeated call is answered alike, without a second step.
 */
export async function trackObjects(
  tools: TrackTools,
  request: TrackRequest,
  picture: CallPicture,
  deadline: Deadline,
): Promise<TrackAnswer> {
  const { states } = tools;
  for (const object of request.objects) if ('start' in object) checkStart(object.start, picture);
  const ids = request.objects.flatMap((object) => ('state' in object ? [object.state.id] : []));
  await using _claims = await states.claim(ids);
  const before = new Map<string, TrackedState>();
  for (const object of request.objects) {
    if (!('state' in object)) continue;
    const state = await states.load(object.state.id);
    checkContinue(state, object.state, picture);
    before.set(object.state.id, state);
  }

  const after: TrackedState[] = [];
  for (const object of request.objects) {
    deadline.check();
    if ('start' in object) after.push(await start(tools, object.start, picture));
    else after.push(await next(tools, before.get(object.state.id)!, object.state, picture));
  }

  const refs: StateRef[] = [];
  const shapes: TrackAnswer['shapes'][number][] = [];
  for (const [i, object] of request.objects.entries()) {
    try {
      const bare = 'start' in object && object.bare;
      const stored = await write(states, object, before, after[i]!);
      refs.push(stored.ref);
      shapes.push(bare && stored.state.shape ? stored.state.shape.points : stored.state.shape);
    } catch (error) {
      if (error instanceof CallError)
        throw new CallError(error.code, `Object ${i}: ${error.message}`, { cause: error });
      throw error;
    }
  }
  return { states: refs, shapes };
}

async function write(
  states: TrackedStates,
  object: TrackRequest['objects'][number],
  before: ReadonlyMap<string, TrackedState>,
  after: TrackedState,
): Promise<{ ref: StateRef; state: TrackedState }> {
  if ('start' in object) return { ref: { id: await states.create(after), v: 0 }, state: after };
  const { id } = object.state;
  const from = before.get(id)!;
  const state = from === after ? after : await states.step(id, from, after);
  return { ref: { id, v: state.version }, state };
}

async function start(
  { model, features }: TrackTools,
  shape: TrackableShape,
  picture: CallPicture,
): Promise<TrackedState> {
  const { width, height, sha256 } = picture;
  const rules = stepRules(model);
  const prompt = toModelPrompt(promptOf(shape, width, height), width, height, model.config);
  const image = await features(picture);
  const answer = await predictPrompt(model, image, emptyBank, 0, prompt, rules);
  const bank = await commitPrompt(model, image, emptyBank, answer, rules);
  return { version: 0, width, height, shapeType: shape.type, image: sha256, shape, bank };
}

async function next(
  { model, features }: TrackTools,
  state: TrackedState,
  ref: StateRef,
  picture: CallPicture,
): Promise<TrackedState> {
  // The call was made before, and its answer was lost.
  if (state.version === ref.v + 1) return state;
  const { width, height } = state;
  const version = state.version + 1;
  const { prediction, bank } = await step(
    model,
    state.bank,
    await features(picture),
    version,
    'forward',
    stepRules(model),
  );
  const { mask } = logitsToMask(prediction.low, model.config.lowSize, width, height);
  return { ...state, version, image: picture.sha256, shape: shapeOf(mask, state.shapeType as Sam2Shape), bank };
}

function checkStart(shape: TrackableShape, { width, height }: CallPicture): void {
  const { type } = shape;
  if (!(SAM2_SHAPES as readonly string[]).includes(type))
    throw new CallError(
      'bad-request',
      `This function does not support shapes of type '${type}'; it tracks ${SAM2_SHAPES.join(', ')}.`,
    );
  try {
    checkPrompt(promptOf(shape, width, height), width, height);
  } catch (error) {
    if (error instanceof BadRequestError || error instanceof TrackerError)
      throw new CallError('bad-request', error.message, { cause: error });
    throw error;
  }
}

function checkContinue(state: TrackedState, { v }: StateRef, { width, height, sha256 }: CallPicture): void {
  if (state.width !== width || state.height !== height)
    throw new CallError(
      'bad-request',
      `The image is ${width} × ${height}, and the object was outlined on ${state.width} × ${state.height}.`,
    );
  const isRepeated = state.version === v + 1 && state.image === sha256;
  if (state.version !== v && !isRepeated) throw movedOn(state.version);
}
