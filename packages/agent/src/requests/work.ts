import type { NodeClient } from '@roto/client/node';
import type { FunctionSpec, Inference, Log, StateStore } from '@roto/functions';
import type { Originals } from '../media/originals.ts';
import type { Pictures } from '../media/pictures.ts';

/** What the work on a request is done with. */
export type Work = {
  readonly client: NodeClient;
  readonly inference: Inference;
  readonly spec: FunctionSpec;
  /** Names function and weights; states of another one are not touched. */
  readonly fingerprint: string;
  readonly store: StateStore;
  readonly pictures: Pictures;
  readonly originals: Originals;
  readonly log: Log;
};

/** Parameters of a request, as they came. */
export type Params = { readonly type: string; readonly [key: string]: unknown };

export type Doing = {
  readonly signal: AbortSignal;
  /** 0…1. */
  progress(done: number): void;
};
