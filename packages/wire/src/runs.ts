/** Tracking runs (ours): a row of the server that follows objects to a target frame, whoever is connected. */
import type { Static } from 'typebox';
import * as Type from 'typebox';

const frame = Type.Integer({ minimum: 0 });

export const RunProgress = Type.Object({
  id: Type.String(),
  state: Type.Union(
    (['queued', 'running', 'finished', 'cancelled', 'failed'] as const).map((state) => Type.Literal(state)),
  ),
  message: Type.String(),
  start_frame: frame,
  target_frame: frame,
  /** Last frame, seen from the start, that is saved for all objects. */
  done_frame: frame,
  frames_done: frame,
  frames_total: frame,
  frames_per_second: Type.Union([Type.Number(), Type.Null()]),
  objects: Type.Array(
    Type.Object({
      id: Type.Integer(),
      object: Type.Union([Type.Integer(), Type.Null()]),
      type: Type.String(),
      last_frame: frame,
      barrier_frame: Type.Union([frame, Type.Null()]),
      end: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});
export type RunProgress = Static<typeof RunProgress>;

export const Run = Type.Object({
  ...RunProgress.properties,
  task: Type.Integer(),
  job: Type.Integer(),
  function: Type.Union([Type.Integer(), Type.Null()]),
});
export type Run = Static<typeof Run>;

/** What the model said on one saved frame. */
export const RunFrame = Type.Object({
  frame,
  objects: Type.Array(
    Type.Object({
      id: Type.Integer(),
      object: Type.Union([Type.Integer(), Type.Null()]),
      found: Type.Boolean(),
      presence: Type.Union([Type.Number(), Type.Null()]),
      predicted_iou: Type.Union([Type.Number(), Type.Null()]),
    }),
  ),
});
export type RunFrame = Static<typeof RunFrame>;
