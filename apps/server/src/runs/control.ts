import type { RunReverted } from '@roto/wire';
import { and, eq } from 'drizzle-orm';
import { revertRun } from '../annotations/revert-run.ts';
import { trackForRun } from '../annotations/run-target.ts';
import type { Context } from '../context.ts';
import type { Db } from '../database/open.ts';
import { jobs, runObjects, runs } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { conflict, HttpError } from '../http/errors.ts';
import { checkFrames, checkOneSize, refuseBusy, refusedAs } from './create.ts';
import { offer, withdraw } from './hand-out.ts';
import { isUnderWay, step } from './machine.ts';
import { along, direction } from './pass.ts';
import { lockRun, type StoredRun, writeRun } from './rows.ts';

/** Stops a run; what is done is kept. An ended run stays as it is. */
export function cancelRun(context: Context, id: string): Promise<void> {
  return transact(context.db, async (tx) => {
    const stored = await lockRun(tx, id);
    if (!isUnderWay(stored.run)) return;
    await withdraw(tx, context, id, 'cancelled');
    await writeRun(tx, stored, step(stored.run, { kind: 'cancelled' }));
    await context.events.tell(tx, { on: 'run', runId: id, taskId: stored.row.taskId });
  });
}

/**
 * Goes on where the run stopped, to another target: past the old one, or nearer while it is under way.
 * @throws HttpError 400 when the target is not on its way; 409 when nothing can go on
 */
export function continueRun(context: Context, id: string, targetFrame: number): Promise<void> {
  return transact(context.db, async (tx) => {
    const stored = await lockRun(tx, id);
    const { row, run } = stored;
    const [job] = await tx.select().from(jobs).where(eq(jobs.id, row.jobId));
    checkFrames(job!, { target_frame: targetFrame });
    await checkOneSize(tx, row.taskId, row.startFrame, targetFrame);
    if (row.functionId === null) throw conflict('The function of the run was deleted; start a new run.');
    const barriers = isUnderWay(run)
      ? new Map(run.objects.map((each) => [each.ordinal, each.barrierFrame]))
      : await barriersNow(tx, stored);
    const next = refusedAs('target_frame', () => step(run, { kind: 'continued', targetFrame, barriers }));
    if (isUnderWay(next) && !isUnderWay(run))
      await refuseBusy(
        tx,
        stored.objects.flatMap(({ objectId }) => (objectId === null ? [] : [{ objectId }])),
        id,
      );
    const written = await writeRun(tx, stored, next);
    if (!isUnderWay(next)) await withdraw(tx, context, id, 'finished');
    else if (!isUnderWay(run)) await offer(tx, context, written);
    await context.events.tell(tx, { on: 'run', runId: id, taskId: row.taskId });
  });
}

/** First frames of persons after what is done, as they are now. They also become prompts, in place of those of before. */
async function barriersNow(tx: Db, { row, run, objects }: StoredRun): Promise<Map<number, number | null>> {
  const barriers = new Map<number, number | null>();
  for (const object of objects) {
    const at = run.objects[object.ordinal]!;
    if (object.objectId === null || at.end === 'gone' || at.end === 'lost' || at.lastFrame !== run.doneFrame) continue;
    try {
      const target = await trackForRun(tx, {
        jobId: row.jobId,
        objectId: object.objectId,
        startFrame: run.doneFrame,
        backward: direction(run) < 0,
        convert: false,
        runId: row.id,
        userId: row.ownerId,
      });
      barriers.set(object.ordinal, target.barrierFrame);
      const ahead = target.prompts.filter((each) => along(run, each.frame) > along(run, run.doneFrame));
      const said = object.prompts.filter((each) => along(run, each.frame) <= along(run, run.doneFrame));
      await tx
        .update(runObjects)
        .set({ prompts: [...said, ...ahead.map((each) => ({ ...each }))] })
        .where(and(eq(runObjects.runId, row.id), eq(runObjects.ordinal, object.ordinal)));
    } catch (error) {
      // Out of sight on the last frame: it may be found again, and what a person wrote is seen when it is reached.
      if (!(error instanceof HttpError)) throw error;
      barriers.set(object.ordinal, object.barrierFrame);
    }
  }
  return barriers;
}

/** Takes all back that a run wrote. @throws HttpError 409 while it is under way */
export function revertRunOf(context: Context, id: string, userId: number): Promise<RunReverted> {
  return transact(context.db, async (tx) => {
    const { run, row } = await lockRun(tx, id);
    if (isUnderWay(run)) throw conflict('The run is under way; cancel it first.');
    return { run: id, ...(await revertRun(tx, row.jobId, id, { userId, origin: 'person' })) };
  });
}

/** Deletes a run that has ended, with its signals; what it saved stays in the annotations. */
export function deleteRun(context: Context, id: string): Promise<void> {
  return transact(context.db, async (tx) => {
    const stored = await lockRun(tx, id);
    if (isUnderWay(stored.run)) throw conflict('The run is under way; cancel it first.');
    await tx.delete(runs).where(eq(runs.id, id));
    await context.events.tell(tx, { on: 'run', runId: id, taskId: stored.row.taskId });
  });
}
