import type { Rle } from '@roto/geometry';
import type { MemoryBank } from '../bank/memory-bank.ts';
import type { FrameFilter } from '../preprocess/pillow-taps.ts';
import type { PromptedFrame } from '../prompt/predict.ts';
import type { TrackingRules } from '../track/rules.ts';
import type { ObjectId } from './result.ts';

/** What has been said and remembered of one object. */
export type ObjectState = {
  readonly id: ObjectId;
  readonly bank: MemoryBank;
  /** Prompts since the last pass, by frame, in the order in which they were first given. */
  readonly pending: ReadonlyMap<number, PromptedFrame>;
  /** By prompted frame, outlines that are too small for the model: what is shown there is what the person drew. */
  readonly outlined: ReadonlyMap<number, Rle>;
};

/** All that a session knows; the rest of it can be made again from the model and the video. */
export type SessionState = {
  readonly rules: TrackingRules;
  readonly frameFilter: FrameFilter;
  /** In the order in which they were first prompted. */
  readonly objects: readonly ObjectState[];
};
