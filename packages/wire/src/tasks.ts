import type { Static } from 'typebox';
import * as Type from 'typebox';
import { LabelInputs } from './labels.ts';
import { BriefUser } from './people.ts';
import { Count, Fraction, Id, Instant, nullable, Uri } from './scalars.ts';

/** `interpolation`: a video. `annotation`: images. */
export const MediaMode = Type.Enum(['interpolation', 'annotation']);
export type MediaMode = Static<typeof MediaMode>;
export const WorkStatus = Type.Enum(['annotation', 'validation', 'completed']);
export type WorkStatus = Static<typeof WorkStatus>;
const ChunkType = Type.Enum(['imageset', 'video']);
const Link = Type.Object({ url: Uri });

/** Members with `null` as their only value are CVAT's, for what this server does not have. */
export const Task = Type.Object(
  {
    url: Uri,
    id: Id,
    name: Type.String(),
    project_id: Type.Null(),
    project_name: Type.Null(),
    mode: Type.Union([MediaMode, Type.Literal('')], { description: 'Empty until the task has data.' }),
    media_type: Type.Literal('image'),
    owner: nullable(BriefUser),
    assignee: nullable(BriefUser),
    assignee_updated_date: nullable(Instant),
    bug_tracker: Type.String(),
    created_date: Instant,
    updated_date: Instant,
    overlap: nullable(Count),
    segment_size: Count,
    status: WorkStatus,
    dimension: Type.Literal('2d'),
    subset: Type.String(),
    organization_id: nullable(Id),
    organization: nullable(Id),
    guide_id: Type.Null(),
    target_storage: Type.Null(),
    source_storage: Type.Null(),
    data_cloud_storage_id: Type.Null(),
    validation_mode: Type.Null(),
    consensus_enabled: Type.Boolean(),
    data: Type.Optional(Id),
    size: Type.Optional(Type.Integer({ minimum: 0, description: 'Frames; absent until the task has data.' })),
    image_quality: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    data_chunk_size: Type.Optional(Count),
    data_original_chunk_type: Type.Optional(ChunkType),
    data_compressed_chunk_type: Type.Optional(ChunkType),
    jobs: Type.Object({ count: Count, completed: Count, validation: Count, url: Uri }),
    labels: Link,
  },
  { title: 'Task', description: 'A video, or images of one size, with labels; annotated in jobs.' },
);
export type Task = Static<typeof Task>;

const nullableId = Type.Optional(nullable(Type.Integer()));
const Storage = Type.Optional(
  nullable(Type.Object({ location: Type.Optional(Type.String()), cloud_storage_id: nullableId })),
);
const shared = {
  bug_tracker: Type.Optional(Type.String({ maxLength: 2000 })),
  subset: Type.Optional(Type.String({ maxLength: 64 })),
  owner_id: nullableId,
  assignee_id: nullableId,
  project_id: nullableId,
  labels: Type.Optional(LabelInputs),
  target_storage: Storage,
  source_storage: Storage,
  consensus_replicas: Type.Optional(nullable(Count)),
};
export const NewTask = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 256 }),
    overlap: Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: 1_000_000 }))),
    segment_size: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000_000 })),
    ...shared,
  },
  { title: 'NewTask', description: 'A task to be made; its data is attached afterwards.' },
);
export type NewTask = Static<typeof NewTask>;
export const TaskChange = Type.Object(
  { name: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })), ...shared },
  { title: 'TaskChange', description: 'What to change of a task; members that are left out stay.' },
);
export type TaskChange = Static<typeof TaskChange>;

export const TaskStatus = Type.Object(
  {
    state: Type.Enum(['Queued', 'Started', 'Finished', 'Failed', 'Unknown']),
    message: Type.String(),
    progress: Fraction,
  },
  { title: 'TaskStatus', description: 'How far the server is with the data of a task.' },
);
export type TaskStatus = Static<typeof TaskStatus>;

/** There are no projects; clients that list them get an empty page. */
export const Project = Type.Object(
  { id: Id },
  { title: 'Project', description: 'A project of CVAT; there are none here.' },
);
export type Project = Static<typeof Project>;
