import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { FastifyRequest } from 'fastify';
import { loadFacts } from '../access/facts.ts';
import { may } from '../access/policy.ts';
import type { Db } from '../database/open.ts';
import { accessTokens, sessions, users } from '../database/schema/index.ts';
import type { StillAllowed } from '../http/event-stream.ts';

/**
 * Asks again what the guard asked when the request came: whether the credential is still good, and whether its owner may
 * still do this. Requests of one credential about one thing are asked about once in a round.
 */
export function createStillAllowed(db: Db): StillAllowed {
  /** What the password of a request with one was, as its hash. */
  const passwords = new WeakMap<FastifyRequest, string | null>();

  async function owner(request: FastifyRequest): Promise<{ isAdmin: boolean } | undefined> {
    const { principal, credential } = request;
    const [user] = await db
      .select({ isAdmin: users.isAdmin, passwordHash: users.passwordHash, isSignedIn: isSignedIn() })
      .from(users)
      .where(and(eq(users.id, principal.userId), eq(users.isActive, true)));
    if (!user?.isSignedIn) return undefined;
    if (credential.by === 'password') {
      if (!passwords.has(request)) passwords.set(request, user.passwordHash);
      if (passwords.get(request) !== user.passwordHash) return undefined;
    }
    return user;

    function isSignedIn() {
      if (credential.by === 'password') return sql<boolean>`true`;
      if (credential.by === 'access-token') {
        const isCurrent = or(isNull(accessTokens.expiryDate), gt(accessTokens.expiryDate, sql`now()`));
        const token = and(eq(accessTokens.id, credential.tokenId), isCurrent);
        return sql<boolean>`exists (${db.select({ one: sql`1` }).from(accessTokens).where(token)})`;
      }
      const session = and(eq(sessions.hash, credential.sessionHash), gt(sessions.expiresDate, sql`now()`));
      return sql<boolean>`exists (${db.select({ one: sql`1` }).from(sessions).where(session)})`;
    }
  }

  async function ask(request: FastifyRequest): Promise<boolean> {
    const user = await owner(request);
    if (!user) return false;
    const { access } = request.routeOptions.config;
    if (!access || !('on' in access)) return true;
    const id = (request.params as Record<string, string>)[access.param ?? 'id'];
    if (id === undefined) return true;
    const facts = await loadFacts(db, access.on, String(id), request.principal.userId);
    return facts !== null && may(user, 'view', facts) && may(user, access.action, facts);
  }

  return () => {
    const answers = new Map<string, Promise<boolean>>();
    return (request) => {
      // Two requests with a password may have come with different ones.
      if (request.credential.by === 'password') return ask(request);
      const key = JSON.stringify([request.credential, request.routeOptions.config.access, request.params]);
      const answer = answers.get(key) ?? ask(request);
      answers.set(key, answer);
      return answer;
    };
  };
}
