import type { RequestParams, TrackableShape, TrackRangeParams } from '@roto/wire';
import { eq, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { functionRequests, runObjects } from '../database/schema/index.ts';
import { endRequest, type QueueContext, type RequestRow, type Taker } from '../queue/requests.ts';
import { ahead, isUnderWay, type Run, step } from './machine.ts';
import { direction } from './pass.ts';
import { type RunRow, type StoredRun, withObjects, writeRun } from './rows.ts';

/** Objects of one request, by CVAT's contract. */
export const MOST_OBJECTS = 32;

/**
 * What the taker is given of a run. One that takes ranges gets all of it; any other gets one step: the one that it holds
 * the states for, or the beginning of tracking on the last frame that is saved. Null: the run has nothing to give any more.
 */
export async function handOut(
  tx: Db,
  context: QueueContext,
  row: RequestRow,
  run: RunRow,
  taker: Taker,
): Promise<{ params: RequestParams; fence: number } | null> {
  let stored = await withObjects(tx, run);
  const fence = stored.row.fence + 1;
  if (!isUnderWay(stored.run)) {
    await endRequest(tx, context.events, row.id, { state: 'cancelled' });
    return null;
  }
  if (row.runStep && (taker.isGateway || row.onlyAgentId === taker.agentId)) {
    await writeRun(tx, stored, step(stored.run, { kind: 'taken' }), { fence });
    return { params: row.params, fence };
  }

  await tx.update(runObjects).set({ agentState: null }).where(eq(runObjects.runId, stored.row.id));
  if (taker.capabilities.ranges !== undefined) {
    const params: TrackRangeParams = rangeParams(stored);
    await tx
      .update(functionRequests)
      .set({ params, category: 'batch', runStep: null, onlyAgentId: null })
      .where(eq(functionRequests.id, row.id));
    await writeRun(tx, stored, step(stored.run, { kind: 'taken' }), { fence, mode: 'ranges' });
    await context.events.tell(tx, { on: 'run', runId: stored.row.id, taskId: stored.row.taskId });
    return { params, fence };
  }

  // States begin with a shape; an object that is out of sight on the last saved frame has none to begin with.
  const unseen = waiting(stored.run).filter((ordinal) => shapeToBegin(stored, ordinal) === null);
  if (unseen.length > 0) stored = await writeRun(tx, stored, step(stored.run, { kind: 'lost', ordinals: unseen }));
  await context.events.tell(tx, { on: 'run', runId: stored.row.id, taskId: stored.row.taskId });
  if (!isUnderWay(stored.run)) {
    await endRequest(tx, context.events, row.id, { state: 'finished' });
    return null;
  }
  const begin = initStep(stored, waiting(stored.run));
  await tx
    .update(functionRequests)
    .set({ ...begin, category: 'batch', onlyAgentId: null })
    .where(eq(functionRequests.id, row.id));
  await writeRun(tx, stored, step(stored.run, { kind: 'taken' }), { fence, mode: 'frames' });
  return { params: begin.params, fence };
}

/** `init_tracking` of the first of these objects, each on the last frame that is saved of it. */
export function initStep(stored: StoredRun, ordinals: readonly number[]) {
  // Objects of one request share a frame; those of another one follow in a step of their own.
  const frame = stored.objects[ordinals[0]!]!.lastFrame;
  const chosen = ordinals.filter((each) => stored.objects[each]!.lastFrame === frame).slice(0, MOST_OBJECTS);
  return {
    params: {
      type: 'init_tracking',
      task: stored.row.taskId,
      job: stored.row.jobId,
      frame,
      shapes: chosen.map((each) => shapeToBegin(stored, each)),
    },
    runStep: { frame, ordinals: chosen },
  };
}

/** Objects that are still to be tracked. */
export function waiting(run: Run): readonly number[] {
  return run.objects.filter((each) => !each.end).map((each) => each.ordinal);
}

function shapeToBegin(stored: StoredRun, ordinal: number): TrackableShape | null {
  const object = stored.objects[ordinal]!;
  if (object.lastFrame !== stored.run.startFrame) return object.lastShape as TrackableShape | null;
  const prompt = object.prompts.find((each) => each.frame === stored.run.startFrame);
  return prompt ? ({ type: prompt.type, points: prompt.points } as TrackableShape) : null;
}

function rangeParams({ row, run, objects }: StoredRun): TrackRangeParams {
  return {
    type: 'track_range',
    task: row.taskId,
    job: row.jobId,
    run: row.id,
    start_frame: run.startFrame,
    target_frame: run.targetFrame,
    done_frame: run.doneFrame,
    deleted_frames: [...run.deletedFrames],
    objects: objects
      .filter((each) => run.objects[each.ordinal]!.end === null)
      .map((each) => {
        const { barrierFrame } = run.objects[each.ordinal]!;
        return {
          id: each.ordinal,
          type: each.type as TrackableShape['type'],
          prompts: each.prompts as TrackRangeParams['objects'][number]['prompts'],
          last_frame: barrierFrame === null ? null : barrierFrame - direction(run),
        };
      }),
  };
}

/** Offers the work that is left of a run to whoever comes first. */
export async function offer(
  tx: Db,
  context: QueueContext,
  stored: StoredRun,
  more: { readonly attempts?: number } = {},
): Promise<void> {
  const { row } = stored;
  if (!ahead(stored.run) || row.functionId === null) return;
  await tx.insert(functionRequests).values({
    id: crypto.randomUUID(),
    functionId: row.functionId,
    category: 'batch',
    params: { type: 'track_range', run: row.id, task: row.taskId, job: row.jobId },
    runId: row.id,
    taskId: row.taskId,
    ownerId: row.ownerId,
    fence: row.fence,
    attempts: more.attempts ?? 0,
  });
  await context.events.tell(tx, { on: 'queue', functionId: row.functionId, category: 'batch' });
}

/** Ends the request that is under way for a run, if any; its holder is told to stop when it next speaks. */
export async function withdraw(
  tx: Db,
  context: QueueContext,
  runId: string,
  state: 'finished' | 'cancelled',
): Promise<void> {
  const open = await tx
    .select({ id: functionRequests.id })
    .from(functionRequests)
    .where(sql`${functionRequests.runId} = ${runId} and ${functionRequests.state} in ('queued', 'leased')`);
  for (const { id } of open) await endRequest(tx, context.events, id, { state });
}
