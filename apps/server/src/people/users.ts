import { AnyUser, NewUser, pageOf, pageQuery, User, UserAdministration, UserChange, workspaceQuery } from '@roto/wire';
import { and, asc, count, eq, ne, sql } from 'drizzle-orm';
import { Type } from 'typebox';
import type { Credential } from '../access/access.ts';
import { numberOf } from '../access/facts.ts';
import { visibleUsers } from '../access/visible.ts';
import { hashPassword, passwordProblem } from '../auth/passwords.ts';
import { closeSessions } from '../auth/sessions.ts';
import type { Context } from '../context.ts';
import type { Db } from '../database/open.ts';
import { accessTokens, users } from '../database/schema/index.ts';
import { sqlState } from '../database/transact.ts';
import { DONE } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest, conflict, forbidden } from '../http/errors.ts';
import { filterCondition, orderOf, plainConditions, searchCondition } from '../http/list-filters.ts';
import { paginate } from '../http/pages.ts';
import { briefUser, fullUser } from './bodies.ts';

const Id = Type.Object({ id: Type.String() });

const name = Type.Optional(Type.String({ maxLength: 150 }));
const FIELDS = {
  id: users.id,
  username: users.username,
  first_name: users.firstName,
  last_name: users.lastName,
  is_active: users.isActive,
};
const SORTABLE = { id: users.id, username: users.username, first_name: users.firstName, last_name: users.lastName };

