import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderStore } from './folder.ts';
import { memoryStore } from './memory.ts';
import { openStateStore } from './open.ts';
import { redisStore } from './redis.ts';
import { STATE_LIFE_MS, type StateStore } from './store.ts';

const REDIS = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

type Opened = {
  readonly store: StateStore;
  /** The store as another process opens it; undefined where none can. */
  readonly other: StateStore | undefined;
  /** Makes it later, so that what was used before is forgotten. */
  pass?(ms: number): Promise<void>;
  close(): Promise<void>;
};

/** What all stores do alike; `open` gives an empty one. */
function contract(open: () => Promise<Opened>): void {
  let opened: Opened;
  let store: StateStore;
  beforeAll(async () => {
    opened = await open();
    store = opened.store;
  });
  afterAll(() => opened?.close());
  const key = (): string => `key-${randomUUID()}`;

  test('gives back what was written, any bytes', async () => {
    const [a, b] = [key(), key()];
    const large = new Uint8Array(3_000_000).map((_, i) => i * 31);
    await store.write(a, bytes(0, 255, 13, 10, 128, 0));
    await store.write(b, large);
    expect(Buffer.from((await store.read(a))!)).toEqual(Buffer.from(bytes(0, 255, 13, 10, 128, 0)));
    expect(Buffer.compare((await store.read(b))!, large)).toBe(0);
  });

  test('knows nothing of what was never written or was dropped', async () => {
    const name = key();
    expect(await store.read(name)).toBeNull();
    await store.write(name, bytes(1));
    await store.drop(name);
    expect(await store.read(name)).toBeNull();
    await store.drop(name);
  });

  test('a later value takes the place of the one before', async () => {
    const name = key();
    expect(await store.write(name, bytes(1), 3)).toBe(true);
    expect(await store.write(name, bytes(2), 3)).toBe(true);
    expect(await store.write(name, bytes(3), 4)).toBe(true);
    expect([...(await store.read(name))!]).toEqual([3]);
  });

  test('refuses who has lost the lease, and keeps the value', async () => {
    const name = key();
    await store.write(name, bytes(9), 7);
    expect(await store.write(name, bytes(1), 6)).toBe(false);
    expect(await store.write(name, bytes(1))).toBe(false);
    expect([...(await store.read(name))!]).toEqual([9]);
  });

  test('of many that write at once the highest fence wins', async () => {
    const name = key();
    await Promise.all([4, 1, 9, 3, 2, 8].map((fence) => store.write(name, bytes(fence), fence)));
    expect([...(await store.read(name))!]).toEqual([9]);
  });

  test.each(['../../etc/passwd', 'A', '', 'a b', 'a/b', 'x'.repeat(129), 'roto:state:x'])(
    'refuses the name %j',
    async (name) => {
      await expect(store.read(name)).rejects.toThrow(/no name of a state/);
      await expect(store.write(name, bytes(1))).rejects.toThrow(/no name of a state/);
      await expect(store.drop(name)).rejects.toThrow(/no name of a state/);
    },
  );

  test('other processes see it, if it is shared', async () => {
    expect(store.shared).toBe(opened.other !== undefined);
    if (!opened.other) return;
    const name = key();
    await store.write(name, bytes(5), 2);
    expect([...(await opened.other.read(name))!]).toEqual([5]);
    expect(await opened.other.write(name, bytes(1), 1)).toBe(false);
    await opened.other.drop(name);
    expect(await store.read(name)).toBeNull();
  });

  test('forgets what nobody has used for long, and not what somebody has', async () => {
    const [idle, used] = [key(), key()];
    await store.write(idle, bytes(1));
    await store.write(used, bytes(2));
    await opened.pass!(0.6);
    expect(await store.read(used)).not.toBeNull();
    await opened.pass!(0.6);
    expect(await store.read(idle)).toBeNull();
    expect(await store.read(used)).not.toBeNull();
  });
}

describe('in memory', () => {
  contract(async () => {
    let now = 1e12;
    const store = memoryStore(() => now);
    return {
      store,
      other: undefined,
      async pass(part) {
        now += part * STATE_LIFE_MS;
      },
      close: async () => store[Symbol.asyncDispose](),
    };
  });
});

describe('in a folder', () => {
  contract(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'roto-states-'));
    let now = Date.now();
    const store = await folderStore(folder, () => now);
    return {
      store,
      other: await folderStore(folder, () => now),
      async pass(part) {
        now += part * STATE_LIFE_MS;
      },
      close: () => rm(folder, { recursive: true, force: true }),
    };
  });

  test('nobody but the owner reads the files, and old ones are cleared away', async () => {
    const folder = path.join(await mkdtemp(path.join(tmpdir(), 'roto-states-')), 'states');
    const store = await folderStore(folder);
    await store.write('one', bytes(1), 12);
    expect(await readdir(folder)).toEqual(['one.12.state']);
    expect((await stat(folder)).mode & 0o077).toBe(0);
    expect((await stat(path.join(folder, 'one.12.state'))).mode & 0o077).toBe(0);
    await writeFile(path.join(folder, 'cut.partial'), 'x');
    await writeFile(path.join(folder, 'somebody-elses.txt'), 'x');
    const old = new Date(Date.now() - STATE_LIFE_MS - 60_000);
    for (const name of ['one.12.state', 'cut.partial', 'somebody-elses.txt'])
      await utimes(path.join(folder, name), old, old);
    const later = await folderStore(folder);
    await later.write('two', bytes(2));
    expect((await readdir(folder)).sort()).toEqual(['somebody-elses.txt', 'two.0.state']);
    await rm(path.dirname(folder), { recursive: true, force: true });
  });
});

const away = await redisProblem();
if (away) console.warn(`Redis store: skipped, ${away}`);
describe.skipIf(away !== undefined)('in Redis', () => {
  contract(async () => {
    const store = await redisStore(REDIS);
    const other = await redisStore(REDIS);
    const client = createClient({ url: REDIS });
    await client.connect();
    return {
      store,
      other,
      /** The clock is the server's, so what is left of each life is made shorter instead. */
      async pass(part) {
        for await (const keys of client.scanIterator({ MATCH: 'roto:state:key-*' }))
          for (const name of keys) {
            const left = await client.pTTL(name);
            await client.pExpire(name, Math.max(0, Math.round(left - part * STATE_LIFE_MS)));
          }
      },
      async close() {
        client.destroy();
        await store[Symbol.asyncDispose]();
        await other[Symbol.asyncDispose]();
      },
    };
  });
});

test.each(['', 'disk', 'folder:', 'http://127.0.0.1:6379', 'memory:x'])('%j is no store', async (address) => {
  await expect(openStateStore(address)).rejects.toThrow(/no state store/);
});

test('a Redis that is not there is told without its password', async () => {
  const failure = openStateStore('redis://me:secret@127.0.0.1:1/0');
  await expect(failure).rejects.toThrow(/127\.0\.0\.1:1.*cannot be reached/);
  await expect(failure).rejects.not.toThrow(/secret/);
});

/** CI has Redis, and a missing one is a failure there; elsewhere the suite is left out with a word. */
async function redisProblem(): Promise<string | undefined> {
  const client = createClient({ url: REDIS, socket: { connectTimeout: 1_000, reconnectStrategy: false } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    client.destroy();
    return undefined;
  } catch (error) {
    if (process.env.CI) return undefined;
    return `no Redis at ${REDIS} (${(error as Error).message})`;
  }
}
