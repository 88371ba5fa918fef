import type { TrackableShape } from '@roto/wire';
import { asc, eq, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import { taskFrames } from '../annotations/scope.ts';
import type { Db } from '../database/open.ts';
import { runObjects, runs, taskMedia } from '../database/schema/index.ts';
import { notFound } from '../http/errors.ts';
import type { Run } from './machine.ts';

export type RunRow = typeof runs.$inferSelect;
export type RunObjectRow = typeof runObjects.$inferSelect;

/** A run as the database has it, and as the machine sees it. */
export type StoredRun = {
  readonly row: RunRow;
  readonly objects: readonly RunObjectRow[];
  readonly run: Run;
  /** The picture of the task's frames, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
};

/** Reads a run under its lock, until the transaction ends. */
export async function lockRun(tx: Db, id: string): Promise<StoredRun> {
  const [row] = await tx.select().from(runs).where(eq(runs.id, id)).for('update');
  if (!row) throw notFound(`There is no run ${id}.`);
  return withObjects(tx, row);
}

export async function withObjects(tx: Db, row: RunRow): Promise<StoredRun> {
  const objects = await tx
    .select()
    .from(runObjects)
    .where(eq(runObjects.runId, row.id))
    .orderBy(asc(runObjects.ordinal));
  const [media] = await tx
    .select({ deletedFrames: taskMedia.deletedFrames, width: taskMedia.width, height: taskMedia.height })
    .from(taskMedia)
    .where(eq(taskMedia.taskId, row.taskId));
  const size = media && (await taskFrames(tx, row.taskId)).sizes?.[row.startFrame];
  return {
    row,
    objects,
    size: { width: size?.[0] ?? media?.width ?? 0, height: size?.[1] ?? media?.height ?? 0 },
    run: {
      startFrame: row.startFrame,
      targetFrame: row.targetFrame,
      deletedFrames: media?.deletedFrames ?? [],
      state: row.state,
      doneFrame: row.doneFrame,
      message: row.message,
      objects: objects.map(({ ordinal, barrierFrame, lastFrame, end }) => ({ ordinal, barrierFrame, lastFrame, end })),
    },
  };
}

/**
 * Writes what the machine made of a run: of its objects only those that differ. `more` goes to the run's row with it;
 * `lastShapes` by ordinal to its objects.
 */
export async function writeRun(
  tx: Db,
  stored: StoredRun,
  next: Run,
  more: PgUpdateSetSource<typeof runs> = {},
  lastShapes: ReadonlyMap<number, TrackableShape | null> = new Map(),
): Promise<StoredRun> {
  const ended = next.state === 'finished' || next.state === 'cancelled' || next.state === 'failed';
  await tx
    .update(runs)
    .set({
      state: next.state,
      targetFrame: next.targetFrame,
      doneFrame: next.doneFrame,
      message: next.message,
      updatedDate: sql`now()`,
      startedDate: next.state === 'running' ? sql`coalesce(${runs.startedDate}, now())` : undefined,
      endedDate: ended ? sql`coalesce(${runs.endedDate}, now())` : null,
      ...more,
    })
    .where(eq(runs.id, stored.row.id));
  const differ = next.objects.filter((object, at) => {
    const before = stored.run.objects[at]!;
    return (
      lastShapes.has(object.ordinal) ||
      object.barrierFrame !== before.barrierFrame ||
      object.lastFrame !== before.lastFrame ||
      object.end !== before.end
    );
  });
  if (differ.length > 0) {
    const values = differ.map(({ ordinal, barrierFrame, lastFrame, end }) => ({
      ordinal,
      barrier_frame: barrierFrame,
      last_frame: lastFrame,
      end,
      last_shape: lastShapes.has(ordinal) ? lastShapes.get(ordinal) : stored.objects[ordinal]!.lastShape,
    }));
    // One statement, however many objects.
    await tx.execute(sql`
      update run_objects o
      set barrier_frame = v.barrier_frame, last_frame = v.last_frame, "end" = v."end", last_shape = v.last_shape
      from jsonb_to_recordset(${JSON.stringify(values)}::jsonb)
        as v(ordinal int, barrier_frame int, last_frame int, "end" text, last_shape jsonb)
      where o.run_id = ${stored.row.id} and o.ordinal = v.ordinal`);
  }
  return { ...stored, run: next };
}
