import { eq, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { functionRequests, runs } from '../database/schema/index.ts';
import { conflict, notFound } from '../http/errors.ts';
import { fromNow, isGatewayAgent, type QueueContext, type RequestRow } from './requests.ts';

/** Who says that it has a request. A stock agent has no fence: its id, new with every start, stands for it. */
export type Holder = { readonly agentId: string; readonly fence?: number | undefined };

export type Locked = {
  readonly row: RequestRow /** The run that it is the work of. */;
  readonly run: typeof runs.$inferSelect | null;
};

/**
 * Locks a request, its run first where it belongs to one (all code takes the two in this order, so that nobody waits in
 * a circle). Null: there is no such request in the function's queue.
 */
export async function lockRequest(tx: Db, functionId: number, id: string): Promise<Locked | null> {
  const runId = tx.select({ id: functionRequests.runId }).from(functionRequests).where(eq(functionRequests.id, id));
  const [run] = await tx
    .select()
    .from(runs)
    .where(eq(runs.id, sql`(${runId})`))
    .for('update');
  const [row] = await tx.select().from(functionRequests).where(eq(functionRequests.id, id)).for('update');
  return row?.functionId === functionId ? { row, run: run ?? null } : null;
}

/**
 * Locks the request and checks that `holder` has it: was the last to be given it, however late it comes. A lease that
 * has ended bars nobody until the request is given to another, for the highest fence is still this holder's.
 */
export async function lockHeld(tx: Db, functionId: number, id: string, holder: Holder): Promise<Locked> {
  const locked = await lockRequest(tx, functionId, id);
  if (!locked) throw notFound(`There is no request ${id} in the queue of function ${functionId}.`);
  const { row } = locked;
  if (row.agentId !== holder.agentId)
    throw conflict(
      `Request ${id} is not assigned to agent ${holder.agentId}; its lease went to another, or was given back.`,
    );
  if (holder.fence !== undefined && holder.fence !== row.fence)
    throw conflict(`Fence ${holder.fence} of request ${id} is stale; the request was given out again since.`);
  return locked;
}

/** The holder has shown that it lives; with `attempts` 0, that it got further, too. */
export async function renew(
  tx: Db,
  context: QueueContext,
  row: RequestRow,
  more: { readonly progress?: number | undefined; readonly attempts?: 0 } = {},
): Promise<void> {
  await tx
    .update(functionRequests)
    .set({ state: 'leased', leaseUntil: fromNow(leaseMs(context, row)), ...more })
    .where(eq(functionRequests.id, row.id));
}

/** Milliseconds that the holder may be silent. A step of a run has the time of a batch: nobody waits at a screen. */
export function leaseMs(
  context: QueueContext,
  row: Pick<RequestRow, 'category' | 'runId' | 'params' | 'agentId'>,
): number {
  const { batch, interactive, range = batch } = context.config.limits.leaseMs;
  // Both report often, so that another soon takes over what a dead one held.
  if (row.params.type === 'track_range' || isGatewayAgent(row.agentId)) return range;
  return row.runId ? batch : row.category === 'batch' ? batch : interactive;
}
