import type { Sam2Config } from '@roto/model';
import type { RecallRules } from '../bank/recall.ts';
import type { Retention } from '../bank/retention.ts';
import { TrackerError } from '../errors.ts';

/** All choices that change what is tracked or what is kept. docs/decisions/0005-tracking-semantics.md gives the reasons. */
export type TrackingRules = RecallRules & {
  /** Holes of at most this many low-resolution pixels are filled; 0 for none. 8 in the official predictor (on CUDA). */
  readonly fillHoleArea: number;
  /** Least presence with which a tracked frame is remembered, null for all; see `TrackingOptions`. */
  readonly memoryPresence: number | null;
  readonly retention: Retention;
};

export type TrackingOptions = {
  /** Default 8. */
  readonly fillHoleArea?: number;
  /**
   * A tracked frame whose presence, a logit, is below this is shown as ever and not remembered: what the frame before
   * it left is carried on in its place. Keeps a small model from taking up a stranger when its object has left, and
   * from forgetting the object while it is away. Default: what the model's config.json recommends, otherwise null:
   * every frame is remembered, as in the official predictor.
   */
  readonly memoryPresence?: number | null;
  /** Default null: all. With many prompted frames a limit keeps the cost of a frame constant. */
  readonly maxConditioningFrames?: number | null;
  /** Default: around prompts, a history of 1 frame, nothing forgotten. */
  readonly retention?: Partial<Retention>;
};

/** The options, and where they say nothing what the model recommends. */
export function recommended<T extends TrackingOptions>(config: Sam2Config, options: T): T {
  return {
    ...options,
    memoryPresence: options.memoryPresence === undefined ? config.memoryPresence : options.memoryPresence,
  };
}

/** The options with their defaults, checked. Throws 'bad-option'. */
export function trackingRules(frameCount: number | undefined, options: TrackingOptions = {}): TrackingRules {
  const rules: TrackingRules = {
    frameCount,
    fillHoleArea: options.fillHoleArea ?? 8,
    memoryPresence: options.memoryPresence ?? null,
    maxConditioningFrames: options.maxConditioningFrames ?? null,
    retention: { aroundPrompts: true, history: 1, forgetAroundPrompts: false, ...options.retention },
  };
  if (frameCount !== undefined && !(Number.isInteger(frameCount) && frameCount >= 1))
    throw new TrackerError('bad-option', `frameCount is ${frameCount}; a clip has at least 1 frame.`);
  if (!(Number.isInteger(rules.fillHoleArea) && rules.fillHoleArea >= 0))
    throw new TrackerError('bad-option', `fillHoleArea is ${rules.fillHoleArea}; it counts pixels, 0 for none.`);
  if (rules.memoryPresence !== null && !Number.isFinite(rules.memoryPresence))
    throw new TrackerError(
      'bad-option',
      `memoryPresence is ${rules.memoryPresence}; it is a number, or null for none.`,
    );
  const limit = rules.maxConditioningFrames;
  if (limit !== null && !(Number.isInteger(limit) && limit >= 2))
    throw new TrackerError('bad-option', `maxConditioningFrames is ${limit}; it must be null or at least 2.`);
  const { history } = rules.retention;
  if (!(history === Infinity || (Number.isInteger(history) && history >= 0)))
    throw new TrackerError('bad-option', `retention.history is ${history}; it counts frames, or is Infinity.`);
  return rules;
}
