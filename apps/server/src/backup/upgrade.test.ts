import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SERVER_LIMITS } from '../config.ts';
import { WrongMedia } from '../database/data-id.ts';
import { DataTooNew, DataUnknown, readMigrations } from '../database/migrate.ts';
import type { Place } from '../database/with-data.ts';
import { startServer } from '../server.ts';
import { ENGINES, type Engine, emptyDatabase } from '../testing/databases.ts';
import { unpack } from '../testing/unpack.ts';
import { backup } from './backup.ts';
import { BadBackup, NotEmpty } from './manifest.ts';
import { restore } from './restore.ts';

const RELEASES = path.resolve(import.meta.dirname, '../../upgrades');
const FILES = { pglite: 'embedded', postgresql: 'postgresql' } as const;

type Old = { readonly token: string; readonly expected: Record<string, unknown> };

let folder: string;
const drops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'roto-upgrade-'));
});
afterEach(async () => {
  for (const drop of drops.splice(0)) await drop();
  await rm(folder, { recursive: true, force: true });
});

/** An empty place on an engine. */
async function place(engine: Engine, name: string): Promise<Place> {
  const at = path.join(folder, name);
  if (engine === 'pglite') return { folder: at };
  const { url, drop } = await emptyDatabase();
  drops.push(drop);
  return { folder: at, databaseUrl: url };
}

/** The data that a release left, as it left it. */
async function dataOf(release: string, engine: Engine): Promise<Place & Old> {
  const at = await place(engine, `${release}-${engine}`);
  unpack(path.join(RELEASES, release, `${FILES[engine]}.bin.br`), at.folder);
  if (at.databaseUrl !== undefined) {
    const client = new pg.Client({ connectionString: at.databaseUrl });
    await client.connect();
    await client.query(await readFile(path.join(at.folder, 'dump.sql'), 'utf8')).finally(() => client.end());
  }
  const old = JSON.parse(await readFile(path.join(RELEASES, release, `${FILES[engine]}.json`), 'utf8')) as Old;
  return { ...at, ...old };
}

async function start(at: Place) {
  const config = { ...at, host: '127.0.0.1', port: 0, limits: DEFAULT_SERVER_LIMITS };
  return startServer(config, (error) => {
    throw error;
  });
}

/** Asks for all that the old release answered, and for the frames of its task. */
async function look(at: Place & Old): Promise<Record<string, unknown>> {
  const server = await start(at);
  try {
    const get = (address: string) =>
      fetch(new URL(address, server.url), { headers: { Authorization: `Bearer ${at.token}` } });
    const found: Record<string, unknown> = {};
    for (const address of Object.keys(at.expected)) {
      const answer = await get(address);
      expect([address, answer.status]).toEqual([address, 200]);
      found[address] = await answer.json();
    }
    const frame = await get('/api/tasks/1/data?type=frame&number=7&quality=original');
    expect([frame.status, (await frame.arrayBuffer()).byteLength > 50]).toEqual([200, true]);
    return JSON.parse(JSON.stringify(found).replaceAll(server.url, 'http://SERVER'));
  } finally {
    await server.close();
  }
}

/** Everything that was answered before is answered now; what was added since may be there, too. */
function contains(now: unknown, before: unknown, at = ''): void {
  if (Array.isArray(before)) {
    expect([at, (now as unknown[]).length]).toEqual([at, before.length]);
    for (const [i, one] of before.entries()) contains((now as unknown[])[i], one, `${at}[${i}]`);
  } else if (typeof before === 'object' && before !== null) {
    for (const [key, value] of Object.entries(before))
      if (!MOVING.has(key)) contains((now as Record<string, unknown>)[key], value, `${at}.${key}`);
  } else expect([at, now]).toEqual([at, before]);
}

/** When somebody was there last. */
const MOVING = new Set(['last_login', 'last_used_date']);

const releases = await readdir(RELEASES, { withFileTypes: true });
const names = releases.filter((entry) => entry.isDirectory()).map(({ name }) => name);

describe.each(names)('data of Roto %s', (release) => {
  it.each(ENGINES)('is opened on %s: every task, annotation and run is there', async (engine) => {
    const old = await dataOf(release, engine);
    contains(await look(old), old.expected);
    // And again, with nothing left to do.
    contains(await look(old), old.expected);
  });

  it.each(ENGINES)('is backed up from %s before the upgrade, and restored to either engine', async (engine) => {
    const old = await dataOf(release, engine);
    const file = path.join(folder, 'roto.zip');
    const totals = await backup(old, file, { media: true });
    expect(totals.rows).toMatchObject({ tasks: 1, runs: 1, users: 3 });
    expect(totals.files).toBe(10);
    expect((await stat(file)).mode & 0o077).toBe(0);
    for (const target of ENGINES) {
      const at = await place(target, `restored-${target}`);
      expect(await restore(file, at, { media: true })).toEqual(totals);
      contains(await look({ ...old, ...at, databaseUrl: at.databaseUrl }), old.expected);
      await expect(restore(file, at, { media: true })).rejects.toThrow(NotEmpty);
    }
  });
});

