import { decodeRle, encodeRle, rleArea } from '@roto/geometry';
import type { ImageFeatures, Sam2Model } from '@roto/model';
import { conditioningAt, emptyBank, withoutConditioning } from '../bank/memory-bank.ts';
import type { Direction } from '../bank/visited.ts';
import { TrackerError } from '../errors.ts';
import { logitsToMask } from '../logits/logits-to-mask.ts';
import type { FrameFilter } from '../preprocess/pillow-taps.ts';
import { commitPrompt, predictPrompt } from '../prompt/predict.ts';
import { outlineOf, type Prompt, toModelPrompt } from '../prompt/prompt.ts';
import { smallPrompt } from '../prompt/small-prompt.ts';
import { recommended, type TrackingOptions, trackingRules } from '../track/rules.ts';
import { type Prediction, revisit, step } from '../track/step.ts';
import { createFrameFeatures, type FrameFeatures, type TrackableSource } from './frame-features.ts';
import type { FrameResult, ObjectId, ObjectResult } from './result.ts';
import { stateFromBytes, stateToBytes } from './snapshot.ts';
import { frameOrder, type PassRange, passRange } from './span.ts';
import type { ObjectState, SessionState } from './state.ts';

/** Choices that change no result. */
export type RunOptions = {
  /** Bytes of image features kept for frames that are prompted or tracked again. Default 256 MiB. */
  readonly cacheBytes?: number;
  /** Read and encode the next frame while this one's objects are tracked. Default true. */
  readonly prefetch?: boolean;
};

export type SessionOptions = TrackingOptions &
  RunOptions & {
    /** How frames are resized for the model. Default 'bilinear'. */
    readonly frameFilter?: FrameFilter;
  };

export type Pass = {
  /** First frame. Default: the earliest prompted frame, or going backward the latest. */
  readonly from?: number;
  /** Last frame, inclusive. Default: the end of the video, or going backward its beginning. */
  readonly to?: number;
  /** Default: what `from` and `to` say, otherwise forward. */
  readonly direction?: Direction;
  /** Default: all objects that have a prompt. */
  readonly objects?: readonly ObjectId[];
  /** Stops the pass with the signal's reason. Frames that were yielded stay done. */
  readonly signal?: AbortSignal;
};

/** A session without objects. Throws 'bad-option'. */
export function createSession(
  model: Sam2Model,
  source: TrackableSource,
  options: SessionOptions = {},
): TrackingSession {
  const rules = trackingRules(source.info.frameCount, recommended(model.config, options));
  const state: SessionState = { rules, frameFilter: options.frameFilter ?? 'bilinear', objects: [] };
  return new TrackingSession(model, source, state, options);
}

/**
 * Goes on from a snapshot, over the same video and model, with identical results. The rules are the snapshot's.
 * Throws 'bad-bytes' when the bytes are damaged, or of another model or another video.
 */
export function restoreSession(
  model: Sam2Model,
  source: TrackableSource,
  snapshot: Uint8Array,
  options: RunOptions = {},
): TrackingSession {
  return new TrackingSession(model, source, stateFromBytes(snapshot, model, source.info), options);
}

/**
 * Objects of one video, followed through it. A thin shell around pure values: `step`, `predictPrompt` and the banks
 * do the work and can be used without it.
 */
export class TrackingSession implements AsyncDisposable {
  readonly #model: Sam2Model;
  readonly #source: TrackableSource;
  readonly #features: FrameFeatures;
  readonly #prefetch: boolean;
  readonly #rules: SessionState['rules'];
  readonly #frameFilter: FrameFilter;
  readonly #objects = new Map<ObjectId, ObjectState>();
  #passOpen = false;

  /** Use `createSession` or `restoreSession`. */
  constructor(model: Sam2Model, source: TrackableSource, state: SessionState, options: RunOptions) {
    this.#model = model;
    this.#source = source;
    this.#features = createFrameFeatures(model, source, state.frameFilter, options.cacheBytes ?? 256 * 2 ** 20);
    this.#prefetch = options.prefetch ?? true;
    this.#rules = state.rules;
    this.#frameFilter = state.frameFilter;
    for (const object of state.objects) this.#objects.set(object.id, object);
  }

