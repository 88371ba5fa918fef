import { and, eq, isNull } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { functions, users } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';

const NAME = 'roto-agent';

/**
 * The user as whom the server's own agent signs in: no administrator, without a password. An agent decodes videos of
 * strangers in native code, so what it holds should open little. A person of that name is left alone.
 */
export async function localAgent(db: Db): Promise<{ readonly id: number; readonly username: string }> {
  return transact(db, async (tx) => {
    for (let n = 1; ; n++) {
      const username = n === 1 ? NAME : `${NAME}-${n}`;
      const [made] = await tx
        .insert(users)
        .values({ username, firstName: 'Agent of this server' })
        .onConflictDoNothing()
        .returning();
      const [found] = made ? [made] : await tx.select().from(users).where(eq(users.username, username));
      if (found && found.passwordHash === null && !found.isAdmin && found.isActive) return { id: found.id, username };
    }
  });
}

/** Has a function of nobody's organization belong to a user, who may then serve it. */
export async function giveFunction(db: Db, functionId: number, userId: number): Promise<void> {
  await db
    .update(functions)
    .set({ ownerId: userId })
    .where(and(eq(functions.id, functionId), isNull(functions.organizationId)));
}
