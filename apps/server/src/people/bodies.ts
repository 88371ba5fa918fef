import { type TSchema, Type } from 'typebox';
import type { organizations, users } from '../database/schema/index.ts';

export type UserRow = typeof users.$inferSelect;
export type OrganizationRow = typeof organizations.$inferSelect;

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const Instant = Type.String({ format: 'date-time' });

const brief = {
  url: Type.String({ format: 'uri' }),
  id: Type.Integer(),
  username: Type.String(),
  first_name: Type.String(),
  last_name: Type.String(),
};
/** A user as others see them. */
export const BriefUser = Type.Object(brief);

export const User = Type.Object({
  ...brief,
  email: Type.String(),
  groups: Type.Array(Type.String()),
  is_staff: Type.Boolean(),
  is_superuser: Type.Boolean(),
  is_active: Type.Boolean(),
  last_login: nullable(Instant),
  date_joined: Instant,
  has_analytics_access: Type.Boolean(),
  /** Ours: false of who came by a sign-in link and has not set one. */
  has_password: Type.Boolean(),
});

export const Organization = Type.Object({
  id: Type.Integer(),
  slug: Type.String(),
  name: Type.String(),
  description: Type.String(),
  contact: Type.Record(Type.String(), Type.String()),
  created_date: Instant,
  updated_date: Instant,
  owner: nullable(BriefUser),
});

/** `base` is where links begin; of a request `request.base`. */
export function briefUser(row: Pick<UserRow, 'id' | 'username' | 'firstName' | 'lastName'>, base: string) {
  return {
    url: `${base}/api/users/${row.id}`,
    id: row.id,
    username: row.username,
    first_name: row.firstName,
    last_name: row.lastName,
  };
}

export function fullUser(row: UserRow, base: string) {
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

export function organizationBody(row: OrganizationRow, owner: UserRow | null, base: string) {
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
