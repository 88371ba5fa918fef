import { AccessToken, AccessTokenChange, CreatedAccessToken, NewAccessToken, pageOf, pageQuery } from '@roto/wire';
import { and, count, desc, eq, sql } from 'drizzle-orm';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { numberOf } from '../access/facts.ts';
import { createAccessToken, type TokenRow } from '../auth/tokens.ts';
import type { Context } from '../context.ts';
import { accessTokens, users } from '../database/schema/index.ts';
import { DONE } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest, forbidden, notFound } from '../http/errors.ts';
import { paginate } from '../http/pages.ts';
import { briefUser, type UserRow } from './bodies.ts';

const Id = Type.Object({ id: Type.String() });

/** Personal access tokens: for programs, in the header `Authorization: Bearer`. */
export function tokenRoutes(app: App, { db }: Context): void {
  const tokenBody = (row: TokenRow, owner: UserRow, base: string): AccessToken => ({
    id: row.id,
    name: row.name,
    created_date: row.createdDate.toISOString(),
    updated_date: row.updatedDate.toISOString(),
    expiry_date: row.expiryDate?.toISOString() ?? null,
    last_used_date: row.lastUsedDate?.toISOString() ?? null,
    read_only: row.readOnly,
    owner: briefUser(owner, base),
  });
  const read = async (id: number, base: string) => {
    const [row] = await db
      .select()
      .from(accessTokens)
      .innerJoin(users, eq(users.id, accessTokens.userId))
      .where(eq(accessTokens.id, id));
    return tokenBody(row!.access_tokens, row!.users, base);
  };

  app.get(
    '/api/auth/access_tokens',
    {
      config: { access: { signedIn: "lists one's own tokens" } },
      schema: {
        tags: ['auth'],
        summary: 'List access tokens',
        querystring: Type.Object(pageQuery),
        response: { 200: pageOf(AccessToken, 'AccessTokenPage') },
      },
    },
    (request) => {
      const where = eq(accessTokens.userId, request.principal.userId);
      return paginate(request, {
        count: async () => (await db.select({ n: count() }).from(accessTokens).where(where))[0]!.n,
        rows: async (limit, offset) => {
          const rows = await db
            .select()
            .from(accessTokens)
            .innerJoin(users, eq(users.id, accessTokens.userId))
            .where(where)
            .orderBy(desc(accessTokens.id))
            .limit(limit)
            .offset(offset);
          return rows.map((row) => tokenBody(row.access_tokens, row.users, request.base));
        },
      });
    },
  );

  app.post(
    '/api/auth/access_tokens',
    {
      config: { access: { signedIn: 'makes a token of who asks' } },
      schema: {
        tags: ['auth'],
        summary: 'Make an access token',
        description: 'The answer alone carries `value`; it cannot be shown again.',
        body: NewAccessToken,
        response: { 201: CreatedAccessToken },
      },
    },
    async (request, reply) => {
      refuseTokens(request);
      const { name, read_only: readOnly = false, expiry_date: expiry } = request.body;
      const { userId } = request.principal;
      const made = await createAccessToken(db, { userId, name, readOnly, expiryDate: future(expiry) ?? null });
      return reply.code(201).send({ ...(await read(made.row.id, request.base)), value: made.value });
    },
  );

  app.get(
    '/api/auth/access_tokens/self',
    {
      config: { access: { signedIn: 'is about the token that the request came with' } },
      schema: { tags: ['auth'], summary: 'The token in use', response: { 200: AccessToken } },
    },
    (request) => {
      if (request.credential.by !== 'access-token') throw notFound('The request does not use an access token.');
      return read(request.credential.tokenId, request.base);
    },
  );

  app.get(
    '/api/auth/access_tokens/:id',
    {
      config: { access: { action: 'view', on: 'access-token' } },
      schema: { tags: ['auth'], summary: 'Look up an access token', params: Id, response: { 200: AccessToken } },
    },
    (request) => read(numberOf(request.params.id), request.base),
  );

  app.patch(
    '/api/auth/access_tokens/:id',
    {
      config: { access: { action: 'update', on: 'access-token' } },
      schema: {
        tags: ['auth'],
        summary: 'Change an access token',
        params: Id,
        body: AccessTokenChange,
        response: { 200: AccessToken },
      },
    },
    async (request) => {
      refuseTokens(request);
      const id = numberOf(request.params.id);
      const { name, read_only: readOnly, expiry_date: expiry } = request.body;
      await db
        .update(accessTokens)
        .set({ name, readOnly, expiryDate: future(expiry), updatedDate: sql`now()` })
        .where(eq(accessTokens.id, id));
      return read(id, request.base);
    },
  );

  app.delete(
    '/api/auth/access_tokens/:id',
    {
      config: { access: { action: 'delete', on: 'access-token' } },
      schema: { tags: ['auth'], summary: 'Revoke an access token', params: Id, response: DONE },
    },
    async (request, reply) => {
      const id = numberOf(request.params.id);
      // A token may give itself up, and no other.
      if (!(request.credential.by === 'access-token' && request.credential.tokenId === id)) refuseTokens(request);
      await db.delete(accessTokens).where(and(eq(accessTokens.id, id)));
      return reply.code(204).send();
    },
  );
}

/** A token that leaks must not make itself a longer life. */
function refuseTokens(request: Pick<FastifyRequest, 'credential'>): void {
  if (request.credential.by === 'access-token')
    throw forbidden('Access tokens are managed after signing in by password, not with an access token.');
}

function future(expiry: string | null | undefined): Date | null | undefined {
  if (expiry === null || expiry === undefined) return expiry;
  const date = new Date(expiry);
  if (!(date.getTime() > Date.now())) throw badRequest('expiry_date', 'The date is past.');
  return date;
}
