export { AgentError, BadFunctionError, BadRequestError, WorkerCrashedError } from './errors.ts';
export type { FunctionChoice, ModelEnvironment } from './functions/choice.ts';
export type * from './functions/interface.ts';
export {
  openSam2Function,
  promptOf,
  SAM2_SHAPES,
  type Sam2Parameters,
  type Sam2Shape,
  sam2Parameters,
  shapeOf,
} from './functions/sam2.ts';
export { checkCompatible, remoteFields } from './functions/spec.ts';
export { Inference, type RangeHandle } from './inference/host.ts';
export type { RangeJob, RangeMedia } from './inference/messages.ts';
export type { Log } from './log.ts';
export { BadStateError, sealState, stateReader, TrackingStateHeader } from './states/envelope.ts';
export { openStateStore } from './states/open.ts';
export { runSnapshots, type Snapshots } from './states/snapshots.ts';
export { type StateStore, StoreError } from './states/store.ts';
