import { PGlite } from '@electric-sql/pglite';
import { drizzle as overPool } from 'drizzle-orm/node-postgres';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as overPglite } from 'drizzle-orm/pglite';
import pg from 'pg';
import { closeFolder, makePrivateFolder } from '../disk/private-folder.ts';
import { migrate } from './migrate.ts';
import * as schema from './schema/index.ts';

/** Queries of either engine; a transaction is one too. */
export type Db = PgDatabase<PgQueryResultHKT, typeof schema>;

export type Database = {
  readonly db: Db;
  readonly engine: 'pglite' | 'postgresql';
  /** Calls `heard` with the payload of every NOTIFY on `channel`, from any process. Returns the way to stop. */
  listen(channel: string, heard: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
};

export type DatabaseOptions =
  /** A PostgreSQL server. */
  | { readonly url: string }
  /** PGlite: an embedded PostgreSQL in `folder`, for one process; in memory without one. */
  | { readonly folder?: string };

/** What is done with the tables when the database is opened; the caller is the only one who does anything just then. */
type Prepare = (db: Db, what: string) => Promise<void>;

/**
 * Opens the database and brings it to the present schema, or does with its tables what `prepare` says. Several processes
 * may open one PostgreSQL at once.
 * @throws DataTooNew, DataUnknown
 */
export async function openDatabase(options: DatabaseOptions, prepare: Prepare = migrate): Promise<Database> {
  return 'url' in options ? openPostgres(options.url, prepare) : openPglite(options.folder, prepare);
}

async function openPglite(folder: string | undefined, prepare: Prepare): Promise<Database> {
  if (folder) await makePrivateFolder(folder);
  const engine = await PGlite.create(folder);
  // The engine makes its first files with mode 666, whatever the process' umask says.
  if (folder) await closeFolder(folder, { always: true });
  const db = overPglite(engine, { schema }) as unknown as Db;
  try {
    await prepare(db, folder ? `The data in ${folder}` : 'The data');
  } catch (error) {
    await engine.close();
    throw error;
  }
  return {
    db,
    engine: 'pglite',
    listen: (channel, heard) => engine.listen(channel, heard),
    close: () => engine.close(),
  };
}

/** Held while migrating, so that two servers that start together do not both create the tables. */
const MIGRATION_LOCK = 7_270_116;

async function openPostgres(url: string, prepare: Prepare): Promise<Database> {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  // A connection that breaks while idle is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The same for one that breaks between two queries of a transaction: its next query is refused then.
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    await prepareAlone(pool, `The data in ${nameOf(url)}`, prepare);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const listeners = createListeners(url);
  return {
    db: overPool(pool, { schema }) as unknown as Db,
    engine: 'postgresql',
    listen: listeners.listen,
    async close() {
      await listeners.close();
      await pool.end();
    },
  };
}

async function prepareAlone(pool: pg.Pool, what: string, prepare: Prepare): Promise<void> {
  const first = await pool.connect();
  try {
    await first.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await prepare(overPool(first, { schema }) as unknown as Db, what);
  } finally {
    await first.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    first.release();
  }
}

/** Without user and password. */
function nameOf(url: string): string {
  const { host, pathname } = URL.parse(url) ?? { host: 'PostgreSQL', pathname: '' };
  return `PostgreSQL ${host}${pathname}`;
}

/** One connection that listens for all channels and comes back when it is lost. */
function createListeners(url: string) {
  const heard = new Map<string, Set<(payload: string) => void>>();
  let client: pg.Client | undefined;
  let connecting: Promise<pg.Client> | undefined;
  let closed = false;

  const connect = async (): Promise<pg.Client> => {
    const next = new pg.Client({ connectionString: url });
    next.on('error', () => undefined);
    next.on('notification', ({ channel, payload }) => {
      for (const listener of heard.get(channel) ?? []) listener(payload ?? '');
    });
    next.on('end', () => {
      if (client !== next) return;
      client = undefined;
      connecting = undefined;
      if (!closed && heard.size > 0) setTimeout(again, 500).unref();
    });
    await next.connect();
    for (const channel of heard.keys()) await next.query(`listen ${next.escapeIdentifier(channel)}`);
    client = next;
    return next;
  };
  const connected = (): Promise<pg.Client> => {
    connecting ??= connect().catch((error) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };
  const again = (): void => {
    if (closed) return;
    // What was said meanwhile is lost: every listener looks at the tables, as it does after any notice.
    connected().then(
      () => {
        for (const listeners of heard.values()) for (const listener of listeners) listener('');
      },
      () => setTimeout(again, 2_000).unref(),
    );
  };

  return {
    async listen(channel: string, listener: (payload: string) => void) {
      const first = !heard.has(channel);
      heard.set(channel, (heard.get(channel) ?? new Set()).add(listener));
      const at = await connected();
      if (first) await at.query(`listen ${at.escapeIdentifier(channel)}`);
      return async () => {
        const listeners = heard.get(channel);
        listeners?.delete(listener);
        if (listeners?.size !== 0) return;
        heard.delete(channel);
        await client?.query(`unlisten ${client.escapeIdentifier(channel)}`).catch(() => undefined);
      };
    },
    async close() {
      closed = true;
      await client?.end();
    },
  };
}
