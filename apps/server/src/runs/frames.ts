import { pointsProblem } from '@roto/annotations';
import type { FramesAnswer, FramesBody, TrackableShape, TrackedObject } from '@roto/wire';
import { eq, sql } from 'drizzle-orm';
import { saveTracked } from '../annotations/tracked.ts';
import type { Db } from '../database/open.ts';
import { functionRequests, runFrames, runObjects, runs, taskMedia } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { badRequest, conflict } from '../http/errors.ts';
import { lockHeld, renew } from '../queue/holder.ts';
import type { QueueContext, RequestRow } from '../queue/requests.ts';
import { withdraw } from './hand-out.ts';
import { ahead, isUnderWay, type Outcome, type Run, step } from './machine.ts';
import { along, countFrames, direction } from './pass.ts';
import { lockRun, type StoredRun, writeRun } from './rows.ts';

/** Saves frames that an agent streams of a run that it took whole. What is answered is in the database. */
export function saveFrames(
  context: QueueContext,
  functionId: number,
  requestId: string,
  body: FramesBody,
): Promise<FramesAnswer> {
  return transact(context.db, async (tx) => {
    const row = await lockHeld(tx, functionId, requestId, { agentId: body.agent_id, fence: body.fence });
    if (row.params.type !== 'track_range' || !row.runId)
      throw conflict(`Request ${requestId} is of type ${row.params.type}; only track_range takes frames.`);
    const stored = await lockRun(tx, row.runId);
    if (!isOpenRow(row) || !isUnderWay(stored.run)) return whatNow(stored.run, true);

    const saver = createSaver(tx, stored, row);
    for (const { frame, objects } of body.frames) {
      const { run } = saver;
      if (along(run, frame) <= 0)
        throw badRequest('frames', `Frame ${frame} is not past the start, frame ${run.startFrame}.`);
      if (along(run, frame) <= along(run, run.doneFrame)) continue;
      const next = ahead(run);
      if (!next) break;
      if (next.frame !== frame)
        throw badRequest('frames', `Frame ${frame} does not come next; frame ${next.frame} does.`);
      const given = new Map(objects.map((each) => [each.id, each]));
      const missing = next.ordinals.filter((each) => !given.has(each));
      if (missing.length > 0) throw badRequest('frames', `Frame ${frame} lacks objects ${missing.join(', ')}.`);
      await saver.save(next.ordinals.map((each) => given.get(each)!));
    }
    const now = await saver.finish(context);
    if (isUnderWay(now)) await renew(tx, context, row, progressOf(now));
    return whatNow(now, !isUnderWay(now));
  });
}

/** What the holder of a run should know; it also shows that it lives. Null: the request is no whole run. */
export async function checkIn(tx: Db, row: RequestRow): Promise<FramesAnswer | null> {
  if (row.params.type !== 'track_range' || !row.runId) return null;
  const { run } = await lockRun(tx, row.runId);
  return whatNow(run, !isOpenRow(row) || !isUnderWay(run));
}

export function isOpenRow(row: Pick<RequestRow, 'state'>): boolean {
  return row.state === 'queued' || row.state === 'leased';
}

function whatNow(run: Run, stop: boolean): FramesAnswer {
  return {
    done_frame: run.doneFrame,
    target_frame: run.targetFrame,
    ended: run.objects.filter((each) => each.end).map((each) => each.ordinal),
    stop,
  };
}

export function progressOf(run: Run): number {
  const total = countFrames(run, run.startFrame, run.targetFrame);
  return total === 0 ? 1 : Math.min(1, countFrames(run, run.startFrame, run.doneFrame) / total);
}

type Result = Omit<TrackedObject, 'presence' | 'predicted_iou'> & {
  readonly presence: number | null;
  readonly predicted_iou: number | null;
};

