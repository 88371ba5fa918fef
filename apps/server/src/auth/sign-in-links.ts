import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { signInLinks } from '../database/schema/index.ts';
import { digest, newSecret } from './secrets.ts';

/** How long a sign-in link may be used. */
export const LINK_SECONDS = 3600;

/** Makes a link that signs a user in once. Returns its path. */
export async function createSignInLink(db: Db, userId: number): Promise<string> {
  const secret = newSecret();
  await db.delete(signInLinks).where(lt(signInLinks.expiresDate, sql`now()`));
  await db
    .insert(signInLinks)
    .values({ hash: digest(secret), userId, expiresDate: sql`now() + ${LINK_SECONDS} * interval '1 second'` });
  return `/sign-in/${secret}`;
}

/** Uses a link up. Returns whom it signs in; null: unknown, expired or used. */
export async function useSignInLink(db: Db, secret: string): Promise<number | null> {
  const [row] = await db
    .update(signInLinks)
    .set({ usedDate: sql`now()` })
    .where(
      and(eq(signInLinks.hash, digest(secret)), isNull(signInLinks.usedDate), gt(signInLinks.expiresDate, sql`now()`)),
    )
    .returning({ userId: signInLinks.userId });
  return row?.userId ?? null;
}
