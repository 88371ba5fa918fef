import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Role } from '../access/access.ts';
import { digest, newSecret } from '../auth/secrets.ts';
import { openSession } from '../auth/sessions.ts';
import { buildApp } from '../build-app.ts';
import { DEFAULT_SERVER_LIMITS, type ServerConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { accessTokens, memberships, organizations, users } from '../database/schema/index.ts';
import { openEvents } from '../events/events.ts';
import type { App } from '../http/app.ts';
import { createLog, type Log } from '../log/log.ts';
import { openFolderStore } from '../store/folder-store.ts';
import { startWorkers } from '../workers.ts';
import { contractOf } from './contract.ts';
import { type Engine, testDatabase } from './databases.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, else the text; undefined without a body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape, and name it where it matters
  readonly body: any;
};

/** Sends requests as somebody, over the network. `send` with an object sends it as JSON. */
export type Asker = {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  delete(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The plain answer, for bytes and streams. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
};

export type LogLine = { readonly level: string; readonly msg: string; readonly [field: string]: unknown };

export type TestUser = Asker & { readonly id: number; readonly username: string; readonly token: string };

export type TestServer = {
  /** `http://127.0.0.1:12345`. */
  readonly url: string;
  readonly context: Context;
  readonly app: App;
  readonly nobody: Asker;
  /** What the server logged so far. */
  readonly logged: readonly LogLine[];
  /** A new user, who asks with an access token of their own. */
  user(username: string, options?: { isAdmin?: boolean; readOnly?: boolean }): Promise<TestUser>;
  /** The same user, signed in as by a password: asks with the key of a session. */
  signedIn(user: TestUser): Promise<Asker>;
  /** A new organization with these members; returns its id. */
  organization(
    slug: string,
    members: { owner: TestUser } & { [role in Role]?: TestUser | TestUser[] },
  ): Promise<number>;
  /** Sends requests with these headers. */
  as(headers: Record<string, string>): Asker;
  close(): Promise<void>;
};

/**
 * A server as it runs, listening on a free port of 127.0.0.1, with a database of its own, its files in a temporary folder
 * and its background work under way. Make one per suite: it takes a second.
 */
export async function testServer(
  engine: Engine,
  options: { config?: Partial<ServerConfig>; limits?: Partial<ServerConfig['limits']>; databaseFolder?: string } = {},
): Promise<TestServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-server-'));
  const database = await testDatabase(engine, options.databaseFolder);
  const events = await openEvents(database);
  const store = await openFolderStore(path.join(folder, 'media'));
  const config: ServerConfig = {
    folder,
    databaseUrl: database.url,
    host: '127.0.0.1',
    port: 0,
    ...options.config,
    limits: { ...DEFAULT_SERVER_LIMITS, ...options.limits },
  };
  const lines: LogLine[] = [];
  const log = recorded(lines);
  const context: Context = { config, database, db: database.db, events, store, log };
  // A fault of ours must not hide behind a status that a test happens to expect.
  const report = (error: unknown, where: string) => console.error(`fault at ${where}:`, error);
  const app = await buildApp(context, report);
  const stopWorkers = startWorkers(context, report);
  const url = await app.listen({ host: config.host, port: config.port });
  const { db } = context;
  const check = contractOf(app);
  const as = (headers: Record<string, string>): Asker => asker(url, headers, check);

  return {
    url,
    context,
    app,
    nobody: as({}),
    logged: lines,
    as,
    async user(username, { isAdmin = false, readOnly = false } = {}) {
      const token = newSecret();
      const [user] = await db.insert(users).values({ username, isAdmin }).returning();
      await db.insert(accessTokens).values({ userId: user!.id, name: 'test', hash: digest(token), readOnly });
      return { id: user!.id, username, token, ...as({ Authorization: `Bearer ${token}` }) };
    },
    async signedIn({ id }) {
      const { key } = await openSession(db, id);
      return as({ Authorization: `Token ${key}` });
    },
    async organization(slug, members) {
      const [made] = await db.insert(organizations).values({ slug, ownerId: members.owner.id }).returning();
      const rows = Object.entries(members).flatMap(([role, who]) =>
        [who ?? []].flat().map(({ id }) => ({ userId: id, organizationId: made!.id, role: role as Role })),
      );
      await db.insert(memberships).values(rows);
      return made!.id;
    },
    async close() {
      await app.close();
      await stopWorkers();
      await events.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function recorded(lines: LogLine[]): Log {
  return createLog({ level: 'debug', format: 'json', write: (line) => lines.push(JSON.parse(line) as LogLine) });
}

function asker(url: string, own: Record<string, string>, check: ReturnType<typeof contractOf>): Asker {
  const plain = (at: string, init: RequestInit = {}): Promise<Response> =>
    fetch(new URL(at, url), { ...init, headers: { ...own, ...(init.headers as Record<string, string>) } });
  const asks =
    (method: string) =>
    async (at: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
      const raw =
        typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData || body instanceof Blob;
      const json = body !== undefined && !raw;
      const answer = await plain(at, {
        method,
        body: json ? JSON.stringify(body) : (body as RequestInit['body']),
        headers: json ? { 'Content-Type': 'application/json', ...headers } : headers,
      });
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json');
      const found = parsed(text, isJson);
      check(method, at, answer.status, answer.headers.get('content-type'), found);
      return { status: answer.status, headers: answer.headers, body: found };
    };
  const get = asks('GET');
  return {
    get: (at, headers) => get(at, undefined, headers),
    post: asks('POST'),
    put: asks('PUT'),
    patch: asks('PATCH'),
    delete: asks('DELETE'),
    fetch: plain,
  };
}

function parsed(text: string, isJson: boolean | undefined) {
  if (text === '') return undefined;
  return isJson ? JSON.parse(text) : text;
}
