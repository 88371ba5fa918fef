import { and, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Credential } from '../access/access.ts';
import type { Db } from '../database/open.ts';
import { accessTokens, users } from '../database/schema/index.ts';
import { forbidden, HttpError } from '../http/errors.ts';
import { describeFault } from '../log/fault.ts';
import type { Log } from '../log/log.ts';
import type { Attempts } from './attempts.ts';
import { knownDevice } from './known-device.ts';
import type { createVerdicts } from './passwords.ts';
import { digest, sameSecret } from './secrets.ts';
import { findSession, readCookie, SESSION_COOKIE, sendCookies } from './sessions.ts';

export type Authenticated = {
  readonly userId: number;
  readonly username: string;
  readonly isAdmin: boolean;
  readonly readOnly: boolean;
  readonly credential: Credential;
};

export type Authenticator = (request: FastifyRequest, reply: FastifyReply) => Promise<Authenticated | null>;

/** What checking passwords needs beside the database. */
export type PasswordParts = {
  readonly attempts: Attempts;
  readonly verdicts: ReturnType<typeof createVerdicts>;
  readonly log: Log;
};

const SAFE = ['GET', 'HEAD', 'OPTIONS'];
export const isSafe = (method: string): boolean => SAFE.includes(method);

/** The answer to a request that says not, or wrongly, who asks. */
export function unauthenticated(detail: string): HttpError {
  return new HttpError(401, { detail }, { 'WWW-Authenticate': 'Token' });
}

/**
 * Finds out who asks, in the contract's order: `Token`, `Bearer`, session cookie, `Basic`. Null: the request does not say.
 * The function throws 401 for credentials that are wrong, and 403 for a cookie without the proof that our own page sent it.
 */
export function createAuthenticator(db: Db, parts: PasswordParts): Authenticator {
  return async (request, reply) => {
    const header = request.headers.authorization;
    if (header !== undefined) {
      const [, scheme, value] = /^(\w+) +(\S+) *$/.exec(header) ?? [];
      switch (scheme?.toLowerCase()) {
        case 'token':
          return byLoginKey(value!);
        case 'bearer':
          return byAccessToken(value!);
        case 'basic':
          return byPassword(value!, request.ip);
        default:
          throw unauthenticated('The Authorization header is none of: Token KEY, Bearer TOKEN, Basic CREDENTIALS.');
      }
    }
    const cookie = readCookie(request.headers.cookie, SESSION_COOKIE);
    return cookie ? bySession(cookie, request, reply) : null;
  };

  async function byLoginKey(key: string): Promise<Authenticated> {
    const session = await findSession(db, { key });
    if (!session) throw unauthenticated('The token is unknown, or its session has ended. Log in again.');
    return { ...session, readOnly: false, credential: { by: 'login-key', sessionHash: session.hash } };
  }

  async function byAccessToken(value: string): Promise<Authenticated> {
    const [row] = await db
      .select({
        tokenId: accessTokens.id,
        readOnly: accessTokens.readOnly,
        /** Once a minute is enough to show when it was last used. */
        stale: sql<boolean>`coalesce(${accessTokens.lastUsedDate} < now() - interval '1 minute', true)`,
        userId: users.id,
        username: users.username,
        isAdmin: users.isAdmin,
      })
      .from(accessTokens)
      .innerJoin(users, eq(users.id, accessTokens.userId))
      .where(
        and(
          eq(accessTokens.hash, digest(value)),
          or(isNull(accessTokens.expiryDate), gt(accessTokens.expiryDate, sql`now()`)),
          eq(users.isActive, true),
        ),
      );
    if (!row) throw unauthenticated('The access token is unknown, revoked or expired.');
    if (row.stale) {
      const minuteAgo = lt(accessTokens.lastUsedDate, sql`now() - interval '1 minute'`);
      // A database that takes no writes just now, being full or a standby, still answers who reads.
      await db
        .update(accessTokens)
        .set({ lastUsedDate: sql`now()` })
        .where(and(eq(accessTokens.id, row.tokenId), or(isNull(accessTokens.lastUsedDate), minuteAgo)))
        .catch((error: unknown) =>
          parts.log.warn('use of a token not noted', { token: row.tokenId, ...describeFault(error) }),
        );
    }
    return { ...row, credential: { by: 'access-token', tokenId: row.tokenId } };
  }

  async function bySession(id: string, request: FastifyRequest, reply: FastifyReply): Promise<Authenticated | null> {
    const session = await findSession(db, { id });
    if (!session) return null;
    if (!isSafe(request.method)) checkOwnPage(request, session.csrfToken);
    // The browser forgets the cookies when the session would have ended, so it is told when that moves.
    if (session.ageing) sendCookies(reply, { id, csrfToken: session.csrfToken });
    return { ...session, readOnly: false, credential: { by: 'session', sessionHash: session.hash } };
  }

  async function byPassword(value: string, address: string): Promise<Authenticated> {
    const text = Buffer.from(value, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 1) throw unauthenticated('The Basic credentials are not base64 of name:password.');
    const user = await byNameAndPassword(db, parts, {
      name: text.slice(0, colon),
      password: text.slice(colon + 1),
      address,
    });
    if (!user) throw unauthenticated('The name or the password is wrong.');
    const { userId, username, isAdmin } = user;
    return { userId, username, isAdmin, readOnly: false, credential: { by: 'password' } };
  }
}

