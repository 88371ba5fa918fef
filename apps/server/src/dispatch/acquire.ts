import type { Assignment } from '@roto/wire';
import { and, asc, eq, notInArray, or, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Db } from '../database/open.ts';
import { functionRequests } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { leaseMs, lockRequest } from '../queue/holder.ts';
import { type Category, fromNow, isOpen, type QueueContext, type Taker } from '../queue/requests.ts';
import { handOut } from '../runs/hand-out.ts';

/** How many requests an agent looks at that others took in front of it, before it is told that there is nothing. */
const TRIES = 8;

/** Gives the oldest request of the category that the agent may have, under a lease with a new fence. */
export async function acquire(
  context: QueueContext,
  functionId: number,
  category: Category,
  taker: Taker,
): Promise<Assignment | null> {
  const passed: string[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    // One statement when there is nothing to take, which is nearly always.
    const [next] = await context.db
      .select({ id: functionRequests.id })
      .from(functionRequests)
      .where(
        and(
          takable(context, functionId, category, taker),
          passed.length > 0 ? notInArray(functionRequests.id, passed) : undefined,
        ),
      )
      .orderBy(...turns(functionId))
      .limit(1);
    if (!next) return null;
    const assignment = await transact(context.db, (tx) => take(tx, context, functionId, category, taker, next.id));
    if (assignment) return assignment;
    passed.push(next.id);
  }
  return null;
}

async function take(
  tx: Db,
  context: QueueContext,
  functionId: number,
  category: Category,
  taker: Taker,
  id: string,
): Promise<Assignment | null> {
  const locked = await lockRequest(tx, functionId, id);
  if (!locked) return null;
  const { row, run } = locked;
  // Looked at again under the lock: another agent may have been quicker.
  const [still] = await tx
    .select({ id: functionRequests.id })
    .from(functionRequests)
    .where(and(eq(functionRequests.id, id), takable(context, functionId, category, taker)));
  if (!still) return null;
  const given = run ? await handOut(tx, context, row, run, taker) : { params: row.params, fence: row.fence + 1 };
  if (!given) return null;
  const lease = leaseMs(context, { ...row, params: given.params, agentId: taker.agentId });
  await tx
    .update(functionRequests)
    .set({
      state: 'leased',
      agentId: taker.agentId,
      fence: given.fence,
      leaseUntil: fromNow(lease),
      leasedDate: sql`now()`,
      startedDate: sql`coalesce(${functionRequests.startedDate}, now())`,
      attempts: sql`${functionRequests.attempts} + 1`,
      notBefore: null,
    })
    .where(eq(functionRequests.id, id));
  return {
    function_id: functionId,
    ar_id: id,
    ar_params: given.params,
    fence: given.fence,
    lease_ms: lease,
  };
}

/** What this agent may take now. */
function takable(context: QueueContext, functionId: number, category: Category, taker: Taker): SQL | undefined {
  const t = functionRequests;
  const ranges = taker.capabilities.ranges !== undefined;
  const late = sql`${t.leaseUntil} < now()`;
  const forMe = or(sql`${t.onlyAgentId} is null`, eq(t.onlyAgentId, taker.agentId));
  return and(
    eq(t.functionId, functionId),
    isOpen,
    // Steps of a per-frame run are interactive, and the run itself is offered as a batch; a stock agent takes either, in
    // whichever category it asks. An agent that takes ranges leaves steps to those who hold their states.
    ranges
      ? and(eq(t.category, category), sql`${t.runStep} is null`)
      : or(eq(t.category, category), sql`${t.runId} is not null`),
    or(
      and(eq(t.state, 'queued'), forMe, or(sql`${t.notBefore} is null`, sql`${t.notBefore} <= now()`)),
      // The states of a `track` that is no step of a run lie with one agent; nobody else can take its place.
      and(late, or(forMe, sql`${t.runId} is not null`)),
      and(eq(t.state, 'leased'), eq(t.agentId, taker.agentId), lostOnTheWay(taker)),
    ),
    // Whoever fell silent with it that often would again; the sweep parks it.
    sql`not (${t.state} = 'leased' and ${t.attempts} >= ${context.config.limits.maxAttempts})`,
    or(sql`${t.deadline} is null`, sql`${t.deadline} > now()`),
  );
}

/**
 * Who asked for something and was served longest ago comes first, or never was; of theirs the oldest. So one person with
 * many requests does not keep those of others waiting.
 */
function turns(functionId: number): SQL[] {
  const other = alias(functionRequests, 'other');
  const served = sql`(select max(${other.leasedDate}) from ${functionRequests} ${sql.identifier('other')}
    where ${other.functionId} = ${functionId} and ${other.ownerId} = ${functionRequests.ownerId})`;
  return [sql`${served} asc nulls first`, asc(functionRequests.createdDate), asc(functionRequests.id)];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Given to this agent, which does not know of it. */
function lostOnTheWay(taker: Taker): SQL {
  if (taker.holding) {
    // What is no id of ours names no request.
    const held = taker.holding.filter((id) => UUID.test(id));
    return held.length > 0 ? notInArray(functionRequests.id, held) : sql`true`;
  }
  const stock = Object.keys(taker.capabilities).length === 0;
  return stock ? sql`true` : sql`false`;
}