export function userRoutes(app: App, { db }: Context): void {
  app.get(
    '/api/users',
    {
      config: { access: { signedIn: 'lists oneself and the members of the organizations that one is in' } },
      schema: {
        tags: ['users'],
        summary: 'List users',
        querystring: Type.Object(
          {
            ...pageQuery,
            ...workspaceQuery,
            search: Type.Optional(Type.String({ maxLength: 150, description: 'Part of a name.' })),
            is_active: Type.Optional(Type.Boolean()),
            username: name,
            first_name: name,
            last_name: name,
            id: Type.Optional(Type.Integer()),
            sort: name,
            filter: Type.Optional(Type.String({ maxLength: 65_536, description: 'An expression of JSON logic.' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: pageOf(AnyUser, 'UserPage') },
      },
    },
    (request) => {
      const { search, filter, sort, ...asked } = request.query;
      const where = and(
        visibleUsers(db, request.principal),
        ...plainConditions(asked, FIELDS),
        searchCondition(search, [users.username, users.firstName, users.lastName]),
        filterCondition(filter, FIELDS),
      );
      const order = orderOf(sort, SORTABLE, asc(users.id));
      return paginate(request, {
        count: async () => (await db.select({ n: count() }).from(users).where(where))[0]!.n,
        rows: async (limit, offset) =>
          (
            await db
              .select()
              .from(users)
              .where(where)
              .orderBy(...order)
              .limit(limit)
              .offset(offset)
          ).map((row) => shown(row, request)),
      });
    },
  );

  app.get(
    '/api/users/self',
    {
      config: { access: { signedIn: 'is about who asks' } },
      schema: { tags: ['users'], summary: 'Who one is', response: { 200: User } },
    },
    async (request) => fullUser(await theUser(request.principal.userId), request.base),
  );

  app.get(
    '/api/users/:id',
    {
      config: { access: { action: 'view', on: 'user' } },
      schema: { tags: ['users'], summary: 'Look up a user', params: Id, response: { 200: AnyUser } },
    },
    async (request) => shown(await theUser(numberOf(request.params.id)), request),
  );

  app.post(
    '/api/users',
    {
      config: { access: { action: 'create', on: 'user' } },
      schema: {
        tags: ['users'],
        summary: 'Make a user',
        description: 'For administrators. Without a password the user signs in by access token only.',
        body: NewUser,
        response: { 201: User },
      },
    },
    async (request, reply) => {
      refuseTokens(request);
      const { username, password } = request.body;
      await assertFreeEmail(db, request.body.email);
      const values = { username, ...(await columnsOf(request.body, username)) };
      if (!password) values.passwordHash = null;
      try {
        const [made] = await db.insert(users).values(values).returning();
        return reply.code(201).send(fullUser(made!, request.base));
      } catch (error) {
        if (sqlState(error) === '23505') throw badRequest('username', 'A user of that name exists already.');
        throw error;
      }
    },
  );

  app.patch(
    '/api/users/:id',
    {
      config: { access: { action: 'update', on: 'user' } },
      schema: {
        tags: ['users'],
        summary: 'Change a user',
        description: 'Oneself: names and e-mail address. Administrators: also password, activity and administration.',
        params: Id,
        body: UserChange,
        response: { 200: User },
      },
    },
    async (request) => {
      const { principal, body } = request;
      const id = numberOf(request.params.id);
      const asked = Object.keys(UserAdministration.properties).filter((key) => key in body);
      if (!principal.isAdmin && asked.length > 0)
        throw forbidden(
          `Only an administrator may set: ${asked.join(', ')}. Your own password: /api/auth/password/change.`,
        );
      if (asked.length > 0) refuseTokens(request);
      if (id === principal.userId && (body.is_active === false || body.is_superuser === false))
        throw badRequest('non_field_errors', 'You cannot take your own access away; ask another administrator.');
      const before = await theUser(id);
      await assertFreeEmail(db, body.email, id);
      const values = await columnsOf(body, before.username);
      const [after] = Object.keys(values).length
        ? await db.update(users).set(values).where(eq(users.id, id)).returning()
        : [before];
      if (values.passwordHash !== undefined || values.isActive === false) {
        // Whoever took the account over must not keep it by a token; reactivating it revives none.
        await closeSessions(db, id);
        await db.delete(accessTokens).where(eq(accessTokens.userId, id));
      }
      return fullUser(after!, request.base);
    },
  );

  app.delete(
    '/api/users/:id',
    {
      config: { access: { action: 'delete', on: 'user' } },
      schema: {
        tags: ['users'],
        summary: 'Remove a user',
        description: 'For administrators. What the user made stays; 409 while an organization belongs to the user.',
        params: Id,
        response: DONE,
      },
    },
    async (request, reply) => {
      const id = numberOf(request.params.id);
      if (id === request.principal.userId)
        throw badRequest('non_field_errors', 'You cannot remove yourself; ask another administrator.');
      try {
        await db.delete(users).where(eq(users.id, id));
      } catch (error) {
        if (sqlState(error) === '23503')
          throw conflict('Something belongs to this user that cannot be without an owner, such as an organization.');
        throw error;
      }
      return reply.code(204).send();
    },
  );

  const theUser = async (id: number) => (await db.select().from(users).where(eq(users.id, id)))[0]!;
}

function shown(
  row: typeof users.$inferSelect,
  request: { principal: { userId: number; isAdmin: boolean }; base: string },
) {
  const { principal, base } = request;
  return principal.isAdmin || row.id === principal.userId ? fullUser(row, base) : briefUser(row, base);
}

/** A token that leaks must not make itself administrators, nor set passwords to sign in with. */
function refuseTokens({ body, credential }: { body: unknown; credential: Credential }): void {
  const asked = Object.keys(UserAdministration.properties).filter((key) => key in (body as object));
  if (credential.by === 'access-token' && asked.length > 0)
    throw forbidden(`Sign in with a password to set: ${asked.join(', ')}. Access tokens cannot.`);
}

/** Two people of one address could not sign in by it; who takes a colleague's would keep them out. */
async function assertFreeEmail(db: Db, email: string | undefined, but?: number): Promise<void> {
  if (!email) return;
  const [taken] = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(sql`lower(${users.email})`, email.toLowerCase()), but === undefined ? undefined : ne(users.id, but)))
    .limit(1);
  if (taken) throw badRequest('email', 'Another user has this e-mail address.');
}

/** The columns that a body sets. @throws HttpError 400 for a password that will not do */
async function columnsOf(body: UserChange, username: string): Promise<Partial<typeof users.$inferInsert>> {
  const { password } = body;
  const problem = password ? passwordProblem(password, username) : undefined;
  if (problem) throw badRequest('password', problem);
  const columns = {
    firstName: body.first_name,
    lastName: body.last_name,
    email: body.email,
    isAdmin: body.is_superuser,
    isActive: body.is_active,
    passwordHash: password ? await hashPassword(password) : (password as null | undefined),
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}
