/** Tracking runs (ours): a row of the server that follows objects to a target frame, whoever is connected. */
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { BriefUser } from './people.ts';
import { AnyObject, BigId, Count, Frame, Id, Instant, nullable, Uri } from './scalars.ts';

export const RUN_STATES = ['queued', 'running', 'finished', 'cancelled', 'failed'] as const;
export const RunState = Type.Enum(RUN_STATES);
export type RunState = Static<typeof RunState>;

export const RunObject = Type.Object(
  {
    id: Type.Integer({ minimum: 0, description: 'Names the object within the run.' }),
    object: nullable(Type.Integer({ description: 'The annotation object; null once it is deleted.' })),
    type: Type.String(),
    last_frame: Type.Integer({ minimum: 0, description: 'Last frame that is saved of it, seen from the start.' }),
    barrier_frame: nullable(Type.Integer({ minimum: 0, description: 'First frame that must not be overwritten.' })),
    end: nullable(
      Type.String({ description: 'barrier: a frame of a person comes next. gone: deleted. lost: see `message`.' }),
    ),
  },
  { title: 'RunObject', description: 'An object that a run follows.' },
);
export type RunObject = Static<typeof RunObject>;

const progress = {
  id: Type.String(),
  state: RunState,
  message: Type.String({ description: 'Why it is in this state, for people.' }),
  start_frame: Frame,
  target_frame: Frame,
  done_frame: Type.Integer({
    minimum: 0,
    description: 'Last frame, seen from the start, that is saved for all objects.',
  }),
  frames_done: Count,
  frames_total: Count,
  frames_per_second: nullable(Type.Number()),
  mode: nullable(Type.Enum(['ranges', 'frames'])),
  objects: Type.Array(RunObject),
  updated_date: Instant,
  ended_date: nullable(Instant),
};
export const RunProgress = Type.Object(progress, {
  title: 'RunProgress',
  description: 'What changes while a run is in progress; data of the event `progress`.',
});
export type RunProgress = Static<typeof RunProgress>;

export const RunOptions = Type.Object(
  { convert_polygons_to_tracks: Type.Optional(Type.Boolean()) },
  { title: 'RunOptions', description: 'How a run treats what it follows.' },
);
export type RunOptions = Static<typeof RunOptions>;

export const Run = Type.Object(
  {
    ...progress,
    url: Uri,
    owner: nullable(BriefUser),
    task: Id,
    job: Id,
    function: nullable(Id),
    options: RunOptions,
    created_date: Instant,
    started_date: nullable(Instant),
  },
  { title: 'Run', description: 'Objects followed from a start to a target frame, whoever is connected.' },
);
export type Run = Static<typeof Run>;

const place = {
  task: Type.Optional(Type.Integer({ minimum: 1, maximum: 999_999_999 })),
  job: Type.Optional(Type.Integer({ minimum: 1, maximum: 999_999_999 })),
};
const FunctionId = Type.Integer({ minimum: 1, maximum: 999_999_999 });

/** `job` or `task`; of a task, the job that has the start frame. A target below the start: backward. */
export const NewRun = Type.Object(
  {
    function: FunctionId,
    ...place,
    start_frame: Frame,
    target_frame: Frame,
    objects: Type.Optional(
      Type.Array(
        Type.Union([
          Type.Object({ id: BigId }, { additionalProperties: false }),
          Type.Object({ shape: AnyObject }, { additionalProperties: false }),
        ]),
        {
          minItems: 1,
          maxItems: 1_000,
          description:
            'Annotation objects, or shapes drawn on the start frame as they would be created by themselves; without the ' +
            'list, all that can be tracked and are visible on the start frame.',
        },
      ),
    ),
    options: Type.Optional(
      Type.Object({ convert_polygons_to_tracks: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
    ),
  },
  { title: 'NewRun', description: 'Which objects to follow, from which frame to which, with which function.' },
);
export type NewRun = Static<typeof NewRun>;

export const RunContinuation = Type.Object(
  { target_frame: Frame },
  { title: 'RunContinuation', description: 'The new target of a run.' },
);
export type RunContinuation = Static<typeof RunContinuation>;

export const EstimateQuery = Type.Object(
  {
    function: FunctionId,
    ...place,
    start_frame: Frame,
    target_frame: Frame,
    objects: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: 'How many are followed.' })),
  },
  { title: 'EstimateQuery', description: 'A run whose time is to be estimated.' },
);
export type EstimateQuery = Static<typeof EstimateQuery>;
export const Estimate = Type.Object(
  {
    frames: Count,
    frames_per_second: nullable(Type.Number({ description: 'Null: nobody has tracked with this function yet.' })),
    seconds: nullable(Type.Number()),
    runs: Type.Integer({ minimum: 0, description: 'Runs that the estimate is made from.' }),
  },
  { title: 'Estimate', description: 'How long a run would take, by the last runs of its function.' },
);
export type Estimate = Static<typeof Estimate>;

export const RunFrame = Type.Object(
  {
    frame: Frame,
    objects: Type.Array(
      Type.Object({
        id: Count,
        object: nullable(Type.Integer()),
        found: Type.Boolean(),
        presence: nullable(Type.Number({ description: 'Object score logit.' })),
        predicted_iou: nullable(Type.Number({ description: "The model's own estimate of the mask's IoU, 0…1." })),
      }),
    ),
  },
  {
    title: 'RunFrame',
    description: 'What the model said of each object on one saved frame; data of the event `frame`.',
  },
);
export type RunFrame = Static<typeof RunFrame>;
export const RunFrames = Type.Object(
  { results: Type.Array(RunFrame) },
  { title: 'RunFrames', description: 'Saved frames of a run, in the order in which they were tracked.' },
);
export type RunFrames = Static<typeof RunFrames>;
