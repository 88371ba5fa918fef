/**
 * Runs of agents that know CVAT's contract alone: tracking begins on a frame, then each frame is asked for, one request
 * after the other. Each is made in the transaction that saves the one before it, so there is no driver to lose.
 */
import type { TrackableShape } from '@roto/wire';
import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { functionRequests, runObjects, runs } from '../database/schema/index.ts';
import { leaseMs } from '../queue/holder.ts';
import {
  backOffMs,
  endRequest,
  fromNow,
  isGatewayAgent,
  type QueueContext,
  type RequestRow,
} from '../queue/requests.ts';
import { createSaver } from './frames.ts';
import { initStep, MOST_OBJECTS, waiting } from './hand-out.ts';
import { ahead, isUnderWay, step } from './machine.ts';
import { type RunRow, type StoredRun, withObjects, writeRun } from './rows.ts';

/** The result of a step, checked to fit its request: states for `init_tracking`, shapes for `track`, by place. */
export type StepResult = { readonly states: readonly string[]; readonly shapes?: readonly (TrackableShape | null)[] };

/** Saves what a step brought and asks for the next one of the same agent. */
export async function completeStep(
  tx: Db,
  context: QueueContext,
  row: RequestRow,
  run: RunRow,
  result: StepResult,
): Promise<void> {
  const stored = await withObjects(tx, run);
  const { ordinals } = row.runStep!;
  if (!isUnderWay(stored.run)) return void (await endRequest(tx, context.events, row.id, { state: 'cancelled' }));

  let attempts = Math.max(0, row.attempts - 1);
  if (row.params.type === 'init_tracking') {
    for (const [at, ordinal] of ordinals.entries())
      await tx
        .update(runObjects)
        .set({ agentState: result.states[at]! })
        .where(and(eq(runObjects.runId, stored.row.id), eq(runObjects.ordinal, ordinal)));
  } else {
    await keepStates(tx, stored, row, result.states);
    const saver = createSaver(tx, stored, row);
    const expected = new Set(ahead(stored.run)?.ordinals);
    const results = ordinals.map((id, at) => ({
      id,
      shape: bare(result.shapes![at]!),
      presence: null,
      predicted_iou: null,
    }));
    await saver.save(results.filter((each) => expected.has(each.id)));
    await saver.finish(context);
    attempts = 0;
  }
  await endRequest(tx, context.events, row.id, { state: 'finished' });
  // The last step stays, so that its `complete` may arrive twice; those before it have nothing to tell any more.
  await tx
    .delete(functionRequests)
    .where(
      sql`${functionRequests.runId} = ${stored.row.id} and ${functionRequests.id} <> ${row.id} and ${functionRequests.state} = 'finished'`,
    );
  const [now] = await tx.select().from(runs).where(eq(runs.id, stored.row.id));
  await askNext(tx, context, await withObjects(tx, now!), row, attempts);
}

/** States of the gateway's functions change with every step. */
async function keepStates(tx: Db, stored: StoredRun, row: RequestRow, states: readonly string[]): Promise<void> {
  for (const [at, ordinal] of row.runStep!.ordinals.entries())
    if (states[at] !== stored.objects[ordinal]!.agentState)
      await tx
        .update(runObjects)
        .set({ agentState: states[at]! })
        .where(and(eq(runObjects.runId, stored.row.id), eq(runObjects.ordinal, ordinal)));
}

/** Shapes may carry more on CVAT's wire; the track keeps type and points. */
function bare(shape: TrackableShape | null): TrackableShape | null {
  return shape && { type: shape.type, points: shape.points };
}

async function askNext(
  tx: Db,
  context: QueueContext,
  stored: StoredRun,
  row: RequestRow,
  attempts: number,
): Promise<void> {
  const { run, objects } = stored;
  if (!isUnderWay(run)) return;
  const isGateway = isGatewayAgent(row.agentId);
  const stateless = waiting(run).filter((each) => objects[each]!.agentState === null);
  const next = ahead(run)!;
  const tracked = next.ordinals.slice(0, MOST_OBJECTS);
  const ask =
    stateless.length > 0
      ? initStep(stored, stateless)
      : {
          params: {
            type: 'track',
            task: stored.row.taskId,
            job: stored.row.jobId,
            frame: next.frame,
            states: tracked.map((each) => objects[each]!.agentState!),
          },
          runStep: { frame: next.frame, ordinals: tracked },
        };
  await tx.insert(functionRequests).values({
    id: crypto.randomUUID(),
    functionId: row.functionId,
    category: 'interactive',
    ...ask,
    runId: stored.row.id,
    taskId: stored.row.taskId,
    ownerId: stored.row.ownerId,
    fence: stored.row.fence,
    attempts,
    // For so long it waits for the agent that holds the states; those of the gateway belong to no agent.
    ...(isGateway ? {} : { onlyAgentId: row.agentId, leaseUntil: fromNow(leaseMs(context, row)) }),
  });
  await context.events.tell(tx, { on: 'queue', functionId: row.functionId, category: 'interactive' });
}

/**
 * The agent of a run fell silent, gave up, or stopped too early: the run goes on with whoever comes, from the last saved
 * frame; after too many attempts without a new frame, or when no agent would fare better, it fails with the error.
 * `late`: its holder may still finish before another comes.
 */
export async function giveBack(
  tx: Db,
  context: QueueContext,
  row: RequestRow,
  run: RunRow,
  why: {
    readonly error: string;
    readonly permanent?: boolean;
    readonly late?: boolean;
    readonly restart?: boolean;
  },
): Promise<void> {
  const stored = await withObjects(tx, run);
  if (!isUnderWay(stored.run)) return void (await endRequest(tx, context.events, row.id, { state: 'cancelled' }));
  if (why.permanent || row.attempts >= context.config.limits.maxAttempts) {
    await endRequest(tx, context.events, row.id, { state: 'parked', error: why.error });
    await writeRun(tx, stored, step(stored.run, { kind: 'failed', error: why.error }));
  } else {
    await tx
      .update(functionRequests)
      .set({
        state: 'queued',
        category: 'batch',
        onlyAgentId: null,
        leaseUntil: null,
        error: why.error,
        ...(why.restart ? { runStep: null } : {}),
        ...(why.late
          ? {}
          : {
              agentId: null,
              // Only failures in a row wait longer and longer; after a new frame it goes on at once.
              notBefore: row.attempts > 0 ? fromNow(backOffMs(row.attempts)) : null,
            }),
      })
      .where(eq(functionRequests.id, row.id));
    await writeRun(tx, stored, step(stored.run, { kind: 'returned' }));
    await context.events.tell(tx, { on: 'queue', functionId: row.functionId, category: 'batch' });
  }
  await context.events.tell(tx, { on: 'run', runId: stored.row.id, taskId: stored.row.taskId });
}

/** An agent says that it is done with a run that it took whole. What is left, if anything, is offered again. */
export async function completeRange(tx: Db, context: QueueContext, row: RequestRow, run: RunRow): Promise<void> {
  const stored = await withObjects(tx, run);
  if (ahead(stored.run))
    return giveBack(tx, context, row, run, {
      error: `The agent stopped at frame ${stored.run.doneFrame}, before the target.`,
    });
  await endRequest(tx, context.events, row.id, { state: 'finished' });
}
