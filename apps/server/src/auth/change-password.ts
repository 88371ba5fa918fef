import { eq } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { users } from '../database/schema/index.ts';
import { badRequest } from '../http/errors.ts';
import type { PasswordParts } from './authenticate.ts';
import { checkPassword, hashPassword, passwordProblem } from './passwords.ts';
import { closeSessions } from './sessions.ts';

/**
 * Sets a person's own password and ends their other sessions. Who has none yet, and came by a link, needs no old one.
 * @param change.session  the session that lives on
 * @throws HttpError 400 for what is wrong with the passwords, 429 after too many wrong old ones
 */
export async function changePassword(
  db: Db,
  { attempts }: Pick<PasswordParts, 'attempts'>,
  change: {
    readonly userId: number;
    readonly address: string;
    readonly old: string;
    readonly next: string;
    readonly again: string;
    readonly session?: string;
  },
): Promise<void> {
  const { userId, address, old, next, again, session } = change;
  if (next !== again) throw badRequest('new_password2', 'The two new passwords differ.');
  const [user] = await db.select().from(users).where(eq(users.id, userId));
  const { username, passwordHash } = user!;
  const problem = passwordProblem(next, username);
  if (problem) throw badRequest('new_password1', problem);
  if (passwordHash !== null) {
    const attempt = attempts.begin({ address, name: username });
    if (!(await checkPassword(old, passwordHash))) throw badRequest('old_password', 'The old password is wrong.');
    attempt.succeeded();
  }
  await db
    .update(users)
    .set({ passwordHash: await hashPassword(next) })
    .where(eq(users.id, userId));
  await closeSessions(db, userId, session);
}
