import { createHash } from 'node:crypto';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { agents, trackingStates } from '../database/schema/index.ts';
import { badRequest } from '../http/errors.ts';
import type { RequestRow } from '../queue/requests.ts';

const hashOf = (state: string): string => createHash('sha256').update(state).digest('hex');

/** Keeps which states an agent answered with, so that they can be sent back, by the same user, for the same task. */
export async function rememberStates(tx: Db, row: RequestRow, result: Record<string, unknown>): Promise<void> {
  if (row.params.type !== 'init_tracking') return;
  const [agent] = await tx
    .select({ capabilities: agents.capabilities })
    .from(agents)
    .where(and(eq(agents.functionId, row.functionId), eq(agents.agentId, row.agentId!)));
  const agentId = agent?.capabilities.shared_states === true ? null : row.agentId;
  await tx
    .insert(trackingStates)
    .values(
      (result.states as string[]).map((state) => ({
        functionId: row.functionId,
        hash: hashOf(state),
        userId: row.ownerId,
        taskId: row.taskId,
        agentId,
      })),
    )
    .onConflictDoUpdate({
      target: [trackingStates.functionId, trackingStates.hash],
      set: { userId: row.ownerId, taskId: row.taskId, agentId, usedDate: sql`now()` },
    });
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
