import { and, eq, gt, lt, sql } from 'drizzle-orm';
import type { FastifyReply } from 'fastify';
import type { Db } from '../database/open.ts';
import { sessions, users } from '../database/schema/index.ts';
import { digest, newSecret } from './secrets.ts';

/** A session ends this long after it was last used. Agents sign in once, so it must outlive their quiet hours. */
export const SESSION_SECONDS = 14 * 24 * 3600;
/** CVAT's clients ask for both cookies by these names. */
export const SESSION_COOKIE = 'sessionid';
export const CSRF_COOKIE = 'csrftoken';

export type NewSession = { readonly id: string; readonly csrfToken: string; readonly key: string };

/** Signs a user in. The secrets are returned once; the database keeps their digests. */
export async function openSession(db: Db, userId: number): Promise<NewSession> {
  const made = { id: newSecret(), csrfToken: newSecret(), key: newSecret() };
  await db.delete(sessions).where(lt(sessions.expiresDate, sql`now()`));
  await db.insert(sessions).values({
    hash: digest(made.id),
    userId,
    csrfToken: made.csrfToken,
    keyHash: digest(made.key),
    expiresDate: fromNow(),
  });
  await db.update(users).set({ lastLogin: sql`now()` }).where(eq(users.id, userId));
  return made;
}

const fromNow = () => sql`now() + ${SESSION_SECONDS} * interval '1 second'`;

/** The living session of a cookie or of a login key. */
export async function findSession(db: Db, by: { readonly id: string } | { readonly key: string }) {
  const [row] = await db
    .select({
      hash: sessions.hash,
      csrfToken: sessions.csrfToken,
      /** Half of its time is over: it should be made longer. */
      ageing: sql<boolean>`${sessions.expiresDate} < now() + ${SESSION_SECONDS / 2} * interval '1 second'`,
      userId: users.id,
      username: users.username,
      isAdmin: users.isAdmin,
      hasPassword: sql<boolean>`${users.passwordHash} is not null`,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        'id' in by ? eq(sessions.hash, digest(by.id)) : eq(sessions.keyHash, digest(by.key)),
        gt(sessions.expiresDate, sql`now()`),
        eq(users.isActive, true),
      ),
    );
  if (!row?.ageing) return row;
  // Where the database takes no writes just now the session stays as long as it was.
  const isLonger = await db
    .update(sessions)
    .set({ expiresDate: fromNow() })
    .where(eq(sessions.hash, row.hash))
    .then(
      () => true,
      () => false,
    );
  return { ...row, ageing: isLonger };
}

export async function closeSession(db: Db, hash: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.hash, hash));
}

/** Signs a user out everywhere, but in the session `but`. */
export async function closeSessions(db: Db, userId: number, but?: string): Promise<void> {
  await db.delete(sessions).where(and(eq(sessions.userId, userId), but ? sql`${sessions.hash} <> ${but}` : undefined));
}

/**
 * Both cookies, in a form that Python's SimpleCookie reads when they are joined by commas: no cookie but the last may end
 * in a bare flag, so `HttpOnly` stands before `Max-Age`.
 */
export function sendCookies(reply: FastifyReply, session: { readonly id: string; readonly csrfToken: string }): void {
  const secure = reply.request.base.startsWith('https:');
  reply.header('Set-Cookie', [
    cookie(CSRF_COOKIE, session.csrfToken, SESSION_SECONDS, { httpOnly: false, secure }),
    cookie(SESSION_COOKIE, session.id, SESSION_SECONDS, { httpOnly: true, secure }),
  ]);
}

export function clearCookies(reply: FastifyReply): void {
  const secure = reply.request.base.startsWith('https:');
  reply.header('Set-Cookie', [
    cookie(CSRF_COOKIE, '', 0, { httpOnly: false, secure }),
    cookie(SESSION_COOKIE, '', 0, { httpOnly: true, secure }),
  ]);
}

export function cookie(
  name: string,
  value: string,
  seconds: number,
  flags: { httpOnly: boolean; secure: boolean },
): string {
  return [
    `${name}=${value}`,
    `expires=${new Date(seconds === 0 ? 0 : Date.now() + seconds * 1000).toUTCString()}`,
    ...(flags.httpOnly ? ['HttpOnly'] : []),
    ...(flags.secure ? ['Secure'] : []),
    `Max-Age=${seconds}`,
    'Path=/',
    'SameSite=Lax',
  ].join('; ');
}

/** The value of a cookie that the request brought; of two by one name the first. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}
