import type { FrameResult } from '@roto/annotations/results';
import type { SourceInfo } from '@roto/media';
import type { Architecture } from '@roto/model';
import type { ModelChoice } from '../model.ts';
import type { PassPlan } from './pass.ts';

export type TrackStart = {
  readonly source: SourceInfo;
  readonly pass: PassPlan;
  readonly model: Architecture;
  readonly choice: ModelChoice;
  readonly objects: readonly { readonly id: number; readonly label: string }[];
  /** Frames that an earlier run has done, and all frames of the pass. */
  readonly done: number;
  readonly total: number;
  /** Of the frames done, those that are computed again because no stored state is as new as they are. */
  readonly recompute: number;
};

/** What a run tells while it goes on; the terminal and the JSON lines each listen in their own way. */
export type TrackEvents = {
  start(facts: TrackStart): void;
  frame(frame: FrameResult, done: number, total: number): void;
  /** A frame that was done already: `done` of the `total` that are computed again. */
  recomputed(frame: FrameResult, done: number, total: number): void;
  /** A file is being made of the results: `done` of `total` frames. */
  writing(file: string, done: number, total: number): void;
  warn(message: string): void;
  /** Nothing more will be told; a bar on the terminal ends here. */
  stop(): void;
};
