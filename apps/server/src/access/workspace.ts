import { and, eq } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { memberships, organizations } from '../database/schema/index.ts';
import { badRequest, notFound } from '../http/errors.ts';
import type { Principal } from './access.ts';

export type WorkspaceAsked = {
  /** `X-Organization`; undefined: absent. */
  readonly header: string | undefined;
  /** `?org=`. */
  readonly slug: string | undefined;
  /** `?org_id=`. */
  readonly id: string | undefined;
};

/**
 * The organization that a request works in, as section 1.3 of the contract has it: named by slug or id; null for the
 * personal workspace (named, but empty); undefined for no wish. Of an organization that the user is no member of it is
 * said that there is none.
 * @throws HttpError 400 when the request names two, 404 when there is none
 */
export async function findWorkspace(
  db: Db,
  user: { readonly userId: number; readonly isAdmin: boolean },
  asked: WorkspaceAsked,
): Promise<Principal['organization']> {
  if (asked.header !== undefined && asked.slug !== undefined && asked.header !== asked.slug)
    throw badRequest('org', `The header X-Organization says "${asked.header}", the address "${asked.slug}".`);
  const slug = asked.header ?? asked.slug;
  if (asked.id !== undefined && slug !== undefined)
    throw badRequest('org_id', 'Name the organization by org_id or by its slug, not by both.');
  if (asked.id !== undefined && asked.id !== '') {
    if (!/^[1-9]\d{0,8}$/.test(asked.id)) throw badRequest('org_id', 'An organization has a number from 1.');
    return named(db, user, eq(organizations.id, Number(asked.id)), asked.id);
  }
  if (slug === undefined) return asked.id === undefined ? undefined : null;
  return slug === '' ? null : named(db, user, eq(organizations.slug, slug), slug);
}

async function named(
  db: Db,
  user: { readonly userId: number; readonly isAdmin: boolean },
  which: ReturnType<typeof eq>,
  shown: string,
): Promise<NonNullable<Principal['organization']>> {
  const [row] = await db
    .select({ id: organizations.id, slug: organizations.slug, role: memberships.role })
    .from(organizations)
    .leftJoin(
      memberships,
      and(
        eq(memberships.organizationId, organizations.id),
        eq(memberships.userId, user.userId),
        eq(memberships.isActive, true),
      ),
    )
    .where(which);
  const role = row?.role ?? (row && user.isAdmin ? 'owner' : undefined);
  if (!row || !role) throw notFound(`${shown} organization does not exist.`);
  return { id: row.id, slug: row.slug, role };
}
