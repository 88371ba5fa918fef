import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Db } from './open.ts';
import { isNewer, ROTO_VERSION } from './version.ts';

const folder = fileURLToPath(new URL('../../migrations', import.meta.url));

/** One step from an older schema to a newer one; what was released is never changed, only added to. */
export type Migration = {
  readonly name: string;
  /** SHA-256 of its text; the database keeps it of every step that it took. */
  readonly hash: string;
  readonly when: number;
  readonly statements: readonly string[];
};

/** The database has steps that this program does not know. */
export class DataTooNew extends Error {
  readonly code = 'data-too-new';
  constructor(what: string, dataVersion: string) {
    super(
      `${what} was last used by Roto ${dataVersion}, and this is Roto ${ROTO_VERSION}, which does not know its newer tables. ` +
        `Start Roto ${dataVersion} or later, or restore a backup that an earlier one made.`,
    );
    this.name = 'DataTooNew';
  }
}

/** The database has other steps than those of any release. */
export class DataUnknown extends Error {
  readonly code = 'data-unknown';
  constructor(what: string, name: string) {
    super(
      `${what} has tables that no release of Roto made: its step ${name} differs from that of Roto ${ROTO_VERSION}. ` +
        'It may be of a version under development. Start the version that made it, and make a backup there.',
    );
    this.name = 'DataUnknown';
  }
}

/** All steps, the oldest first. */
export function readMigrations(): Migration[] {
  const journal = JSON.parse(readFileSync(path.join(folder, 'meta', '_journal.json'), 'utf8')) as {
    entries: { tag: string }[];
  };
  return readMigrationFiles({ migrationsFolder: folder }).map(({ sql: statements, hash, folderMillis }, i) => ({
    name: journal.entries[i]!.tag,
    hash,
    when: folderMillis,
    statements,
  }));
}

/** Hashes of the steps that the database took, the oldest first; empty: it has no tables of ours. */
export async function stepsTaken(db: Db): Promise<string[]> {
  const known = (await db.execute(
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as known`,
  )) as Rows;
  if (known.rows[0]?.known !== true) return [];
  const taken = (await db.execute(sql`select hash from drizzle.__drizzle_migrations order by created_at, id`)) as Rows;
  return taken.rows.map(({ hash }) => String(hash));
}

type Rows = { readonly rows: readonly Record<string, unknown>[] };

/**
 * Checks that the steps taken are the first of ours. `what` names the data, and `dataVersion` who used it last.
 * @throws DataTooNew, DataUnknown
 */
export function checkSteps(taken: readonly string[], what: string, dataVersion: string, all = readMigrations()): void {
  for (const [i, { name, hash }] of all.entries()) {
    if (i >= taken.length) return;
    if (taken[i] !== hash) throw new DataUnknown(what, name);
  }
  if (taken.length > all.length) throw new DataTooNew(what, dataVersion);
}

/**
 * Brings the database to the present schema, or to the first `count` steps. All steps or none: they are one transaction.
 * Only one process at a time may do so; the caller holds the lock.
 * @throws DataTooNew, DataUnknown
 */
export async function migrate(db: Db, what: string, count?: number): Promise<void> {
  const all = readMigrations();
  const taken = await stepsTaken(db);
  checkSteps(taken, what, taken.length > 0 ? await dataVersion(db) : ROTO_VERSION, all);
  const missing = all.slice(taken.length, count);
  if (missing.length > 0)
    await db.transaction(async (tx) => {
      await tx.execute(sql`create schema if not exists drizzle`);
      // As the library of the schema makes it, which took the first steps of older data.
      await tx.execute(
        sql`create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`,
      );
      for (const { statements, hash, when } of missing) {
        for (const statement of statements) await tx.execute(sql.raw(statement));
        await tx.execute(sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${when})`);
      }
    });
  if (count === undefined) await noteVersion(db);
}

/** The newest release that had the data open. */
export async function dataVersion(db: Db): Promise<string> {
  const there = (await db.execute(sql`select to_regclass('installation') is not null as there`)) as Rows;
  // Before it was noted there was one release.
  if (there.rows[0]?.there !== true) return '0.1.0';
  const noted = (await db.execute(sql`select roto_version from installation`)) as Rows;
  return String(noted.rows[0]?.roto_version ?? '0.1.0');
}

async function noteVersion(db: Db): Promise<void> {
  const noted = (await db.execute(sql`select roto_version from installation`)) as Rows;
  const before = noted.rows[0]?.roto_version;
  if (before !== undefined && !isNewer(ROTO_VERSION, String(before))) return;
  await db.execute(sql`
    insert into installation (roto_version) values (${ROTO_VERSION})
    on conflict (one) do update set roto_version = excluded.roto_version, changed_date = now()`);
}
