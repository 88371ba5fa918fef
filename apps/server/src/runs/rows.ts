import { asc, eq, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { runObjects, runs, taskMedia } from '../database/schema/index.ts';
import { notFound } from '../http/errors.ts';
import type { Run } from './machine.ts';

export type RunRow = typeof runs.$inferSelect;
export type RunObjectRow = typeof runObjects.$inferSelect;

/** A run as the database has it, and as the machine sees it. */
export type StoredRun = { readonly row: RunRow; readonly objects: readonly RunObjectRow[]; readonly run: Run };

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
    .select({ deletedFrames: taskMedia.deletedFrames })
    .from(taskMedia)
    .where(eq(taskMedia.taskId, row.taskId));
  return {
    row,
    objects,
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

/** Writes what the machine made of a run: only what differs. `more` goes to the run's row with it. */
export async function writeRun(
  tx: Db,
  stored: StoredRun,
  next: Run,
  more: Partial<typeof runs.$inferInsert> = {},
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
  for (const [at, object] of next.objects.entries()) {
    const before = stored.run.objects[at]!;
    if (
      object.barrierFrame === before.barrierFrame &&
      object.lastFrame === before.lastFrame &&
      object.end === before.end
    )
      continue;
    await tx
      .update(runObjects)
      .set({ barrierFrame: object.barrierFrame, lastFrame: object.lastFrame, end: object.end })
      .where(sql`${runObjects.runId} = ${stored.row.id} and ${runObjects.ordinal} = ${object.ordinal}`);
  }
  return { ...stored, run: next };
}
