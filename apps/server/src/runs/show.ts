import type { Run, RunFrame, RunProgress } from '@roto/wire';
import { and, asc, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { jobs, runFrames, runObjects, runs, tasks } from '../database/schema/index.ts';
import { readShortUsers } from '../tasks/task-view.ts';
import { countFrames, direction } from './pass.ts';
import { type RunRow, withObjects } from './rows.ts';

/** Runs as on the wire, in the order of the rows. */
export async function showRuns(db: Db, rows: readonly RunRow[], base: string): Promise<Run[]> {
  const people = await readShortUsers(
    db,
    rows.map((row) => row.ownerId),
    base,
  );
  const shown: Run[] = [];
  for (const row of rows) {
    shown.push({
      url: `${base}/api/runs/${row.id}`,
      owner: people.get(row.ownerId) ?? null,
      task: row.taskId,
      job: row.jobId,
      function: row.functionId,
      options: row.options,
      created_date: row.createdDate.toISOString(),
      started_date: row.startedDate?.toISOString() ?? null,
      ...(await showProgress(db, row)),
    });
  }
  return shown;
}

/** What changes while a run is under way; also the data of its `progress` events. */
export async function showProgress(db: Db, row: RunRow): Promise<RunProgress> {
  const { run, objects } = await withObjects(db, row);
  const total = countFrames(run, run.startFrame, run.targetFrame);
  return {
    id: row.id,
    state: row.state,
    message: row.message,
    start_frame: row.startFrame,
    target_frame: row.targetFrame,
    /** Last frame, seen from the start, that is saved for all objects. */
    done_frame: row.doneFrame,
    frames_done: countFrames(run, run.startFrame, run.doneFrame),
    frames_total: total,
    frames_per_second: row.workedSeconds > 0 ? row.savedFrames / row.workedSeconds : null,
    mode: row.mode,
    objects: objects.map((each) => ({
      id: each.ordinal,
      object: each.objectId,
      type: each.type,
      last_frame: each.lastFrame,
      barrier_frame: each.barrierFrame,
      /** barrier: stopped before a frame that a person edited; gone: deleted; lost: see the run's message. */
      end: each.end,
    })),
    updated_date: row.updatedDate.toISOString(),
    ended_date: row.endedDate?.toISOString() ?? null,
  };
}

/** A run of a job as it stands; undefined: the job has no such run. */
export async function readRunProgress(db: Db, id: string, jobId: number): Promise<Record<string, unknown> | undefined> {
  const [row] = await db
    .select()
    .from(runs)
    .where(and(eq(runs.id, id), eq(runs.jobId, jobId)));
  return row && showProgress(db, row);
}

/** Runs of a job that wait or work, the oldest first. */
export async function runsUnderWay(
  db: Db,
  jobId: number,
): Promise<{ id: string; progress: Record<string, unknown> }[]> {
  const rows = await db
    .select()
    .from(runs)
    .where(and(eq(runs.jobId, jobId), inArray(runs.state, ['queued', 'running'])))
    .orderBy(asc(runs.createdDate));
  return Promise.all(rows.map(async (row) => ({ id: row.id, progress: await showProgress(db, row) })));
}

export type RunFilter = {
  readonly task?: number;
  readonly job?: number;
  readonly function?: number;
  readonly state?: RunRow['state'];
};

export function runFilter(visible: SQL, filter: RunFilter): SQL | undefined {
  return and(
    visible,
    filter.task === undefined ? undefined : eq(runs.taskId, filter.task),
    filter.job === undefined ? undefined : eq(runs.jobId, filter.job),
    filter.function === undefined ? undefined : eq(runs.functionId, filter.function),
    filter.state === undefined ? undefined : eq(runs.state, filter.state),
  );
}

/** The newest first. */
export async function listRuns(db: Db, where: SQL | undefined, limit: number, offset: number): Promise<RunRow[]> {
  const rows = await db
    .select({ run: runs })
    .from(runs)
    .innerJoin(jobs, eq(jobs.id, runs.jobId))
    .innerJoin(tasks, eq(tasks.id, runs.taskId))
    .where(where)
    .orderBy(desc(runs.createdDate), desc(runs.id))
    .limit(limit)
    .offset(offset);
  return rows.map((row) => row.run);
}

export async function countRuns(db: Db, where: SQL | undefined): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)`.mapWith(Number) })
    .from(runs)
    .innerJoin(jobs, eq(jobs.id, runs.jobId))
    .innerJoin(tasks, eq(tasks.id, runs.taskId))
    .where(where);
  return row!.count;
}

/** Frames that are saved for all objects, in the order of the pass, past `after` where given; `limit` at most. */
export async function readFrames(
  db: Db,
  row: Pick<RunRow, 'id' | 'startFrame' | 'targetFrame' | 'doneFrame'>,
  after: number | null,
  limit: number,
): Promise<RunFrame[]> {
  const forward = direction({ ...row, deletedFrames: [] }) >= 0;
  const t = runFrames;
  const past = after === null ? undefined : forward ? sql`${t.frame} > ${after}` : sql`${t.frame} < ${after}`;
  const done = forward ? sql`${t.frame} <= ${row.doneFrame}` : sql`${t.frame} >= ${row.doneFrame}`;
  const numbers = await db
    .selectDistinct({ frame: t.frame })
    .from(t)
    .where(and(eq(t.runId, row.id), past, done))
    .orderBy(forward ? asc(t.frame) : desc(t.frame))
    .limit(limit);
  if (numbers.length === 0) return [];
  const signals = await db
    .select({
      frame: t.frame,
      id: t.ordinal,
      object: runObjects.objectId,
      found: t.found,
      presence: t.presence,
      predicted_iou: t.predictedIou,
    })
    .from(t)
    .innerJoin(runObjects, and(eq(runObjects.runId, t.runId), eq(runObjects.ordinal, t.ordinal)))
    .where(
      and(
        eq(t.runId, row.id),
        inArray(
          t.frame,
          numbers.map((each) => each.frame),
        ),
      ),
    )
    .orderBy(asc(t.ordinal));
  const byFrame = Map.groupBy(signals, (each) => each.frame);
  return numbers.map(({ frame }) => ({
    frame,
    objects: byFrame.get(frame)!.map(({ frame: _frame, ...rest }) => rest),
  }));
}