/** Saves one frame after another within a transaction that holds the run's lock; `finish` writes how far it came. */
export function createSaver(tx: Db, stored: StoredRun, row: RequestRow) {
  let run = stored.run;
  let savedFrames = 0;
  const lastShapes = new Map<number, TrackableShape | null>();
  let size: { width: number; height: number } | undefined;
  return {
    get run() {
      return run;
    },
    /** Results of objects on the frame that comes next: of all that it waits for, or of some. */
    async save(results: readonly Result[]): Promise<void> {
      const frame = ahead(run)!.frame;
      size ??= await frameSize(tx, stored.row.taskId);
      for (const { id, shape } of results) {
        const problem = shape && shapeProblem(shape, stored.objects[id]!.type, size);
        if (problem) throw badRequest('shape', `Object ${id} on frame ${frame}: ${problem}`);
      }
      const outcomes = new Map<number, Outcome>();
      for (const { id, shape, presence, predicted_iou } of results) {
        const object = stored.objects[id]!;
        const outcome =
          object.objectId === null
            ? 'gone'
            : await saveTracked(tx, {
                objectId: object.objectId,
                frame,
                shape,
                presence,
                predictedIou: predicted_iou,
                runId: stored.row.id,
                userId: stored.row.ownerId,
                backward: direction(run) < 0,
              });
        outcomes.set(id, outcome);
        if (outcome === 'saved') lastShapes.set(id, shape);
      }
      const saved = results.filter((each) => outcomes.get(each.id) === 'saved');
      if (saved.length > 0) {
        await tx.insert(runFrames).values(
          saved.map((each) => ({
            runId: stored.row.id,
            ordinal: each.id,
            frame,
            found: each.shape !== null,
            presence: each.presence,
            predictedIou: each.predicted_iou,
            fence: row.fence,
          })),
        );
      }
      const before = run.doneFrame;
      run = step(run, { kind: 'saved', frame, outcomes });
      if (run.doneFrame !== before) savedFrames++;
    },
    /** Writes the run; ends its request when nothing is left. */
    async finish(context: QueueContext): Promise<Run> {
      if (run === stored.run) return run;
      for (const [ordinal, lastShape] of lastShapes)
        await tx
          .update(runObjects)
          .set({ lastShape })
          .where(sql`${runObjects.runId} = ${stored.row.id} and ${runObjects.ordinal} = ${ordinal}`);
      await writeRun(tx, stored, run, {
        ...(savedFrames === 0
          ? {}
          : {
              savedFrames: sql`${runs.savedFrames} + ${savedFrames}`,
              // Since the last frame, or since the agent took the work when it began after that.
              workedSeconds: sql`${runs.workedSeconds} + extract(epoch from now() - greatest(${runs.updatedDate}, ${row.leasedDate?.toISOString() ?? null}::timestamptz))`,
            }),
      } as Partial<typeof runs.$inferInsert>);
      if (savedFrames > 0)
        await tx.update(functionRequests).set({ attempts: 0 }).where(eq(functionRequests.id, row.id));
      if (!isUnderWay(run)) await withdraw(tx, context, stored.row.id, 'finished');
      await context.events.tell(tx, { on: 'run', runId: stored.row.id, taskId: stored.row.taskId });
      return run;
    },
  };
}

/** The picture of a task's frames, in pixels. */
async function frameSize(tx: Db, taskId: number): Promise<{ width: number; height: number }> {
  const [media] = await tx
    .select({ width: taskMedia.width, height: taskMedia.height })
    .from(taskMedia)
    .where(eq(taskMedia.taskId, taskId));
  if (!media) throw conflict(`Task ${taskId} has no data.`);
  return media;
}

function shapeProblem(
  shape: TrackableShape,
  type: string,
  size: { width: number; height: number },
): string | undefined {
  if (shape.type !== type) return `the shape is a ${shape.type}, but the object is tracked as a ${type}.`;
  const problem = pointsProblem(shape.type, shape.points, { ...size, frameCount: 1 });
  return problem && `points${problem.at} ${problem.message}.`;
}
