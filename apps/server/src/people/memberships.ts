import { Membership, MembershipChange, NewMembership, pageOf, pageQuery, Role, workspaceQuery } from '@roto/wire';
import { and, count, desc, eq, inArray } from 'drizzle-orm';
import { Type } from 'typebox';
import type { Principal } from '../access/access.ts';
import { numberOf } from '../access/facts.ts';
import type { Context } from '../context.ts';
import { memberships, users } from '../database/schema/index.ts';
import { sqlState } from '../database/transact.ts';
import { DONE } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest, forbidden } from '../http/errors.ts';
import { paginate } from '../http/pages.ts';
import { briefUser, type UserRow } from './bodies.ts';

const Id = Type.Object({ id: Type.String() });

type Row = { memberships: typeof memberships.$inferSelect; users: UserRow };

const membershipBody = ({ memberships: row, users: user }: Row, base: string): Membership => ({
  id: row.id,
  user: briefUser(user, base),
  organization: row.organizationId,
  is_active: row.isActive,
  joined_date: row.joinedDate.toISOString(),
  role: row.role,
  invitation: null,
});

/** Who is what in which organization. People are added by name; there are no invitations by mail. */
export function membershipRoutes(app: App, { db }: Context): void {
  const joined = () => db.select().from(memberships).innerJoin(users, eq(users.id, memberships.userId));
  const read = async (id: number) => (await joined().where(eq(memberships.id, id)))[0]!;
  const visible = ({ organization, isAdmin, userId }: Principal) => {
    if (organization) return eq(memberships.organizationId, organization.id);
    if (isAdmin) return undefined;
    const own = db
      .select({ id: memberships.organizationId })
      .from(memberships)
      .where(and(eq(memberships.userId, userId), eq(memberships.isActive, true)));
    return inArray(memberships.organizationId, own);
  };

  app.get(
    '/api/memberships',
    {
      config: { access: { signedIn: 'lists the members of the organizations that one is in' } },
      schema: {
        tags: ['organizations'],
        summary: 'List members',
        querystring: Type.Object({
          ...pageQuery,
          ...workspaceQuery,
          user: Type.Optional(Type.String({ description: 'A username.' })),
          role: Type.Optional(Role),
        }),
        response: { 200: pageOf(Membership, 'MembershipPage') },
      },
    },
    (request) => {
      const { user, role } = request.query;
      const where = and(
        visible(request.principal),
        user === undefined ? undefined : eq(users.username, user),
        role && eq(memberships.role, role),
      );
      return paginate(request, {
        count: async () =>
          (
            await db
              .select({ n: count() })
              .from(memberships)
              .innerJoin(users, eq(users.id, memberships.userId))
              .where(where)
          )[0]!.n,
        rows: async (limit, offset) =>
          (await joined().where(where).orderBy(desc(memberships.id)).limit(limit).offset(offset)).map((row) =>
            membershipBody(row, request.base),
          ),
      });
    },
  );

  app.post(
    '/api/memberships',
    {
      config: { access: { action: 'create', on: 'membership' } },
      schema: {
        tags: ['organizations'],
        summary: 'Add a member',
        description: 'To the organization that the request works in (X-Organization). Only its owner adds maintainers.',
        querystring: Type.Object(workspaceQuery),
        body: NewMembership,
        response: { 201: Membership },
      },
    },
    async (request, reply) => {
      const { organization } = request.principal;
      if (!organization) throw badRequest('organization', 'Name the organization with X-Organization or ?org=.');
      const { username, role } = request.body;
      checkRank(request.principal, organization.role, [role]);
      const [user] = await db.select().from(users).where(eq(users.username, username));
      if (!user) throw badRequest('username', `There is no user ${username}.`);
      try {
        const [made] = await db
          .insert(memberships)
          .values({ organizationId: organization.id, userId: user.id, role })
          .returning();
        return reply.code(201).send(membershipBody({ memberships: made!, users: user }, request.base));
      } catch (error) {
        if (sqlState(error) === '23505') throw badRequest('username', `${username} is a member already.`);
        throw error;
      }
    },
  );

  app.get(
    '/api/memberships/:id',
    {
      config: { access: { action: 'view', on: 'membership' } },
      schema: { tags: ['organizations'], summary: 'Look up a membership', params: Id, response: { 200: Membership } },
    },
    async (request) => membershipBody(await read(numberOf(request.params.id)), request.base),
  );

  app.patch(
    '/api/memberships/:id',
    {
      config: { access: { action: 'update', on: 'membership' } },
      schema: {
        tags: ['organizations'],
        summary: 'Change a role',
        params: Id,
        body: MembershipChange,
        response: { 200: Membership },
      },
    },
    async (request) => {
      const id = numberOf(request.params.id);
      const { role } = request.body;
      const before = (await read(id)).memberships;
      checkRank(request.principal, await rankOf(request.principal, before.organizationId), [before.role, role]);
      await db.update(memberships).set({ role }).where(eq(memberships.id, id));
      return membershipBody(await read(id), request.base);
    },
  );

  app.delete(
    '/api/memberships/:id',
    {
      config: { access: { action: 'delete', on: 'membership' } },
      schema: {
        tags: ['organizations'],
        summary: 'Remove a member, or leave',
        params: Id,
        response: DONE,
      },
    },
    async (request, reply) => {
      const { memberships: row } = await read(numberOf(request.params.id));
      if (row.role === 'owner') throw forbidden('The owner cannot leave an organization; close it instead.');
      if (row.userId !== request.principal.userId)
        checkRank(request.principal, await rankOf(request.principal, row.organizationId), [row.role]);
      await db.delete(memberships).where(eq(memberships.id, row.id));
      return reply.code(204).send();
    },
  );

  async function rankOf({ userId }: Principal, organizationId: number): Promise<Role> {
    const [row] = await db
      .select({ role: memberships.role })
      .from(memberships)
      .where(and(eq(memberships.organizationId, organizationId), eq(memberships.userId, userId)));
    return row?.role ?? 'worker';
  }
}

/** Nobody touches the owner's membership, and only the owner (or an administrator) makes and unmakes maintainers. */
function checkRank(principal: Principal, own: Role, touched: readonly Role[]): void {
  if (touched.includes('owner')) throw forbidden("The owner's role cannot be changed.");
  if (!principal.isAdmin && own !== 'owner' && touched.includes('maintainer'))
    throw forbidden('Only the owner of an organization makes and unmakes maintainers.');
}
