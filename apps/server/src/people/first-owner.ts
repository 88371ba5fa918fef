import { asc, eq, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { users } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';

export type FirstOwner = {
  readonly id: number;
  readonly username: string;
  /** There was nobody before. */
  readonly created: boolean;
  /** Without one, sign-in links are the only way in. */
  readonly hasPassword: boolean;
};

/** Held while looking whether there is anybody, so that servers that start together make one owner. */
const FIRST_OWNER_LOCK = 7_270_117;

/** The server's first administrator, made on the first start, without a password. */
export async function firstOwner(db: Db): Promise<FirstOwner> {
  return transact(db, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${FIRST_OWNER_LOCK})`);
    const [found] = await tx.select().from(users).where(eq(users.isAdmin, true)).orderBy(asc(users.id)).limit(1);
    if (found)
      return { id: found.id, username: found.username, created: false, hasPassword: found.passwordHash !== null };
    const [made] = await tx.insert(users).values({ username: 'owner', isAdmin: true }).returning();
    return { id: made!.id, username: made!.username, created: true, hasPassword: false };
  });
}
