export { bankFromBytes, bankToBytes } from './bank/bank-bytes.ts';
export {
  bankByteLength,
  type ConditioningRecord,
  emptyBank,
  type MemoryBank,
  type TrackedRecord,
  withoutConditioning,
} from './bank/memory-bank.ts';
export { planRecall, type RecallPlan, type RecallRules, recall } from './bank/recall.ts';
export type { Retention } from './bank/retention.ts';
export type { Direction, VisitedRun } from './bank/visited.ts';
export { TrackerError, type TrackerErrorCode } from './errors.ts';
export { fillHoles } from './logits/fill-holes.ts';
export { logitsToMask } from './logits/logits-to-mask.ts';
export type { FrameFilter } from './preprocess/pillow-taps.ts';
export { createPreprocessor, type Picture, type Preprocessor } from './preprocess/preprocess.ts';
export { commitPrompt, type PromptedFrame, predictPrompt } from './prompt/predict.ts';
export { type Click, checkPrompt, type ModelPrompt, type Prompt, toModelPrompt } from './prompt/prompt.ts';
export { type SmallPrompt, smallPromptText } from './prompt/small-prompt.ts';
export type { TrackableSource } from './session/frame-features.ts';
export type { FrameResult, ObjectId, ObjectResult } from './session/result.ts';
export {
  createSession,
  type Pass,
  type RunOptions,
  restoreSession,
  type SessionOptions,
  TrackingSession,
} from './session/session.ts';
export type { ObjectState, SessionState } from './session/state.ts';
export { recommended, type TrackingOptions, type TrackingRules, trackingRules } from './track/rules.ts';
export { type Prediction, revisit, type Step, step } from './track/step.ts';
