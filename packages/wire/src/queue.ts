/**
 * Function queues as agents see them: CVAT's contract (sections 4.2 to 4.5 of its description) and what Roto adds to it.
 * An agent of ours says at `acquire` what it can do more; a stock agent says nothing and gets CVAT's requests alone.
 */
import type { Static } from 'typebox';
import * as Type from 'typebox';

export const REQUEST_ID = '^[a-z0-9-]{1,64}$';
export const AGENT_ID = '^\\w{1,64}$';

export const RequestCategory = Type.Union([Type.Literal('interactive'), Type.Literal('batch')]);
export type RequestCategory = Static<typeof RequestCategory>;

/** What an agent can do beyond CVAT's contract. */
export const Capabilities = Type.Object(
  {
    /** Version of whole-range tracking that it speaks: takes `track_range` requests and streams frames back. */
    ranges: Type.Optional(Type.Literal(1)),
    /** Its tracking states lie where every agent of the function finds them: `track` requests need not come back to it. */
    shared_states: Type.Optional(Type.Boolean()),
    /** For people who look at the list of agents: the server does not go by it. */
    about: Type.Optional(
      Type.Object({
        /** Name and version of the agent's program, such as `roto/0.1.0`. */
        software: Type.String({ maxLength: 100 }),
        model: Type.Optional(Type.String({ maxLength: 300 })),
        device: Type.Optional(Type.String({ maxLength: 100 })),
      }),
    ),
  },
  { title: 'Capabilities', description: 'What an agent can do beyond the contract of CVAT.' },
);
export type Capabilities = Static<typeof Capabilities>;

export const AcquireBody = Type.Object(
  {
    agent_id: Type.String({ pattern: AGENT_ID }),
    request_category: RequestCategory,
    capabilities: Type.Optional(Capabilities),
    /**
     * Requests of this category that the agent works on. Any other that the server has given to it got lost on the way
     * (the answer never arrived) and is given again. Without the list, an agent with capabilities gets nothing again, and a
     * stock agent, which asks for a category only when it has none of it, everything.
     */
    holding: Type.Optional(Type.Array(Type.String({ pattern: REQUEST_ID }), { maxItems: 64 })),
  },
  { title: 'AcquireBody', description: 'Who asks for a request, and of which category.' },
);
export type AcquireBody = Static<typeof AcquireBody>;

export const ShapeType = Type.Union([Type.Literal('rectangle'), Type.Literal('polygon'), Type.Literal('mask')]);
/** Shapes that our tracker takes and gives; `points` as on CVAT's wire. */
export const TrackableShape = Type.Object(
  { type: ShapeType, points: Type.Array(Type.Number()) },
  { title: 'TrackableShape', description: 'A shape that a tracker takes and gives.' },
);
export type TrackableShape = Static<typeof TrackableShape>;

/** A run as one request: follow the objects from `start_frame` to `target_frame` (below it: backward). Frames are task frames. */
export const TrackRangeParams = Type.Object(
  {
    type: Type.Literal('track_range'),
    task: Type.Integer(),
    job: Type.Integer(),
    run: Type.String({ format: 'uuid' }),
    start_frame: Type.Integer({ minimum: 0 }),
    target_frame: Type.Integer({ minimum: 0 }),
    /** Last frame, seen from the start, that is saved for all objects; `start_frame` when none is. */
    done_frame: Type.Integer({ minimum: 0 }),
    /** Frames that are left out, because the task deleted them. */
    deleted_frames: Type.Array(Type.Integer({ minimum: 0 })),
    objects: Type.Array(
      Type.Object({
        /** Names the object in results and in tracking states. */
        id: Type.Integer({ minimum: 0 }),
        /** Type of the results. */
        type: ShapeType,
        /** What a person said of the object; the first is on `start_frame`, others may lie anywhere, also past the target. */
        prompts: Type.Array(Type.Object({ frame: Type.Integer({ minimum: 0 }), ...TrackableShape.properties }), {
          minItems: 1,
        }),
        /** Last frame, seen from the start, that may be written; null: the target. */
        last_frame: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
      }),
      { minItems: 1 },
    ),
  },
  { title: 'TrackRangeParams', description: 'A run as one request: objects, and the frames to follow them over.' },
);
export type TrackRangeParams = Static<typeof TrackRangeParams>;

