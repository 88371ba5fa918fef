import { DrizzleQueryError, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { users } from '../database/schema/index.ts';
import { ENGINES, testDatabase } from '../testing/databases.ts';
import { describeFault } from './fault.ts';
import { createLog } from './log.ts';

const SECRET = 'a very secret value';

describe.each(ENGINES)('H5: the log of a fault of %s', (engine) => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  beforeAll(async () => {
    database = await testDatabase(engine);
  });
  afterAll(() => database.drop());

  it('has the reason and the SQLSTATE, and none of the values', async () => {
    const { db } = database;
    const insert = () => db.insert(users).values({ username: 'twice', firstName: SECRET });
    await insert();
    const doubled = await insert().catch((error) => error);
    expect(doubled).toBeInstanceOf(DrizzleQueryError);
    expect(describeFault(doubled)).toMatchObject({
      sqlState: '23505',
      reason: expect.stringContaining('users_username'),
      query: expect.stringMatching(/^insert into "users"/),
      at: expect.stringContaining('.ts:'),
    });
    const wrong = await db
      .update(users)
      .set({ firstName: SECRET, id: sql`'x'::uuid::text::int` })
      .where(eq(users.username, 'twice'))
      .catch((error) => error);
    expect(describeFault(wrong)).toMatchObject({ sqlState: '22P02', reason: expect.stringContaining('uuid') });
    for (const error of [doubled, wrong]) {
      expect(String(error)).toContain(SECRET);
      expect(JSON.stringify(describeFault(error))).not.toContain(SECRET);
    }
  });
});

describe('the log', () => {
  const lines = (
    format: 'text' | 'json',
    level: 'info' | 'debug' = 'info',
  ): { all: string[]; log: ReturnType<typeof createLog> } => {
    const all: string[] = [];
    return { all, log: createLog({ level, format, write: (line) => all.push(line) }) };
  };

  it('writes JSON for machines and text for people, from its level on', () => {
    const json = lines('json');
    json.log.warn('sign-in failed', { name: 'ann', address: '10.0.0.1' });
    json.log.debug('request');
    expect(json.all.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        msg: 'sign-in failed',
        name: 'ann',
        address: '10.0.0.1',
      },
    ]);
    const text = lines('text', 'debug');
    text.log.debug('request', { status: 200 });
    expect(text.all[0]).toMatch(/^\d{4}-\S+Z debug request status=200\n$/);
  });

  it('keeps a line a line, whatever a client calls itself', () => {
    const { all, log } = lines('text');
    log.warn('sign-in failed', { name: 'x"\n2026-01-01T00:00:00.000Z info signed in user="owner"' });
    expect(all.join('').split('\n')).toHaveLength(2);
  });

  it('says of other errors what they say', () => {
    const error = Object.assign(new Error('no space left on device, write'), { code: 'ENOSPC' });
    expect(describeFault(error)).toMatchObject({ reason: 'no space left on device, write', code: 'ENOSPC' });
    expect(describeFault('thrown text')).toEqual({ reason: 'thrown text' });
  });
});
