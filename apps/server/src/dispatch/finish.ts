import type { FramesAnswer } from '@roto/wire';
import { eq } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { functionRequests } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { writeDetections } from '../functions/detections.ts';
import { checkResult } from '../functions/results.ts';
import { rememberStates } from '../functions/states.ts';
import { conflict } from '../http/errors.ts';
import { type Holder, lockHeld, renew } from '../queue/holder.ts';
import {
  backOffMs,
  endRequest,
  fromNow,
  isGatewayAgent,
  type QueueContext,
  type RequestRow,
} from '../queue/requests.ts';
import { isOpenRow, whatNow } from '../runs/frames.ts';
import { completeRange, completeStep, giveBack, type StepResult } from '../runs/steps.ts';

/**
 * The holder shows that it lives and how far it is (0…1). Answers the holder of a whole run, who shows a fence, with what
 * it should do next; all others with null.
 */
export function update(
  context: QueueContext,
  functionId: number,
  id: string,
  holder: Holder,
  progress?: number,
): Promise<FramesAnswer | null> {
  return transact(context.db, async (tx) => {
    const { row, run } = await lockHeld(tx, functionId, id, holder);
    if (isOpenRow(row)) await renew(tx, context, row, run ? {} : { progress });
    else if (holder.fence === undefined) throw ended(row);
    return run && holder.fence !== undefined && !row.runStep ? whatNow(tx, row, run) : null;
  });
}

/** Takes the result. A second `complete` of the same holder, whose first answer got lost, changes nothing. */
export function complete(
  context: QueueContext,
  functionId: number,
  id: string,
  holder: Holder,
  result: Record<string, unknown>,
): Promise<void> {
  return transact(context.db, async (tx) => {
    const { row, run } = await lockHeld(tx, functionId, id, holder);
    if (!isOpenRow(row)) {
      if (row.state === 'finished' || row.state === 'cancelled') return;
      throw ended(row);
    }
    if (run && !row.runStep) return completeRange(tx, context, row, run);
    const checked = checkResult(row.params, result, isGatewayAgent(holder.agentId));
    if (run) return completeStep(tx, context, row, run, checked as StepResult);
    if (row.params.type === 'annotate_task') {
      await writeDetections(tx, row, checked);
      await endRequest(tx, context.events, id, { state: 'finished' });
      return;
    }
    await rememberStates(tx, row, checked);
    await endRequest(tx, context.events, id, { state: 'finished', result: checked });
  });
}

/**
 * The holder could not do it; `restart`: its states are gone, and a run begins again from its last saved frame. Batches are tried again, later each time, and parked with their error in the end.
 */
export function fail(
  context: QueueContext,
  functionId: number,
  id: string,
  holder: Holder,
  error: string,
  permanent: boolean,
  restart = false,
): Promise<void> {
  return transact(context.db, async (tx) => {
    const { row, run } = await lockHeld(tx, functionId, id, holder);
    if (!isOpenRow(row)) throw ended(row);
    if (run) return giveBack(tx, context, row, run, { error, permanent, restart });
    // Somebody waits for an interactive one, and is told at once.
    if (row.category === 'interactive' || permanent)
      return void (await endRequest(tx, context.events, id, { state: 'failed', error }));
    await tryAgain(tx, context, row, error);
  });
}

/** Back in the queue after a failure, or parked after too many. */
export async function tryAgain(tx: Db, context: QueueContext, row: RequestRow, error: string): Promise<void> {
  if (row.attempts >= context.config.limits.maxAttempts)
    return void (await endRequest(tx, context.events, row.id, { state: 'parked', error }));
  await tx
    .update(functionRequests)
    .set({
      state: 'queued',
      agentId: null,
      leaseUntil: null,
      error,
      progress: 0,
      notBefore: fromNow(backOffMs(row.attempts)),
    })
    .where(eq(functionRequests.id, row.id));
}

function ended(row: RequestRow) {
  return conflict(`Request ${row.id} is ${row.state}; nothing more is taken for it.`);
}
