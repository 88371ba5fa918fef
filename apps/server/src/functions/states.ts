import { createHash } from 'node:crypto';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { agents, trackingStates } from '../database/schema/index.ts';
import { badRequest } from '../http/errors.ts';
import { isGatewayAgent, type RequestRow } from '../queue/requests.ts';

const hashOf = (state: string): string => createHash('sha256').update(state).digest('hex');

/** Keeps which states an agent answered with, so that they can be sent back, by the same user, for the same task. */
export async function rememberStates(tx: Db, row: RequestRow, result: Record<string, unknown>): Promise<void> {
  // Those of agents stay the same; a function of the gateway answers with new ones at every step.
  const isNew = row.params.type === 'init_tracking' || isGatewayAgent(row.agentId);
  if (!isNew || !Array.isArray(result.states)) return;
  const [agent] = await tx
    .select({ capabilities: agents.capabilities })
    .from(agents)
    .where(and(eq(agents.functionId, row.functionId), eq(agents.agentId, row.agentId!)));
  const agentId = agent?.capabilities.shared_states === true ? null : row.agentId;
  const owner = { functionId: row.functionId, userId: row.ownerId!, taskId: row.taskId! };
  await rememberOwnStates(tx, owner, result.states as string[], agentId);
}

/** Whose states are: for another function, person or task they are worth nothing. */
export type StateOwner = { readonly functionId: number; readonly userId: number; readonly taskId: number };

/** Keeps that these states belong to somebody. `agentId`: the agent that must be asked; null: any. */
export async function rememberOwnStates(
  tx: Db,
  owner: StateOwner,
  states: readonly string[],
  agentId: string | null,
): Promise<void> {
  if (states.length === 0) return;
  await tx
    .insert(trackingStates)
    .values(states.map((state) => ({ ...owner, hash: hashOf(state), agentId })))
    .onConflictDoUpdate({
      target: [trackingStates.functionId, trackingStates.hash],
      set: { userId: owner.userId, taskId: owner.taskId, agentId, usedDate: sql`now()` },
    });
}

/** Whether all of them were given to this person, for this task, and used in the last 8 hours. */
export async function statesAreOf(db: Db, owner: StateOwner, states: readonly string[]): Promise<boolean> {
  const hashes = [...new Set(states.map(hashOf))];
  const rows = await db
    .select({ hash: trackingStates.hash })
    .from(trackingStates)
    .where(
      and(
        eq(trackingStates.functionId, owner.functionId),
        inArray(trackingStates.hash, hashes),
        eq(trackingStates.userId, owner.userId),
        eq(trackingStates.taskId, owner.taskId),
        sql`${trackingStates.usedDate} > now() - interval '8 hours'`,
      ),
    );
  return rows.length === hashes.length;
}

/**
 * The agent that a `track` must go to, because it keeps the states; null: any.
 * @throws HttpError 400 for states that no agent gave to this user for this task, or that were unused for too long
 */
export async function keeperOf(
  tx: Db,
  request: { functionId: number; userId: number; taskId: number; states: readonly string[] },
): Promise<string | null> {
  const hashes = request.states.map(hashOf);
  const rows = await tx
    .update(trackingStates)
    .set({ usedDate: sql`now()` })
    .where(
      and(
        eq(trackingStates.functionId, request.functionId),
        inArray(trackingStates.hash, hashes),
        eq(trackingStates.userId, request.userId),
        eq(trackingStates.taskId, request.taskId),
      ),
    )
    .returning({ hash: trackingStates.hash, agentId: trackingStates.agentId });
  const known = new Map(rows.map((row) => [row.hash, row.agentId]));
  const wrong = hashes.findIndex((hash) => !known.has(hash));
  if (wrong >= 0)
    throw badRequest('states', `[${wrong}]: invalid or expired tracker state; begin anew with init_tracking.`);
  const keepers = new Set([...known.values()].filter((each) => each !== null));
  if (keepers.size > 1)
    throw badRequest('states', 'They lie with different agents; ask for those of each agent alone.');
  return [...keepers][0] ?? null;
}
