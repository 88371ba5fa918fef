import type { ROLES } from '../database/schema/people.ts';

/** What a route is about; its path parameter (`param`, else `id`) names which one. */
export type ResourceKind =
  | 'task'
  | 'job'
  | 'function'
  | 'function-request'
  | 'run'
  | 'request'
  | 'organization'
  | 'membership'
  | 'user'
  | 'access-token';

/** What is done. `view` is the least; who may not view is told that there is none (404), others get 403. */
export type Action = 'view' | 'take-out' | 'create' | 'annotate' | 'update' | 'delete' | 'serve' | 'use';

/**
 * Every route says who may call it, in its `config.access`; an app with a route that does not say so refuses to start.
 * open: anyone, and why. signed-in: any user (lists filter by what the user may view). on: decided by policy for the
 * resource that the path names; a path without that parameter is about the workspace, in which something is made.
 */
export type Access =
  | { readonly open: string }
  | { readonly signedIn: string }
  | { readonly action: Action; readonly on: ResourceKind; readonly param?: string };

export type Role = (typeof ROLES)[number];

/** Who asks. */
export type Principal = {
  readonly userId: number;
  readonly username: string;
  readonly isAdmin: boolean;
  /** Set when the request came with a token that may only read. */
  readonly readOnly: boolean;
  /** The organization that the request works in; null: the personal workspace; undefined: everything the user can see. */
  readonly organization: { readonly id: number; readonly slug: string; readonly role: Role } | null | undefined;
};

/** How the request showed who asks. */
export type Credential =
  | { readonly by: 'session' | 'login-key'; readonly sessionHash: string }
  | { readonly by: 'access-token'; readonly tokenId: number }
  | { readonly by: 'password' };
