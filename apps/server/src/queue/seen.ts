import type { Capabilities } from '@roto/wire';
import { sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { agents } from '../database/schema/index.ts';

/** An agent that asks again within this needs no new row: hundreds of them ask all the time. */
const EVERY_MS = 30_000;
const MOST_REMEMBERED = 10_000;

/** Notes who asks for work. Resolves when it is written, or was a moment ago. */
export function createSightings(db: Db) {
  const noted = new Map<string, number>();
  return async (functionId: number, agentId: string, userId: number, capabilities: Capabilities): Promise<void> => {
    const key = `${functionId} ${agentId} ${userId}`;
    const now = performance.now();
    const last = noted.get(key);
    if (last !== undefined && now - last < EVERY_MS) return;
    await db
      .insert(agents)
      .values({ functionId, agentId, userId, capabilities })
      .onConflictDoUpdate({
        target: [agents.functionId, agents.agentId],
        set: { userId, capabilities, lastSeen: sql`now()` },
      });
    if (noted.size >= MOST_REMEMBERED) noted.clear();
    noted.set(key, now);
  };
}