  /** A value; it does not change when the session goes on. */
  get state(): SessionState {
    return { rules: this.#rules, frameFilter: this.#frameFilter, objects: [...this.#objects.values()] };
  }

  /** All that the session knows, for `restoreSession`. May be taken between any two frames of a pass. */
  snapshot(): Uint8Array {
    return stateToBytes(this.state, this.#model, this.#source.info);
  }

  /** Frames on which the object is prompted, ascending. Empty for an unknown object. */
  promptedFrames(id: ObjectId): readonly number[] {
    const object = this.#objects.get(id);
    if (!object) return [];
    const committed = object.bank.conditioning.map((record) => record.frame);
    return [...new Set([...committed, ...object.pending.keys()])].sort((a, b) => a - b);
  }

  /**
   * Says what an object is on a frame, and answers with the mask there. A new id makes a new object, also when a pass
   * has been made already. The prompt counts from the next pass on. Throws 'bad-prompt', 'bad-frame', the signal's
   * reason, and what reading or the model throw.
   */
  async addPrompt(id: ObjectId, frame: number, prompt: Prompt, signal?: AbortSignal): Promise<ObjectResult> {
    const { width, height, frameCount, name } = this.#source.info;
    if (!(Number.isInteger(frame) && frame >= 0 && frame < frameCount))
      throw new TrackerError('bad-frame', `${name} has frames 0 to ${frameCount - 1}; there is no frame ${frame}.`);
    const modelPrompt = toModelPrompt(prompt, width, height, this.#model.config);
    const image = await this.#features.get(frame, signal);
    const { bank, pending } = this.#objects.get(id) ?? newObject(id);
    const answer = await predictPrompt(this.#model, image, bank, frame, modelPrompt, this.#rules, pending.get(frame));
    signal?.throwIfAborted();
    const object = this.#objects.get(id) ?? newObject(id);
    const outline = outlineOf(prompt, width, height);
    const small = outline && smallPrompt(outline, answer.low, this.#model.config);
    const outlined = new Map(object.outlined);
    outlined.delete(frame);
    if (small) outlined.set(frame, encodeRle(outline));
    this.#objects.set(id, { ...object, outlined, pending: new Map(object.pending).set(frame, answer) });
    return { ...this.#render(id, { ...answer, prompted: true }), ...(small && { small }) };
  }

  /**
   * Takes back what was said about an object on a frame; false when nothing was. What other frames remember of it
   * stays until they are tracked again. Throws 'pass-open' and 'unknown-object'.
   */
  removePrompt(id: ObjectId, frame: number): boolean {
    this.#checkNoPass('remove a prompt');
    const object = this.#object(id);
    const pending = new Map(object.pending);
    const dropped = pending.delete(frame);
    const bank = withoutConditioning(object.bank, frame);
    const outlined = new Map(object.outlined);
    outlined.delete(frame);
    this.#objects.set(id, { ...object, bank, pending, outlined });
    return dropped || bank !== object.bank;
  }

  /** Forgets an object. Throws 'pass-open' and 'unknown-object'. */
  removeObject(id: ObjectId): void {
    this.#checkNoPass('remove an object');
    this.#object(id);
    this.#objects.delete(id);
  }

  /**
   * Follows the objects frame by frame, the first and the last frame included. On a prompted frame the prompt's own
   * mask is yielded. All objects of a frame become done together, before it is yielded, so a session that is stopped
   * or stored between two frames is whole. Throws 'no-prompt', 'bad-frame', 'unknown-object', 'pass-open', the
   * signal's reason, and what reading or the model throw.
   */
  async *propagate(pass: Pass = {}): AsyncGenerator<FrameResult, void, undefined> {
    this.#checkNoPass('start another pass');
    this.#passOpen = true;
    try {
      const { signal } = pass;
      signal?.throwIfAborted();
      const ids = this.#trackable(pass.objects);
      const range = passRange(pass, this.#source.info.frameCount, () => ids.flatMap((id) => this.promptedFrames(id)));
      for (const id of ids) await this.#commit(id, signal);
      for (const frame of frameOrder(range)) yield await this.#track(ids, frame, range, signal);
    } finally {
      this.#passOpen = false;
    }
  }

  /** Waits for encodings that still run after an abort, and lets go of cached features. The model stays open. */
  async close(): Promise<void> {
    await this.#features.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #track(
    ids: readonly ObjectId[],
    frame: number,
    { to, direction }: PassRange,
    signal: AbortSignal | undefined,
  ): Promise<FrameResult> {
    signal?.throwIfAborted();
    const image = this.#needsModel(ids, frame) ? await this.#features.get(frame, signal) : undefined;
    const next = direction === 'forward' ? frame + 1 : frame - 1;
    if (this.#prefetch && frame !== to && this.#needsModel(ids, next)) this.#features.prefetch(next);

    const done: ObjectState[] = [];
    const results: ObjectResult[] = [];
    for (const id of ids) {
      const { prediction, bank } = await this.#stepObject(this.#object(id), image, frame, direction);
      signal?.throwIfAborted();
      done.push({ ...this.#object(id), bank });
      results.push(this.#render(id, prediction));
    }
    // A prompt may have been added while the model ran; only the bank is this pass's to change.
    for (const { id, bank } of done) this.#objects.set(id, { ...this.#object(id), bank });
    return { frame, timeSec: this.#source.frames[frame]!.timeSec, objects: results };
  }

  async #stepObject({ bank }: ObjectState, image: ImageFeatures | undefined, frame: number, direction: Direction) {
    const shown = revisit(this.#model, bank, frame, direction, this.#rules);
    // `image` is there whenever one object of the pass is not prompted on this frame.
    return shown ?? step(this.#model, bank, image!, frame, direction, this.#rules);
  }

  /** Remembers the prompts since the last pass, in the order in which they were given. */
  async #commit(id: ObjectId, signal: AbortSignal | undefined): Promise<void> {
    for (const [frame, answer] of this.#object(id).pending) {
      const image = await this.#features.get(frame, signal);
      const bank = await commitPrompt(this.#model, image, this.#object(id).bank, answer, this.#rules);
      const object = this.#object(id);
      const pending = new Map(object.pending);
      // Another prompt may have come for this frame meanwhile; it waits for the next pass.
      if (pending.get(frame) === answer) pending.delete(frame);
      this.#objects.set(id, { ...object, bank, pending });
    }
  }

  #needsModel(ids: readonly ObjectId[], frame: number): boolean {
    return ids.some((id) => !conditioningAt(this.#object(id).bank, frame));
  }

  #render(id: ObjectId, prediction: Prediction): ObjectResult {
    const { width, height } = this.#source.info;
    const { low, presence, iou, prompted, frame } = prediction;
    const outline = prompted ? this.#objects.get(id)?.outlined.get(frame) : undefined;
    if (outline) return { id, mask: decodeRle(outline), area: rleArea(outline), low, presence, iou, prompted };
    const { mask, area } = logitsToMask(low, this.#model.config.lowSize, width, height);
    return { id, mask, area, low, presence, iou, prompted };
  }

  #trackable(wanted: readonly ObjectId[] | undefined): readonly ObjectId[] {
    const ids = [...new Set(wanted ?? this.#objects.keys())].filter((id) => {
      const { bank, pending } = this.#object(id);
      return bank.conditioning.length > 0 || pending.size > 0;
    });
    if (ids.length > 0) return ids;
    throw new TrackerError('no-prompt', 'No object has a prompt; say on one frame what to track with addPrompt.');
  }

  #object(id: ObjectId): ObjectState {
    const object = this.#objects.get(id);
    if (object) return object;
    const known = [...this.#objects.keys()].join(', ') || 'none';
    throw new TrackerError('unknown-object', `There is no object "${id}" in this session; there are: ${known}.`);
  }

  #checkNoPass(what: string): void {
    if (this.#passOpen)
      throw new TrackerError('pass-open', `Cannot ${what} while a pass is open; let it end, or leave its loop, first.`);
  }
}

function newObject(id: ObjectId): ObjectState {
  return { id, bank: emptyBank, pending: new Map(), outlined: new Map() };
}