describe.each(ENGINES)('a backup on %s', (engine) => {
  it('goes on with new ids, holds what its tables hold to the last bit, and may be without media', async () => {
    const at = await place(engine, 'source');
    const server = await start(at);
    const { db } = server.context;
    await db.execute(
      sql`insert into users (username, first_name) values ('odd', ${'line\u2028and "quotes" \\ and \n breaks'})`,
    );
    await db.execute(sql`insert into tasks (name, owner_id) values ('a task', 1)`);
    const rows = async (of: typeof server) =>
      (await of.context.db.execute(
        sql`select row_to_json(t)::text as t from tasks t union all select row_to_json(u)::text from users u`,
      )) as unknown as { rows: unknown[] };
    const before = (await rows(server)).rows;
    await server.close();
    const file = path.join(folder, 'roto.zip');
    const totals = await backup(at, file, { media: false });
    expect(totals.files).toBe(0);
    const target = await place(engine, 'target');
    await restore(file, target, { media: true });
    const again = await start(target);
    expect((await rows(again)).rows).toEqual(before);
    const made = (await again.context.db.execute(
      sql`insert into tasks (name, owner_id) values ('another', 1) returning id`,
    )) as unknown as { rows: { id: number }[] };
    expect(made.rows[0]!.id).toBe(2);
    await again.close();
  });

  it('that is damaged, cut off, or none at all is refused, and leaves the place empty', async () => {
    const at = await place(engine, 'source');
    await (await start(at)).close();
    const file = path.join(folder, 'roto.zip');
    await backup(at, file, { media: true });
    const whole = await readFile(file);
    const target = await place(engine, 'target');
    const flipped = Buffer.from(whole);
    // In the middle of the compressed rows.
    const middle = Math.floor(whole.length / 3);
    flipped.fill(0x55, middle, middle + 64);
    for (const bytes of [whole.subarray(0, whole.length - 100), flipped, Buffer.from('no backup')]) {
      await writeFile(file, bytes);
      await expect(restore(file, target, { media: true })).rejects.toThrow();
    }
    await expect(restore(path.join(folder, 'nothing.zip'), target, { media: true })).rejects.toThrow(BadBackup);
    await writeFile(file, whole);
    await restore(file, target, { media: true });
  });

  it('of a newer release is refused, with both versions', async () => {
    const at = await place(engine, 'newer');
    const server = await start(at);
    await server.context.db.execute(sql`update installation set roto_version = '7.1.0'`);
    await server.context.db.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of the future', 99999999999999)`,
    );
    await server.close();
    const refused = await start(at).catch((error) => error);
    expect(refused).toBeInstanceOf(DataTooNew);
    expect(refused.message).toMatch(
      /last used by Roto 7\.1\.0, and this is Roto \d+\.\d+\.\d+, .* Start Roto 7\.1\.0 or later/,
    );
    await expect(backup(at, path.join(folder, 'roto.zip'), { media: true })).rejects.toThrow(DataTooNew);
  });

  it('of a version under development, whose steps were others, is refused', async () => {
    const at = await place(engine, 'other');
    const server = await start(at);
    await server.context.db.execute(sql`update drizzle.__drizzle_migrations set hash = 'another' where id = 1`);
    await server.close();
    await expect(start(at)).rejects.toThrow(DataUnknown);
  });
});

it.each(ENGINES)('L9: another data folder than before is noticed at the start, on %s', async (engine) => {
  const old = await dataOf('0.1.0', engine);
  await (await start(old)).close();
  const elsewhere = { ...old, folder: path.join(folder, 'elsewhere') };
  // The embedded database moves along with its folder; only its media are left behind.
  if (engine === 'pglite')
    await cp(path.join(old.folder, 'database'), path.join(elsewhere.folder, 'database'), { recursive: true });
  await expect(start(elsewhere)).rejects.toThrow(/holds none of the media that the database names.*--data/);
  await cp(path.join(old.folder, 'media'), path.join(elsewhere.folder, 'media'), { recursive: true });
  await (await start(elsewhere)).close();
  await writeFile(path.join(elsewhere.folder, 'media', '.data-id'), `${crypto.randomUUID()}\n`);
  await expect(start(elsewhere)).rejects.toThrow(WrongMedia);
});

it('the history of the schema is only added to', () => {
  // Of each step that was landed, the beginning of the SHA-256 of its text. Add a line for a new one; never change one.
  const landed = [
    ['0000_first', '3ff4d973a371'],
    ['0001_job_feed', '3840354ccc4b'],
    ['0002_looked_at', 'beff9b7cac48'],
    ['0003_installation', '61cb14c99be0'],
    ['0004_scene_cuts', 'c825151856e7'],
    ['0005_user_settings', 'a8ba83cd6a47'],
    ['0006_frame_sizes', '868c9e09a58b'],
    ['0007_contact_and_assignee_date', 'd615c9433cfa'],
  ];
  expect(readMigrations().map(({ name, hash }) => [name, hash.slice(0, 12)])).toEqual(landed);
});

it.runIf((ENGINES as readonly string[]).includes('postgresql'))(
  'servers that start together on old data take each step once',
  async () => {
    const old = await dataOf('0.1.0', 'postgresql');
    const servers = await Promise.all([start(old), start(old), start(old)]);
    const taken = (await servers[0]!.context.db.execute(
      sql`select count(*)::int as n from drizzle.__drizzle_migrations`,
    )) as unknown as { rows: { n: number }[] };
    expect(taken.rows[0]!.n).toBe(readMigrations().length);
    for (const server of servers) await server.close();
  },
);
