import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { redisProblem, startRedis } from '../testing/redis-process.ts';
import { stateHashesContract } from '../testing/state-hashes-contract.ts';
import { memoryHashes } from './memory.ts';
import { redisHashes } from './redis.ts';
import { STATE_LIFE_MS } from './state-hashes.ts';

const MOST = 3_000_000;

describe('in memory', () => {
  stateHashesContract(async () => {
    const hashes = memoryHashes(MOST);
    return { hashes, most: MOST, close: async () => hashes[Symbol.asyncDispose]() };
  });

  test('a state that nobody has used for long is gone', async () => {
    let now = 0;
    await using hashes = memoryHashes(MOST, () => now);
    await hashes.change('a', { expected: null, version: 0, set: {}, remove: [], bytes: 1 });
    now = STATE_LIFE_MS + 1;
    expect(await hashes.read('a', [])).toBeNull();
    expect(await hashes.usage()).toEqual({ states: 0, bytes: 0 });
  });
});

const away = redisProblem();
if (away) console.warn(`Redis states: skipped, ${away}`);
describe.skipIf(away !== undefined)('in Redis', () => {
  stateHashesContract(async () => {
    const redis = await startRedis();
    const hashes = await redisHashes(redis.options, 'contract', MOST);
    return {
      hashes,
      most: MOST,
      async close() {
        await hashes[Symbol.asyncDispose]();
        await redis[Symbol.asyncDispose]();
      },
    };
  });

  const one = { expected: null, version: 0, remove: [], bytes: 100_000 };

  test('states survive a restart with an append-only file, and are gone without one', async () => {
    for (const [settings, survives] of [
      [['--appendonly', 'yes', '--appendfsync', 'always'], true],
      [[], false],
    ] as const) {
      await using redis = await startRedis(settings);
      await using hashes = await redisHashes(redis.options, 'restart', MOST);
      await hashes.change('a', { ...one, set: { h: Buffer.from('x') } });
      await redis.restart();
      expect((await hashes.read('a', ['h'])) !== null).toBe(survives);
    }
  });

  test('without memory left a step is refused as a whole, and the state is as before', async () => {
    await using redis = await startRedis(['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction']);
    await using hashes = await redisHashes(redis.options, 'full', 100 * MOST);
    const key = randomUUID();
    await hashes.change(key, { ...one, set: { h: Buffer.from('x'), r0: Buffer.from('y') } });
    let failure: unknown;
    for (let i = 0; i < 40 && !failure; i++)
      await hashes.change(`fill${i}`, { ...one, set: { r0: randomBytes(200_000) } }).catch((error: unknown) => {
        failure = error;
      });
    expect(failure).toMatchObject({ code: 'store-full', message: expect.stringContaining('maxmemory') });
    const step = { expected: 0, version: 1, set: { h: randomBytes(200_000) }, remove: ['r0'], bytes: 200_000 };
    await expect(hashes.change(key, step)).rejects.toMatchObject({ code: 'store-full' });
    const kept = await hashes.read(key, ['h', 'r0']);
    expect([kept?.version, ...kept!.fields.map(String)]).toEqual([0, 'x', 'y']);
  });

  test('a policy that evicts takes whole states', async () => {
    await using redis = await startRedis(['--maxmemory', '4mb', '--maxmemory-policy', 'volatile-ttl']);
    await using hashes = await redisHashes(redis.options, 'evict', 100 * MOST);
    for (let i = 0; i < 40; i++)
      await hashes.change(`s${i}`, { ...one, set: { h: Buffer.from('x'), r0: randomBytes(200_000) } });
    const found = await Promise.all(Array.from({ length: 40 }, (_, i) => hashes.read(`s${i}`, ['h', 'r0'])));
    expect(found.some((state) => state === null)).toBe(true);
    for (const state of found) if (state) expect(state.fields.every((field) => field !== null)).toBe(true);
  });

  test('a wrong password and a Redis that is not there are said without the password', async () => {
    await using redis = await startRedis(['--requirepass', 'right-secret']);
    await using wrong = await redisHashes({ ...redis.options, password: 'wrong-secret' }, 'f', MOST);
    const refused = await wrong.check().catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'store-away' });
    expect(String((refused as Error).message)).toMatch(/WRONGPASS/);
    expect(String((refused as Error).message)).not.toMatch(/secret/);
    await redis.stop();
    await using none = await redisHashes({ ...redis.options, password: 'wrong-secret' }, 'f', MOST);
    await expect(none.check()).rejects.toMatchObject({
      code: 'store-away',
      message: expect.stringContaining('CVAT_FUNCTIONS_REDIS_HOST'),
    });
  }, 90_000);

  test('keys of others are not touched', async () => {
    await using redis = await startRedis();
    const others = { ...redis.options, prefix: 'other:' };
    await using theirs = await redisHashes(others, 'same', MOST);
    await using ours = await redisHashes(redis.options, 'same', MOST);
    const third = { ...one, bytes: MOST / 2 };
    await theirs.change('a', { ...third, set: { h: Buffer.from('theirs') } });
    for (const key of ['a', 'b', 'c']) await ours.change(key, { ...third, set: { h: Buffer.from('ours') } });
    expect(String((await theirs.read('a', ['h']))?.fields[0])).toBe('theirs');
    expect(await ours.read('a', ['h'])).toBeNull();
  });
});
