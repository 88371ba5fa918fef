import { USERNAME } from '@roto/wire';
import { asc, eq } from 'drizzle-orm';
import { hashPassword, passwordProblem } from '../auth/passwords.ts';
import { closeSessions } from '../auth/sessions.ts';
import { createSignInLink } from '../auth/sign-in-links.ts';
import { createAccessToken } from '../auth/tokens.ts';
import type { Db } from '../database/open.ts';
import { accessTokens, users } from '../database/schema/index.ts';
import { sqlState } from '../database/transact.ts';

/** What whoever has the data may do with its people, without a server and without signing in. */

/** An account that cannot be found, made or changed as asked; the message says why. */
export class AccountError extends Error {
  readonly code = 'account';
  override readonly name = 'AccountError';
}

export type Account = {
  readonly id: number;
  readonly username: string;
  readonly isAdmin: boolean;
  readonly isActive: boolean;
  readonly hasPassword: boolean;
};

export async function listAccounts(db: Db): Promise<Account[]> {
  const rows = await db.select().from(users).orderBy(asc(users.id));
  return rows.map(({ id, username, isAdmin, isActive, passwordHash }) => ({
    id,
    username,
    isAdmin,
    isActive,
    hasPassword: passwordHash !== null,
  }));
}

export async function addAccount(db: Db, username: string, { isAdmin }: { isAdmin: boolean }): Promise<Account> {
  if (!new RegExp(USERNAME).test(username))
    throw new AccountError(
      `${JSON.stringify(username)} is not a valid name: letters, digits and _ . @ + - , up to 150.`,
    );
  try {
    const [made] = await db.insert(users).values({ username, isAdmin }).returning();
    return { id: made!.id, username, isAdmin, isActive: true, hasPassword: false };
  } catch (error) {
    if (sqlState(error) === '23505') throw new AccountError(`There is a user ${username} already.`);
    throw error;
  }
}

async function find(db: Db, username: string) {
  const [user] = await db.select().from(users).where(eq(users.username, username));
  if (user) return user;
  const names = (await listAccounts(db)).map((account) => account.username).slice(0, 20);
  throw new AccountError(`There is no user ${username}; there are: ${names.join(', ')}.`);
}

/** Sets a password and ends all sessions of the user, and all tokens. @throws AccountError */
export async function setAccountPassword(db: Db, username: string, password: string): Promise<void> {
  const user = await find(db, username);
  const problem = passwordProblem(password, username);
  if (problem) throw new AccountError(problem);
  await db
    .update(users)
    .set({ passwordHash: await hashPassword(password), isActive: true })
    .where(eq(users.id, user.id));
  await closeSessions(db, user.id);
  await db.delete(accessTokens).where(eq(accessTokens.userId, user.id));
}

/**
 * Makes a link that signs the user in once, within an hour. With `reset` their password is forgotten, so that the page asks
 * for a new one. Returns its path. @throws AccountError
 */
export async function linkForAccount(db: Db, username: string, { reset }: { reset: boolean }): Promise<string> {
  const user = await find(db, username);
  if (!user.isActive) throw new AccountError(`The user ${username} is deactivated.`);
  if (reset) {
    await db.update(users).set({ passwordHash: null }).where(eq(users.id, user.id));
    await closeSessions(db, user.id);
  }
  return createSignInLink(db, user.id);
}

/** Makes an access token; the value is returned once. @throws AccountError */
export async function addToken(
  db: Db,
  username: string,
  token: { readonly name: string; readonly readOnly: boolean; readonly expiryDate: Date | null },
): Promise<string> {
  const { id } = await find(db, username);
  if (token.name.length < 1 || token.name.length > 50)
    throw new AccountError('The name of a token has 1 to 50 characters.');
  return (await createAccessToken(db, { userId: id, ...token })).value;
}

export async function listTokens(db: Db, username?: string) {
  return db
    .select({
      id: accessTokens.id,
      name: accessTokens.name,
      username: users.username,
      readOnly: accessTokens.readOnly,
      expiryDate: accessTokens.expiryDate,
      lastUsedDate: accessTokens.lastUsedDate,
    })
    .from(accessTokens)
    .innerJoin(users, eq(users.id, accessTokens.userId))
    .where(username === undefined ? undefined : eq(users.username, username))
    .orderBy(asc(accessTokens.id));
}

/** Whether there was such a token. */
export async function removeToken(db: Db, id: number): Promise<boolean> {
  return (await db.delete(accessTokens).where(eq(accessTokens.id, id)).returning()).length > 0;
}
