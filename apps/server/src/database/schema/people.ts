import { boolean, integer, jsonb, pgTable, serial, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from '../columns.ts';

export const users = pgTable('users', {
  id: serial('id').primaryKey(),
  username: text('username').notNull().unique(),
  email: text('email').notNull().default(''),
  firstName: text('first_name').notNull().default(''),
  lastName: text('last_name').notNull().default(''),
  /** scrypt, with its parameters and salt; null: signs in by link or token only. */
  passwordHash: text('password_hash'),
  /** Sees and may do everything on this server. */
  isAdmin: boolean('is_admin').notNull().default(false),
  isActive: boolean('is_active').notNull().default(true),
  createdDate: instant('created_date').notNull().defaultNow(),
  lastLogin: instant('last_login'),
});

export const sessions = pgTable('sessions', {
  /** SHA-256 of the cookie's value. */
  hash: text('hash').primaryKey(),
  userId: integer('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  csrfToken: text('csrf_token').notNull(),
  /** SHA-256 of the key that the login answered with, for `Authorization: Token`. */
  keyHash: text('key_hash').unique(),
  expiresDate: instant('expires_date').notNull(),
  createdDate: instant('created_date').notNull().defaultNow(),
});

export const accessTokens = pgTable('access_tokens', {
  id: serial('id').primaryKey(),
  userId: integer('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  name: text('name').notNull(),
  /** SHA-256 of the value, which is shown once. */
  hash: text('hash').notNull().unique(),
  readOnly: boolean('read_only').notNull().default(false),
  /** Null: never. */
  expiryDate: instant('expiry_date'),
  createdDate: instant('created_date').notNull().defaultNow(),
  updatedDate: instant('updated_date').notNull().defaultNow(),
  lastUsedDate: instant('last_used_date'),
});

/** What pages keep for a person: shortcuts, appearance. The server does not look into it. */
export const userSettings = pgTable('user_settings', {
  userId: integer('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  settings: jsonb('settings').$type<Record<string, unknown>>().notNull(),
  /** Counts the changes. */
  version: integer('version').notNull().default(1),
});

/** One-time links that sign a person in, printed on the first start. */
export const signInLinks = pgTable('sign_in_links', {
  hash: text('hash').primaryKey(),
  userId: integer('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  expiresDate: instant('expires_date').notNull(),
  usedDate: instant('used_date'),
});

export const organizations = pgTable('organizations', {
  id: serial('id').primaryKey(),
  slug: text('slug').notNull().unique(),
  name: text('name').notNull().default(''),
  description: text('description').notNull().default(''),
  /** As CVAT has it: email, phoneNumber, location. */
  contact: jsonb('contact').$type<Record<string, string>>().notNull().default({}),
  ownerId: integer('owner_id')
    .notNull()
    .references(() => users.id),
  createdDate: instant('created_date').notNull().defaultNow(),
  updatedDate: instant('updated_date').notNull().defaultNow(),
});

export const ROLES = ['owner', 'maintainer', 'supervisor', 'worker'] as const;

export const memberships = pgTable(
  'memberships',
  {
    id: serial('id').primaryKey(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    organizationId: integer('organization_id')
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    role: text('role', { enum: ROLES }).notNull(),
    isActive: boolean('is_active').notNull().default(true),
    joinedDate: instant('joined_date').notNull().defaultNow(),
  },
  (table) => [uniqueIndex('memberships_member').on(table.organizationId, table.userId)],
);