/** What a request asks for; members beside these belong to its type. */
export type RequestParams = {
  readonly type: string;
  readonly task: number;
  readonly job?: number;
  readonly threshold?: number | null;
  readonly [member: string]: unknown;
};

/** `ar_assignment`; `fence` is ours. Every write under this lease carries it, and a lease given later has a higher one. */
export const Assignment = Type.Object(
  {
    function_id: Type.Integer(),
    ar_id: Type.String(),
    ar_params: Type.Unsafe<{ readonly type: string; readonly [key: string]: unknown }>(
      Type.Object({ type: Type.String() }, { additionalProperties: true }),
    ),
    fence: Type.Integer({ minimum: 0 }),
    lease_ms: Type.Number({ description: 'Milliseconds of silence after which the lease ends.' }),
  },
  { title: 'Assignment', description: 'A request that an agent holds, under a lease.' },
);
export type Assignment = Static<typeof Assignment>;
export const AcquireAnswer = Type.Object(
  { ar_assignment: Type.Union([Assignment, Type.Null()]) },
  { title: 'AcquireAnswer', description: 'The next request of a queue; null: there is none.' },
);
export type AcquireAnswer = Static<typeof AcquireAnswer>;

/** What an agent is given, as far as every server gives it. */
export type AnyAssignment = Pick<Assignment, 'ar_id' | 'ar_params'> & Partial<Assignment>;
export const AnyAcquireAnswer = Type.Unsafe<{ ar_assignment: AnyAssignment | null }>(
  Type.Object({
    ar_assignment: Type.Union([
      Type.Object({
        ar_id: Type.String({ pattern: REQUEST_ID }),
        ar_params: Type.Object({ type: Type.String() }),
        fence: Type.Optional(Type.Integer({ minimum: 0 })),
        lease_ms: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
      }),
      Type.Null(),
    ]),
  }),
);

/** Without a fence (stock agents) the agent's id stands for it: ids are new with every start. */
const holder = {
  agent_id: Type.String({ pattern: AGENT_ID }),
  fence: Type.Optional(Type.Integer({ minimum: 0 })),
};
export const UpdateBody = Type.Object(
  { ...holder, progress: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })) },
  { title: 'UpdateBody', description: 'A heartbeat of the holder of a request.' },
);
export const FailBody = Type.Object(
  {
    ...holder,
    exc_info: Type.String({ maxLength: 4096 }),
    /** True: no other agent would fare better (bad input); the request is not tried again. */
    permanent: Type.Optional(Type.Boolean()),
  },
  { title: 'FailBody', description: 'Why the holder of a request gives it up.' },
);

/** One object on one frame. `shape` null: not found there. */
export const TrackedObject = Type.Object(
  {
    id: Type.Integer({ minimum: 0 }),
    shape: Type.Union([TrackableShape, Type.Null()]),
    /** Object score logit. */
    presence: Type.Number(),
    /** The model's own estimate of the mask's IoU, 0…1. */
    predicted_iou: Type.Number(),
  },
  { title: 'TrackedObject', description: 'One object on one frame; `shape` null: not found there.' },
);
export type TrackedObject = Static<typeof TrackedObject>;

/** `POST …/requests/{rid}/frames`: results of a `track_range`, in the order of the pass, from any frame at or before the next. */
export const FramesBody = Type.Object(
  {
    agent_id: holder.agent_id,
    fence: Type.Integer({ minimum: 0 }),
    frames: Type.Array(
      Type.Object({ frame: Type.Integer({ minimum: 0 }), objects: Type.Array(TrackedObject, { minItems: 1 }) }),
      { minItems: 1, maxItems: 256 },
    ),
  },
  { title: 'FramesBody', description: 'Results of a run, in the order of its frames.' },
);
export type FramesBody = Static<typeof FramesBody>;

/** What the agent should do next. Answered also to `update` of a `track_range` when the agent asks by its fence. */
export const FramesAnswer = Type.Object(
  {
    /** Last frame, seen from the start, that is saved for all objects. */
    done_frame: Type.Integer(),
    /** As it is now: 'continue' may move it nearer or farther. */
    target_frame: Type.Integer(),
    /** Objects that need no more frames: at a frame of a person, deleted. */
    ended: Type.Array(Type.Integer()),
    /** True: the run was cancelled or has what it needs; stop, and answer `complete`. */
    stop: Type.Boolean(),
  },
  { title: 'FramesAnswer', description: 'What the agent should do next.' },
);
export type FramesAnswer = Static<typeof FramesAnswer>;
