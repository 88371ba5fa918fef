import type { BriefUser, Organization, User } from '@roto/wire';
import type { organizations, users } from '../database/schema/index.ts';

export type UserRow = typeof users.$inferSelect;
export type OrganizationRow = typeof organizations.$inferSelect;

/** `base` is where links begin; of a request `request.base`. */
export function briefUser(row: Pick<UserRow, 'id' | 'username' | 'firstName' | 'lastName'>, base: string): BriefUser {
  return {
    url: `${base}/api/users/${row.id}`,
    id: row.id,
    username: row.username,
    first_name: row.firstName,
    last_name: row.lastName,
  };
}

export function fullUser(row: UserRow, base: string): User {
  return {
    ...briefUser(row, base),
    email: row.email,
    groups: row.isAdmin ? ['admin', 'user'] : ['user'],
    is_staff: row.isAdmin,
    is_superuser: row.isAdmin,
    is_active: row.isActive,
    last_login: row.lastLogin?.toISOString() ?? null,
    date_joined: row.createdDate.toISOString(),
    has_analytics_access: false,
    has_password: row.passwordHash !== null,
  };
}

export function organizationBody(row: OrganizationRow, owner: UserRow | null, base: string): Organization {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    description: row.description,
    contact: row.contact,
    created_date: row.createdDate.toISOString(),
    updated_date: row.updatedDate.toISOString(),
    owner: owner && briefUser(owner, base),
  };
}
