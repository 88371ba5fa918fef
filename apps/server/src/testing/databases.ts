import pg from 'pg';
import { type Database, openDatabase } from '../database/open.ts';

/** The engines that suites run on: PGlite always; PostgreSQL where one answers (ROTO_TEST_POSTGRES, else 127.0.0.1:5432). */
const address = process.env.ROTO_TEST_POSTGRES ?? 'postgresql://postgres@127.0.0.1:5432/postgres';

async function reachable(): Promise<boolean> {
  const client = new pg.Client({ connectionString: address, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

export const postgresReachable = await reachable();
if (!postgresReachable) {
  if (process.env.CI) throw new Error(`PostgreSQL does not answer at ${address}; CI must not skip its tests.`);
  console.warn(`skipped: tests on PostgreSQL (none answers at ${address}; set ROTO_TEST_POSTGRES to one)`);
}

export const ENGINES = postgresReachable ? (['pglite', 'postgresql'] as const) : (['pglite'] as const);
export type Engine = (typeof ENGINES)[number];

/**
 * An empty database with the present schema; on PostgreSQL one of its own, dropped by `drop`. PGlite keeps its in memory
 * unless it is given a folder.
 */
export async function testDatabase(
  engine: Engine,
  folder?: string,
): Promise<Database & { readonly url?: string; drop(): Promise<void> }> {
  if (engine === 'pglite') {
    const database = await openDatabase({ folder });
    return { ...database, drop: () => database.close() };
  }
  const { url, drop } = await emptyDatabase();
  const database = await openDatabase({ url });
  return {
    ...database,
    url,
    async drop() {
      await database.close();
      await drop();
    },
  };
}

/** A database of PostgreSQL without any table. */
export async function emptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `roto_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await administer(`create database ${name}`);
  const url = new URL(address);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) };
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
