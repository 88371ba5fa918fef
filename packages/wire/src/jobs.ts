import type { Static } from 'typebox';
import * as Type from 'typebox';
import { BriefUser } from './people.ts';
import { Count, Frame, Id, Instant, nullable, Uri } from './scalars.ts';
import { MediaMode, WorkStatus } from './tasks.ts';

export const JobStage = Type.Enum(['annotation', 'validation', 'acceptance']);
export type JobStage = Static<typeof JobStage>;
export const JobState = Type.Enum(['new', 'in progress', 'completed', 'rejected']);
export type JobState = Static<typeof JobState>;

export const Job = Type.Object(
  {
    url: Uri,
    id: Id,
    task_id: Id,
    task_name: Type.String(),
    project_id: Type.Null(),
    project_name: Type.Null(),
    guide_id: Type.Null(),
    assignee: nullable(BriefUser),
    assignee_updated_date: nullable(Instant),
    dimension: Type.Literal('2d'),
    mode: MediaMode,
    media_type: Type.Literal('image'),
    bug_tracker: Type.String(),
    type: Type.Enum(['annotation', 'ground_truth', 'consensus_replica']),
    status: WorkStatus,
    stage: JobStage,
    state: JobState,
    start_frame: Frame,
    stop_frame: Type.Integer({ minimum: 0, description: 'Inclusive.' }),
    frame_count: Count,
    data_chunk_size: Count,
    data_original_chunk_type: Type.Enum(['imageset', 'video']),
    data_compressed_chunk_type: Type.Enum(['imageset', 'video']),
    created_date: Instant,
    updated_date: Instant,
    organization: nullable(Id),
    organization_id: nullable(Id),
    target_storage: Type.Null(),
    source_storage: Type.Null(),
    parent_job_id: Type.Null(),
    consensus_replicas: Count,
    issues: Type.Object({ count: Count, url: Uri }),
    labels: Type.Object({ url: Uri }),
  },
  { title: 'Job', description: 'A span of frames of a task, for one person to annotate.' },
);
export type Job = Static<typeof Job>;

export const JobChange = Type.Object(
  { assignee: Type.Optional(nullable(Type.Integer())), stage: Type.Optional(JobStage), state: Type.Optional(JobState) },
  { title: 'JobChange', description: 'What to change of a job; members that are left out stay.' },
);
export type JobChange = Static<typeof JobChange>;
