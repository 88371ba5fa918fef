import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ImportReport } from './imports.ts';
import { Fraction, Id, Instant, nullable, Uri } from './scalars.ts';

export const BackgroundRequest = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum(['queued', 'started', 'failed', 'finished']),
    message: Type.String(),
    progress: nullable(Fraction),
    operation: Type.Object({
      type: Type.String({ description: 'Such as `create:task`, `export:dataset`, `import:annotations`.' }),
      target: Type.Enum(['task', 'job']),
      project_id: Type.Null(),
      task_id: nullable(Id),
      job_id: nullable(Id),
      format: nullable(Type.String()),
    }),
    created_date: Instant,
    started_date: nullable(Instant),
    finished_date: nullable(Instant),
    expiry_date: nullable(Instant),
    owner: Type.Optional(Type.Object({ id: Id, username: Type.String() })),
    result_url: nullable(Uri),
    result_id: Type.Null(),
    roto: Type.Optional(
      Type.Object(
        { import: Type.Optional(ImportReport) },
        { description: 'Ours: what an import of annotations found.' },
      ),
    ),
  },
  {
    title: 'BackgroundRequest',
    description: 'Work that the server does by itself: imports, exports, reading of media.',
  },
);
export type BackgroundRequest = Static<typeof BackgroundRequest>;

export const RqId = Type.Object(
  { rq_id: Type.String({ minLength: 1 }) },
  { title: 'RqId', description: 'The background request that was begun; look at it at /api/requests/{id}.' },
);
export type RqId = Static<typeof RqId>;
