import type { BriefUser, Job, Task } from '@roto/wire';
import { count, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { jobs, taskMedia, tasks, users } from '../database/schema/index.ts';

type TaskRow = typeof tasks.$inferSelect;

/** A task's media without the names of its images, which may be many. */
const { names: _names, deletedFrames: _deletedFrames, ...mediaColumns } = getTableColumns(taskMedia);
export type MediaSummary = Omit<typeof taskMedia.$inferSelect, 'names' | 'deletedFrames'>;

export async function readMediaSummaries(db: Db, taskIds: readonly number[]): Promise<Map<number, MediaSummary>> {
  if (taskIds.length === 0) return new Map();
  const rows = await db
    .select(mediaColumns)
    .from(taskMedia)
    .where(inArray(taskMedia.taskId, [...taskIds]));
  return new Map(rows.map((row) => [row.taskId, row]));
}

export async function readShortUsers(
  db: Db,
  ids: readonly (number | null)[],
  base: string,
): Promise<Map<number | null, BriefUser>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  if (wanted.length === 0) return new Map();
  const rows = await db.select().from(users).where(inArray(users.id, wanted));
  return new Map(
    rows.map(({ id, username, firstName, lastName }) => [
      id,
      { url: `${base}/api/users/${id}`, id, username, first_name: firstName, last_name: lastName },
    ]),
  );
}

/** A job's `status`, which older clients read: how far its stage says that it is. */
export const STATUS_OF_STAGE = { annotation: 'annotation', validation: 'validation', acceptance: 'completed' } as const;

/** How the media of any task comes in chunks: archives of images (see docs/decisions/0011-media-on-the-wire.md). */
export const CHUNK_TYPE = 'imageset';

/** Tasks as on the wire (contract 2.1), in the order of the rows. What does not exist before the data is left out. */
export async function showTasks(db: Db, rows: readonly TaskRow[], base: string): Promise<Task[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const media = await readMediaSummaries(db, ids);
  const people = await readShortUsers(
    db,
    rows.flatMap(({ ownerId, assigneeId }) => [ownerId, assigneeId]),
    base,
  );
  const counts = await db
    .select({
      taskId: jobs.taskId,
      count: count(),
      // As CVAT counts them: jobs accepted and done, and jobs in validation.
      completed:
        sql<number>`count(*) filter (where ${jobs.stage} = 'acceptance' and ${jobs.state} = 'completed')`.mapWith(
          Number,
        ),
      validation: sql<number>`count(*) filter (where ${jobs.stage} = 'validation')`.mapWith(Number),
      annotating: sql<number>`count(*) filter (where ${jobs.stage} = 'annotation')`.mapWith(Number),
    })
    .from(jobs)
    .where(inArray(jobs.taskId, ids))
    .groupBy(jobs.taskId);
  const countsOf = new Map(counts.map((row) => [row.taskId, row]));
  return rows.map((task) => {
    const its = countsOf.get(task.id) ?? { count: 0, completed: 0, validation: 0, annotating: 0 };
    const data = media.get(task.id);
    const done = its.count > 0 && its.completed === its.count;
    return {
      url: `${base}/api/tasks/${task.id}`,
      id: task.id,
      name: task.name,
      project_id: null,
      project_name: null,
      mode: data ? (data.kind === 'video' ? 'interpolation' : 'annotation') : '',
      media_type: 'image',
      owner: people.get(task.ownerId) ?? null,
      assignee: people.get(task.assigneeId) ?? null,
      assignee_updated_date: task.assigneeUpdatedDate?.toISOString() ?? null,
      bug_tracker: task.bugTracker,
      created_date: task.createdDate.toISOString(),
      updated_date: task.updatedDate.toISOString(),
      overlap: task.overlap,
      segment_size: task.segmentSize,
      status: done ? 'completed' : its.count > 0 && its.annotating === 0 ? 'validation' : 'annotation',
      dimension: '2d',
      subset: task.subset,
      organization_id: task.organizationId,
      organization: task.organizationId,
      guide_id: null,
      target_storage: null,
      source_storage: null,
      data_cloud_storage_id: null,
      validation_mode: null,
      consensus_enabled: false,
      ...(data
        ? {
            data: task.id,
            size: data.size,
            image_quality: data.imageQuality,
            data_chunk_size: data.chunkSize,
            data_original_chunk_type: CHUNK_TYPE,
            data_compressed_chunk_type: CHUNK_TYPE,
          }
        : {}),
      jobs: {
        count: its.count,
        completed: its.completed,
        validation: its.validation,
        url: `${base}/api/jobs?task_id=${task.id}`,
      },
      labels: { url: `${base}/api/labels?task_id=${task.id}` },
    };
  });
}

type JobRow = typeof jobs.$inferSelect;

/** Jobs as on the wire (contract 2.7), in the order of the rows. */
export async function showJobs(db: Db, rows: readonly JobRow[], base: string): Promise<Job[]> {
  if (rows.length === 0) return [];
  const taskIds = [...new Set(rows.map(({ taskId }) => taskId))];
  const media = await readMediaSummaries(db, taskIds);
  const taskRows = await db.select().from(tasks).where(inArray(tasks.id, taskIds));
  const taskOf = new Map(taskRows.map((task) => [task.id, task]));
  const people = await readShortUsers(
    db,
    rows.map(({ assigneeId }) => assigneeId),
    base,
  );
  return rows.flatMap((job) => {
    const task = taskOf.get(job.taskId);
    const data = media.get(job.taskId);
    if (!task || !data) return [];
    return [
      {
        url: `${base}/api/jobs/${job.id}`,
        id: job.id,
        task_id: job.taskId,
        task_name: task.name,
        project_id: null,
        project_name: null,
        guide_id: null,
        assignee: people.get(job.assigneeId) ?? null,
        assignee_updated_date: job.assigneeUpdatedDate?.toISOString() ?? null,
        dimension: '2d',
        mode: data.kind === 'video' ? 'interpolation' : 'annotation',
        media_type: 'image',
        bug_tracker: task.bugTracker,
        type: 'annotation',
        status: STATUS_OF_STAGE[job.stage],
        stage: job.stage,
        state: job.state,
        start_frame: job.startFrame,
        stop_frame: job.stopFrame,
        frame_count: job.stopFrame - job.startFrame + 1,
        data_chunk_size: data.chunkSize,
        data_original_chunk_type: CHUNK_TYPE,
        data_compressed_chunk_type: CHUNK_TYPE,
        created_date: job.createdDate.toISOString(),
        updated_date: job.updatedDate.toISOString(),
        organization: task.organizationId,
        organization_id: task.organizationId,
        target_storage: null,
        source_storage: null,
        parent_job_id: null,
        consensus_replicas: 0,
        issues: { count: 0, url: `${base}/api/issues?job_id=${job.id}` },
        labels: { url: `${base}/api/labels?job_id=${job.id}` },
      },
    ];
  });
}

/** Says that a task's data or annotations changed: clients drop what they keep when this date has grown. */
export async function touchTask(tx: Db, taskId: number): Promise<void> {
  await tx
    .update(tasks)
    .set({ updatedDate: sql`greatest(now(), ${tasks.updatedDate} + interval '1 millisecond')` })
    .where(eq(tasks.id, taskId));
}
