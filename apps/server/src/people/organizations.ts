import { NewOrganization, Organization, OrganizationChange, pageOf, pageQuery, workspaceQuery } from '@roto/wire';
import { and, count, desc, eq, exists, sql } from 'drizzle-orm';
import { Type } from 'typebox';
import type { Principal } from '../access/access.ts';
import { numberOf } from '../access/facts.ts';
import type { Context } from '../context.ts';
import { functions, memberships, organizations, tasks, users } from '../database/schema/index.ts';
import { sqlState, transact } from '../database/transact.ts';
import { DONE } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest, conflict } from '../http/errors.ts';
import { filterCondition, orderOf, plainConditions, searchCondition } from '../http/list-filters.ts';
import { paginate } from '../http/pages.ts';
import { organizationBody } from './bodies.ts';

const Id = Type.Object({ id: Type.String() });

const part = Type.Optional(Type.String({ maxLength: 256 }));
const FIELDS = {
  id: organizations.id,
  name: organizations.name,
  slug: organizations.slug,
  owner: sql`(select ${users.username} from ${users} where ${users.id} = ${organizations.ownerId})`,
};
const SORTABLE = { id: organizations.id, name: organizations.name, slug: organizations.slug };

export function organizationRoutes(app: App, { db }: Context): void {
  const read = async (id: number, base: string) => {
    const [row] = await db
      .select()
      .from(organizations)
      .leftJoin(users, eq(users.id, organizations.ownerId))
      .where(eq(organizations.id, id));
    return organizationBody(row!.organizations, row!.users, base);
  };
  const visible = (principal: Principal) =>
    principal.isAdmin
      ? undefined
      : exists(
          db
            .select({ one: sql`1` })
            .from(memberships)
            .where(
              and(
                eq(memberships.organizationId, organizations.id),
                eq(memberships.userId, principal.userId),
                eq(memberships.isActive, true),
              ),
            ),
        );

  app.get(
    '/api/organizations',
    {
      config: { access: { signedIn: 'lists the organizations that one is a member of' } },
      schema: {
        tags: ['organizations'],
        summary: 'List organizations',
        querystring: Type.Object(
          {
            ...pageQuery,
            ...workspaceQuery,
            name: part,
            slug: part,
            owner: part,
            search: part,
            sort: part,
            filter: Type.Optional(Type.String({ maxLength: 65_536, description: 'An expression of JSON logic.' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: pageOf(Organization, 'OrganizationPage') },
      },
    },
    (request) => {
      const { search, filter, sort, ...asked } = request.query;
      const where = and(
        visible(request.principal),
        ...plainConditions(asked, FIELDS),
        searchCondition(search, [organizations.name, organizations.slug, FIELDS.owner]),
        filterCondition(filter, FIELDS),
      );
      return paginate(request, {
        count: async () => (await db.select({ n: count() }).from(organizations).where(where))[0]!.n,
        rows: async (limit, offset) => {
          const rows = await db
            .select()
            .from(organizations)
            .leftJoin(users, eq(users.id, organizations.ownerId))
            .where(where)
            .orderBy(...orderOf(sort, SORTABLE, desc(organizations.id)))
            .limit(limit)
            .offset(offset);
          return rows.map((row) => organizationBody(row.organizations, row.users, request.base));
        },
      });
    },
  );

  app.post(
    '/api/organizations',
    {
      config: { access: { signedIn: 'anyone may found an organization and becomes its owner' } },
      schema: {
        tags: ['organizations'],
        summary: 'Found an organization',
        body: NewOrganization,
        response: { 201: Organization },
      },
    },
    async (request, reply) => {
      const { slug, name = slug, description = '', contact = {} } = request.body;
      const { userId } = request.principal;
      try {
        const id = await transact(db, async (tx) => {
          const [made] = await tx
            .insert(organizations)
            .values({ slug, name, description, contact, ownerId: userId })
            .returning({ id: organizations.id });
          await tx.insert(memberships).values({ organizationId: made!.id, userId, role: 'owner' });
          return made!.id;
        });
        return reply.code(201).send(await read(id, request.base));
      } catch (error) {
        if (sqlState(error) === '23505') throw badRequest('slug', 'An organization with this slug exists already.');
        throw error;
      }
    },
  );

  app.get(
    '/api/organizations/:id',
    {
      config: { access: { action: 'view', on: 'organization' } },
      schema: {
        tags: ['organizations'],
        summary: 'Look up an organization',
        params: Id,
        response: { 200: Organization },
      },
    },
    (request) => read(numberOf(request.params.id), request.base),
  );

  app.patch(
    '/api/organizations/:id',
    {
      config: { access: { action: 'update', on: 'organization' } },
      schema: {
        tags: ['organizations'],
        summary: 'Change name, slug, description or contact',
        params: Id,
        body: OrganizationChange,
        response: { 200: Organization },
      },
    },
    async (request) => {
      const id = numberOf(request.params.id);
      try {
        await db
          .update(organizations)
          .set({ ...request.body, updatedDate: sql`now()` })
          .where(eq(organizations.id, id));
      } catch (error) {
        if (sqlState(error) === '23505') throw badRequest('slug', 'An organization with this slug exists already.');
        throw error;
      }
      return read(id, request.base);
    },
  );

  app.delete(
    '/api/organizations/:id',
    {
      config: { access: { action: 'delete', on: 'organization' } },
      schema: {
        tags: ['organizations'],
        summary: 'Close an organization',
        description:
          '409 while it has tasks or functions: they are deleted, or lost, by nobody but a person who says so.',
        params: Id,
        response: DONE,
      },
    },
    async (request, reply) => {
      const id = numberOf(request.params.id);
      await transact(db, async (tx) => {
        await tx.select().from(organizations).where(eq(organizations.id, id)).for('update');
        const [held] = await tx
          .select({
            tasks: sql<number>`(${tx.select({ n: count() }).from(tasks).where(eq(tasks.organizationId, id))})::int`,
            functions: sql<number>`(${tx.select({ n: count() }).from(functions).where(eq(functions.organizationId, id))})::int`,
          })
          .from(organizations)
          .where(eq(organizations.id, id));
        if (held && (held.tasks > 0 || held.functions > 0))
          throw conflict(`It still has ${held.tasks} tasks and ${held.functions} functions; delete them first.`);
        await tx.delete(organizations).where(eq(organizations.id, id));
      });
      return reply.code(204).send();
    },
  );
}
