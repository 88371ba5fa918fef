/**
 * What clients of ours read of CVAT's resources (sections 1, 2 and 4.1 of its description): the keys that they use, and
 * no more, so that servers of other versions are understood too.
 */
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ImportReport } from './imports.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const count = Type.Integer({ minimum: 0 });

export const About = Type.Object({ name: Type.String(), version: Type.String() });
export type About = Static<typeof About>;

export const Page = Type.Object({
  count: Type.Optional(count),
  next: nullable(Type.String()),
  results: Type.Array(Type.Unknown()),
});

export const Task = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  /** Frames; absent until there is data. */
  size: Type.Optional(nullable(count)),
  mode: Type.Optional(nullable(Type.String())),
  status: Type.Optional(nullable(Type.String())),
  data_chunk_size: Type.Optional(nullable(count)),
  data_original_chunk_type: Type.Optional(nullable(Type.String())),
  updated_date: Type.Optional(nullable(Type.String())),
});
export type Task = Static<typeof Task>;

export const Job = Type.Object({
  id: Type.Integer(),
  task_id: Type.Integer(),
  start_frame: count,
  stop_frame: count,
  type: Type.Optional(Type.String()),
});
export type Job = Static<typeof Job>;

export const Attribute = Type.Object({
  id: Type.Optional(Type.Integer()),
  name: Type.String(),
  input_type: Type.String(),
  values: Type.Array(Type.String()),
});

export const Sublabel = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  type: Type.Optional(Type.String()),
  attributes: Type.Optional(Type.Array(Attribute)),
});

export const TaskLabel = Type.Object({
  ...Sublabel.properties,
  sublabels: Type.Optional(Type.Array(Sublabel)),
});
export type TaskLabel = Static<typeof TaskLabel>;

/** Ours, in `data/meta`: what the original file is, for agents that read it instead of frames. */
export const OriginalMedia = Type.Object({
  kind: Type.Union([Type.Literal('video'), Type.Literal('images')]),
  bytes: Type.Optional(nullable(count)),
  sha256: Type.Optional(nullable(Type.String({ pattern: '^[0-9a-f]{64}$' }))),
  start_frame: count,
  step: Type.Integer({ minimum: 1 }),
});
export type OriginalMedia = Static<typeof OriginalMedia>;

export const FrameMeta = Type.Object({
  width: Type.Optional(Type.Integer({ minimum: 1 })),
  height: Type.Optional(Type.Integer({ minimum: 1 })),
  name: Type.String(),
});

export const DataMeta = Type.Object({
  size: Type.Optional(count),
  start_frame: Type.Optional(count),
  stop_frame: Type.Optional(count),
  frame_filter: Type.Optional(Type.String()),
  frames: nullable(Type.Array(FrameMeta)),
  deleted_frames: Type.Optional(nullable(Type.Array(count))),
  included_frames: Type.Optional(nullable(Type.Array(count))),
  roto: Type.Optional(Type.Object({ original: Type.Optional(OriginalMedia) })),
});
export type DataMeta = Static<typeof DataMeta>;

export const BackgroundRequest = Type.Object({
  id: Type.String(),
  status: Type.Union((['queued', 'started', 'failed', 'finished'] as const).map((status) => Type.Literal(status))),
  message: Type.Optional(nullable(Type.String())),
  progress: Type.Optional(nullable(Type.Number())),
  result_url: Type.Optional(nullable(Type.String())),
  /** Ours: what an import of annotations found. */
  roto: Type.Optional(Type.Object({ import: Type.Optional(ImportReport) })),
});
export type BackgroundRequest = Static<typeof BackgroundRequest>;

export const RqId = Type.Object({ rq_id: Type.String({ minLength: 1 }) });

/** A function as the server keeps it; which of the fields are there depends on its kind. */
export const RemoteFunction = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  provider: Type.String(),
  kind: Type.String(),
  supported_shape_types: Type.Optional(Type.Array(Type.String())),
  labels_v2: Type.Optional(Type.Array(Type.Unknown())),
  min_pos_points: Type.Optional(Type.Integer()),
  min_neg_points: Type.Optional(Type.Integer()),
  startswith_box: Type.Optional(Type.Boolean()),
  startswith_box_optional: Type.Optional(Type.Boolean()),
});
export type RemoteFunction = Static<typeof RemoteFunction>;

/** What an agent is given, as far as every server gives it; `fence` and `lease_ms` are ours. */
export const AnyAssignment = Type.Object({
  ar_id: Type.String({ pattern: '^[a-z0-9-]{1,64}$' }),
  ar_params: Type.Object({ type: Type.String() }, { additionalProperties: true }),
  fence: Type.Optional(count),
  lease_ms: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
});
export type AnyAssignment = {
  readonly ar_id: string;
  readonly ar_params: { readonly type: string; readonly [key: string]: unknown };
  readonly fence?: number;
  readonly lease_ms?: number;
};
export const AnyAcquireAnswer = Type.Object({ ar_assignment: nullable(AnyAssignment) });
