import type { FastifyRequest } from 'fastify';
import type { Access, Credential, Principal } from '../access/access.ts';
import { loadFacts } from '../access/facts.ts';
import { may, mayCreate } from '../access/policy.ts';
import { findWorkspace } from '../access/workspace.ts';
import type { Context } from '../context.ts';
import type { App } from '../http/app.ts';
import { DOCS } from '../http/document.ts';
import { forbidden, notFound } from '../http/errors.ts';
import { type Authenticator, isSafe, unauthenticated } from './authenticate.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** `GET /api/tasks/:id` and all others, as they were added. */
    readonly accessRoutes: readonly string[];
  }
  interface FastifyContextConfig {
    /** Required of every route under /api. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Set by the guard on all routes that are not open. */
    principal: Principal;
    /** Set with the principal. */
    credential: Credential;
  }
}

/**
 * Stands before every route under /api: finds out who asks, in which workspace, and whether they may. Runs before the body
 * is read, so that nobody sends gigabytes to where they may send nothing.
 */
export function guard(app: App, { db }: Context, authenticate: Authenticator): void {
  const routes: string[] = [];
  app.decorate('accessRoutes', routes);
  app.addHook('onRoute', ({ url, method, config, schema }) => {
    routes.push(...[method].flat().map((each) => `${each} ${url}`));
    // The document's pages are files, the same for all.
    if (!isApi(url) || url.startsWith(DOCS)) return;
    const access = config?.access;
    if (!access) throw new Error(`${method} ${url} does not say in config.access who may call it.`);
    if ('on' in access && access.action !== 'create' && !url.includes(`:${access.param ?? 'id'}`))
      throw new Error(`${method} ${url} is decided by a resource that its path does not name.`);
    if (schema?.querystring && (schema.querystring as { type?: unknown }).type !== 'object')
      throw new Error(`${method} ${url} has a query schema that is no object.`);
  });

  app.addHook('onRequest', async (request, reply) => {
    const access = request.routeOptions.config.access;
    // What has no route is answered as such, and what is no part of the API looks after itself.
    if (!access || 'open' in access) return;
    const who = await authenticate(request, reply);
    if (!who) throw unauthenticated('Authentication credentials were not provided.');
    if (who.readOnly && !isSafe(request.method)) throw forbidden('This access token may only read.');
    const organization = await findWorkspace(db, who, asked(request));
    const { userId, username, isAdmin, readOnly, credential } = who;
    request.principal = { userId, username, isAdmin, readOnly, organization };
    request.credential = credential;
    if ('on' in access) await decide(request, access);
  });

  async function decide(request: FastifyRequest, { action, on, param = 'id' }: OnResource): Promise<void> {
    const { principal } = request;
    const id = (request.params as Record<string, string>)[param];
    if (id === undefined) {
      if (!mayCreate(principal, on)) throw forbidden('Your role in this organization does not let you make this.');
      return;
    }
    const facts = await loadFacts(db, on, id, principal.userId);
    if (!facts || !may(principal, 'view', facts)) throw notFound(`There is no ${names[on]} ${id.slice(0, 100)}.`);
    if (!may(principal, action, facts)) throw forbidden('You do not have permission to perform this action.');
  }
}

type OnResource = Extract<Access, { on: unknown }>;

const isApi = (url: string): boolean => url === '/api' || url.startsWith('/api/');

const names = {
  task: 'task',
  job: 'job',
  function: 'function',
  'function-request': 'request',
  run: 'run',
  request: 'request',
  organization: 'organization',
  membership: 'membership',
  user: 'user',
  'access-token': 'access token',
} as const;

function asked(request: FastifyRequest) {
  const query = request.query as Record<string, unknown>;
  const one = (value: unknown): string | undefined => {
    const first = Array.isArray(value) ? value[0] : value;
    return typeof first === 'string' ? first : undefined;
  };
  return { header: one(request.headers['x-organization']), slug: one(query.org), id: one(query.org_id) };
}