/** Whom a name and a password belong to. */
export type PasswordUser = {
  readonly userId: number;
  readonly username: string;
  readonly isAdmin: boolean;
  readonly passwordHash: string | null;
};

/**
 * The user of that name (or e-mail address) and password; null when there is none.
 * @throws HttpError 429 after too many wrong ones, 503 when too many passwords are being checked
 */
export async function byNameAndPassword(
  db: Db,
  { attempts, verdicts, log }: PasswordParts,
  given: {
    readonly name: string;
    readonly password: string;
    readonly address: string;
    readonly email?: boolean;
    /** The Cookie header: may hold the mark of a browser that signed in before. */
    readonly cookies?: string | undefined;
  },
): Promise<PasswordUser | null> {
  // PostgreSQL keeps no zero character, so nobody has one in the name.
  const found = given.name.includes('\0')
    ? []
    : await db
        .select()
        .from(users)
        .where(
          given.email ? and(eq(users.email, given.name), sql`${users.email} <> ''`) : eq(users.username, given.name),
        )
        .limit(2);
  // An address that several share names nobody.
  const user = found.length === 1 ? found[0] : undefined;
  const who = { name: given.name.slice(0, 150), address: given.address };
  const isRight = await verdicts
    .check(given.password, user?.passwordHash ?? null, () =>
      attempts.begin({ address: given.address, name: given.name, device: knownDevice(given.cookies, user) }),
    )
    .catch((error: unknown) => {
      if (error instanceof HttpError) log.warn('sign-in refused', { ...who, status: error.status });
      throw error;
    });
  if (!user?.isActive || !isRight) {
    log.warn('sign-in failed', who);
    return null;
  }
  return { userId: user.id, username: user.username, isAdmin: user.isAdmin, passwordHash: user.passwordHash };
}

/**
 * A cookie comes with every request of the browser, also with those that another site made it send. Only our own page can
 * read the second cookie and repeat it in a header.
 */
function checkOwnPage(request: FastifyRequest, csrfToken: string): void {
  checkOrigin(request);
  const header = request.headers['x-csrftoken'];
  if (typeof header !== 'string' || header === '')
    throw forbidden('CSRF Failed: the header X-CSRFToken is missing; it repeats the cookie csrftoken.');
  if (!sameSecret(header, csrfToken)) throw forbidden('CSRF Failed: X-CSRFToken is not that of this session.');
}

/** @throws HttpError 403 when a page of another origin sent the request */
export function checkOrigin(request: FastifyRequest): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  if (origin === new URL(request.base).origin || origin === `${request.protocol}://${request.host}`) return;
  throw forbidden(`CSRF Failed: the request comes from a page of ${origin.slice(0, 200)}, not from this server.`);
}
