import { and, eq } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { accessTokens } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { digest, newSecret } from './secrets.ts';

export type TokenRow = typeof accessTokens.$inferSelect;

export type NewToken = {
  readonly userId: number;
  readonly name: string;
  readonly readOnly?: boolean;
  readonly expiryDate?: Date | null;
};

/** Makes a token of a user. The value is returned once; the database keeps its digest. */
export async function createAccessToken(
  db: Db,
  of: {
    readonly userId: number;
    readonly name: string;
    readonly readOnly?: boolean;
    readonly expiryDate?: Date | null;
  },
): Promise<{ row: TokenRow; value: string }> {
  const value = newSecret();
  const [row] = await db
    .insert(accessTokens)
    .values({ userId: of.userId, name: of.name, readOnly: of.readOnly, expiryDate: of.expiryDate, hash: digest(value) })
    .returning();
  return { row: row!, value };
}

/** The same, in place of those of the same user and name; theirs end now. */
export async function replaceAccessToken(db: Db, of: NewToken): Promise<{ row: TokenRow; value: string }> {
  return transact(db, async (tx) => {
    await revokeAccessTokens(tx, of);
    return createAccessToken(tx, of);
  });
}

/** Ends the tokens of a user by name. */
export async function revokeAccessTokens(
  db: Db,
  of: { readonly userId: number; readonly name: string },
): Promise<void> {
  await db.delete(accessTokens).where(and(eq(accessTokens.userId, of.userId), eq(accessTokens.name, of.name)));
}
