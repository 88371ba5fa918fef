import { pointsProblem } from '@roto/annotations';
import type { FramesAnswer, FramesBody, TrackableShape, TrackedObject } from '@roto/wire';
import { sql } from 'drizzle-orm';
import { saveTracked } from '../annotations/tracked.ts';
import type { Db } from '../database/open.ts';
import { runFrames, runs } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { badRequest, conflict } from '../http/errors.ts';
import { lockHeld, renew } from '../queue/holder.ts';
import type { QueueContext, RequestRow } from '../queue/requests.ts';
import { withdraw } from './hand-out.ts';
import { ahead, isUnderWay, type Outcome, type Run, step } from './machine.ts';
import { along, countFrames, direction } from './pass.ts';
import { type RunRow, type StoredRun, withObjects, writeRun } from './rows.ts';

/** Saves frames that an agent streams of a run that it took whole. What is answered is in the database. */
export function saveFrames(
  context: QueueContext,
  functionId: number,
  requestId: string,
  body: FramesBody,
): Promise<FramesAnswer> {
  return transact(context.db, async (tx) => {
    const { row, run } = await lockHeld(tx, functionId, requestId, { agentId: body.agent_id, fence: body.fence });
    if (row.params.type !== 'track_range' || !run)
      throw conflict(`Request ${requestId} is of type ${row.params.type}; only track_range takes frames.`);
    const stored = await withObjects(tx, run);
    if (!isOpenRow(row) || !isUnderWay(stored.run)) return answerOf(stored.run, true);

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
    if (isUnderWay(now))
      await renew(tx, context, row, { progress: progressOf(now), ...(now === stored.run ? {} : { attempts: 0 }) });
    return answerOf(now, !isUnderWay(now));
  });
}

/** What the holder of a whole run should do next. */
export async function whatNow(tx: Db, row: RequestRow, runRow: RunRow): Promise<FramesAnswer> {
  const { run } = await withObjects(tx, runRow);
  return answerOf(run, !isOpenRow(row) || !isUnderWay(run));
}

export function isOpenRow(row: Pick<RequestRow, 'state'>): boolean {
  return row.state === 'queued' || row.state === 'leased';
}

function answerOf(run: Run, stop: boolean): FramesAnswer {
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
  return {
    get run() {
      return run;
    },
    /** Results of objects on the frame that comes next: of all that it waits for, or of some. */
    async save(results: readonly Result[]): Promise<void> {
      const frame = ahead(run)!.frame;
      for (const { id, shape } of results) {
        const problem = shape && shapeProblem(shape, stored.objects[id]!.type, stored.size);
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
      const counted =
        savedFrames === 0
          ? {}
          : {
              savedFrames: sql`${runs.savedFrames} + ${savedFrames}`,
              // Since the last frame, or since the agent took the work when that was later.
              workedSeconds: sql`${runs.workedSeconds} + extract(epoch from now() - greatest(${runs.updatedDate}, ${row.leasedDate?.toISOString() ?? null}::timestamptz))`,
            };
      await writeRun(tx, stored, run, counted, lastShapes);
      if (!isUnderWay(run)) await withdraw(tx, context, stored.row.id, 'finished');
      await context.events.tell(tx, { on: 'run', runId: stored.row.id, taskId: stored.row.taskId });
      return run;
    },
  };
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
