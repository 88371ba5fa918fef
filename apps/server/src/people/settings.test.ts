import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';

describe.each(ENGINES)('settings of a person on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  const at = '/api/users/self/settings';
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
  });
  afterAll(() => server.close());

  it('are merged, removed by null, and theirs alone', async () => {
    expect((await ann.get(at)).body).toEqual({});
    await ann.patch(at, { theme: 'dark', keys: { save: 'S', run: 'E' } });
    const { body, headers } = await ann.patch(at, { keys: { run: null, undo: 'Z' }, zoom: [1, 2] });
    const settings = { theme: 'dark', keys: { save: 'S', undo: 'Z' }, zoom: [1, 2] };
    expect(body).toEqual(settings);
    const read = await ann.get(at);
    expect([read.body, read.headers.get('etag')]).toEqual([settings, headers.get('etag')]);
    expect((await ann.get(at, { 'If-None-Match': headers.get('etag')! })).status).toBe(304);
    const bob = await server.user('bob');
    expect((await bob.get(at)).body).toEqual({});
  });

  it('are not changed over what another page changed, nor grow without end', async () => {
    const { headers } = await ann.get(at);
    const match = { 'If-Match': headers.get('etag')! };
    expect((await ann.patch(at, { theme: 'light' }, match)).status).toBe(200);
    expect((await ann.patch(at, { theme: 'dark' }, match)).status).toBe(412);
    for (const key of ['a', 'b']) {
      const { status, body } = await ann.patch(at, { [key]: 'x'.repeat(40_000) });
      expect([status, key === 'a' || 'settings' in body]).toEqual([key === 'a' ? 200 : 400, true]);
    }
    expect((await ann.patch(at, [1])).status).toBe(400);
    expect((await ann.patch(at, { constructor: { prototype: { x: 1 } } })).status).toBe(400);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});
