import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, testServer } from '../testing/server.ts';

describe.each(ENGINES)('health on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer(engine);
  });
  afterAll(() => server.close());
  const health = (path = '') => server.nobody.get(`/api/server/health${path}`);

  it('is well when all is', async () => {
    for (const path of ['', '/live', '/ready'])
      expect([(await health(path)).status, (await health(path)).body]).toEqual([200, { status: 'ok' }]);
  });

  it('M5: a full disk is not ready, and alive', async () => {
    const { store } = server.context;
    const { free } = store;
    Object.assign(store, { free: async () => 1_000 });
    try {
      for (const path of ['', '/ready']) {
        const { status, body } = await health(path);
        expect([status, body.detail]).toEqual([503, expect.stringContaining('1000 bytes left')]);
      }
      expect((await health('/live')).status).toBe(200);
    } finally {
      Object.assign(store, { free });
    }
  });

  it('M5: an upload that has no room is refused when it is announced', async () => {
    const ann = await server.user('ann');
    const task = (await ann.post('/api/tasks', { name: 'big', labels: [{ name: 'a' }] })).body.id;
    const { store } = server.context;
    const { free } = store;
    Object.assign(store, { free: async () => 1_000_000_000 });
    const begin = (length: number, name: string) =>
      ann.post(`/api/tasks/${task}/data`, undefined, {
        'Upload-Length': String(length),
        'Upload-Metadata': `filename ${Buffer.from(name).toString('base64')}`,
      });
    try {
      expect((await begin(400_000_000, 'a.mp4')).status).toBe(201);
      // What has begun counts.
      const { status, body } = await begin(400_000_000, 'b.mp4');
      expect([status, body.detail]).toEqual([507, expect.stringMatching(/^b\.mp4 has 400000000 bytes.*room for/)]);
    } finally {
      Object.assign(store, { free });
    }
  });

  // PostgreSQL would need all connections of its pool to be made anew; the embedded engine has one.
  it.runIf(engine === 'pglite')('L10: whoever reads is answered by a database that takes no writes', async () => {
    const bob = await server.user('bob');
    const { db } = server.context;
    await db.execute(sql`set default_transaction_read_only = on`);
    try {
      expect((await bob.get('/api/users/self')).status).toBe(200);
      const { status, body } = await bob.patch(`/api/users/${bob.id}`, { first_name: 'B' });
      expect([status, body.detail]).toEqual([503, expect.stringContaining('read-only')]);
      expect((await health('/ready')).body.problems).toEqual(['The database is read-only.']);
    } finally {
      await db.execute(sql`set default_transaction_read_only = off`);
    }
    expect(server.logged.some(({ msg }) => msg === 'use of a token not noted')).toBe(true);
  });

  it('L8: sign-ins and failed ones are in the log, with their address', async () => {
    await server.nobody.post('/api/auth/login', { username: 'guessed', password: 'not the password' });
    expect(server.logged.find(({ msg }) => msg === 'sign-in failed')).toMatchObject({
      level: 'warn',
      name: 'guessed',
      address: '127.0.0.1',
    });
    expect(server.logged.some(({ msg, path }) => msg === 'request' && path === '/api/auth/login')).toBe(true);
  });

  it('about: says the release of Roto beside that of CVAT', async () => {
    const { body } = await server.nobody.get('/api/server/about');
    expect([body.version, body.roto_version]).toEqual(['2.72.0', '0.1.0']);
  });
});
