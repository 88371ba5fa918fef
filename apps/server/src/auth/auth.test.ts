import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTokens, sessions, users } from '../database/schema/index.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { hashPassword } from './passwords.ts';

const PASSWORD = 'correct horse';

describe.each(ENGINES)('signing in on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
    await server.context.db
      .update(users)
      .set({ passwordHash: await hashPassword(PASSWORD), email: 'ann@example.org' })
      .where(eq(users.id, ann.id));
  });
  afterAll(() => server.close());

  const login = (body: object = { username: 'ann', password: PASSWORD }, headers = {}) =>
    server.nobody.post('/api/auth/login', body, headers);
  /** Headers as a browser, or CVAT's SDK, has them after a login. */
  async function session() {
    const answer = await login();
    const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]!);
    const csrf = cookies.find((cookie) => cookie.startsWith('csrftoken='))!.slice('csrftoken='.length);
    return { key: answer.body.key as string, cookie: cookies.join('; '), csrf };
  }

  it('answers with a key and two cookies that Python can read when they are joined', async () => {
    const { status, body, headers } = await login();
    expect(status).toBe(200);
    expect(body.key).toMatch(/^[0-9a-f]{40}$/);
    const [csrf, sessionid] = headers.getSetCookie();
    expect(csrf).toMatch(/^csrftoken=[0-9a-f]{40}; expires=[^;]+ GMT; Max-Age=1209600; Path=\/; SameSite=Lax$/);
    expect(sessionid).toMatch(
      /^sessionid=[0-9a-f]{40}; expires=[^;]+ GMT; HttpOnly; Max-Age=1209600; Path=\/; SameSite=Lax$/,
    );
    expect(headers.getSetCookie()).toHaveLength(2);
  });

  it('takes the key, the cookie, name and password, and the e-mail address', async () => {
    const { key, cookie } = await session();
    const basic = Buffer.from(`ann:${PASSWORD}`).toString('base64');
    const ways: Record<string, string>[] = [
      { Authorization: `Token ${key}` },
      { Cookie: cookie },
      { Authorization: `Basic ${basic}` },
      { Authorization: `Bearer ${ann.token}` },
    ];
    for (const headers of ways) {
      const { status, body } = await server.as(headers).get('/api/users/self');
      expect({ status, name: body.username }).toEqual({ status: 200, name: 'ann' });
    }
    expect((await login({ email: 'ann@example.org', password: PASSWORD })).status).toBe(200);
  });

  it('keeps no secret that would let a reader of the database in', async () => {
    const { key, cookie } = await session();
    const kept = JSON.stringify([
      await server.context.db.select().from(sessions),
      await server.context.db.select().from(accessTokens),
      await server.context.db.select().from(users),
    ]);
    const id = /sessionid=([0-9a-f]+)/.exec(cookie)![1]!;
    for (const secret of [key, id, ann.token, PASSWORD]) expect(kept).not.toContain(secret);
  });

  it('refuses wrong names and passwords alike, and says nothing of which it was', async () => {
    const wrong = await login({ username: 'ann', password: 'wrong password' });
    const unknown = await login({ username: 'nobody-such', password: PASSWORD });
    expect([wrong.status, wrong.body]).toEqual([400, { non_field_errors: ['The name or the password is wrong.'] }]);
    expect([unknown.status, unknown.body]).toEqual([wrong.status, wrong.body]);
    expect((await login({ password: PASSWORD })).body).toEqual({ non_field_errors: ['Give "username" or "email".'] });
    expect((await login({ username: 'ann' })).body).toEqual({ password: ['This field is required.'] });
  });

  it('makes whoever guesses wait, from the same address and for the same name', async () => {
    const answers = [];
    for (let n = 0; n < 11; n++) answers.push(await login({ username: 'guessed', password: `guess ${n}` }));
    expect(answers.slice(0, 10).map(({ status }) => status)).toEqual(Array(10).fill(400));
    expect(answers[10]!.status).toBe(429);
    expect(Number(answers[10]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await login()).status).toBe(200);
  });

  describe('with a cookie', () => {
    const logout = (headers: Record<string, string>) => server.as(headers).post('/api/auth/logout');

    it('changes something only for a page that can read the second cookie', async () => {
      const { cookie, csrf } = await session();
      const refused = [
        await logout({ Cookie: cookie }),
        await logout({ Cookie: cookie, 'X-CSRFToken': '' }),
        await logout({ Cookie: cookie, 'X-CSRFToken': 'a'.repeat(40) }),
        await logout({ Cookie: cookie.replace(csrf, 'b'.repeat(40)), 'X-CSRFToken': 'b'.repeat(40) }),
        await logout({ Cookie: cookie, 'X-CSRFToken': csrf, Origin: 'http://evil.example' }),
        await logout({ Cookie: cookie, 'X-CSRFToken': csrf, Origin: 'null' }),
      ];
      for (const { status, body } of refused) {
        expect(status).toBe(403);
        expect(body.detail).toMatch(/^CSRF Failed: /);
      }
      expect((await logout({ Cookie: cookie, 'X-CSRFToken': csrf, Origin: server.url })).status).toBe(200);
    });

    it('logs out: cookie and key end, and the cookies are cleared', async () => {
      const { cookie, csrf, key } = await session();
      const { headers } = await logout({ Cookie: cookie, 'X-CSRFToken': csrf });
      expect(headers.getSetCookie().every((line) => line.includes('Max-Age=0'))).toBe(true);
      expect((await server.as({ Cookie: cookie }).get('/api/users/self')).status).toBe(401);
      expect((await server.as({ Authorization: `Token ${key}` }).get('/api/users/self')).status).toBe(401);
    });

    it('does not know forged and expired ones', async () => {
      expect((await server.as({ Cookie: `sessionid=${'0'.repeat(40)}` }).get('/api/users/self')).status).toBe(401);
      const { cookie } = await session();
      await server.context.db.update(sessions).set({ expiresDate: new Date(Date.now() - 1000) });
      expect((await server.as({ Cookie: cookie }).get('/api/users/self')).status).toBe(401);
    });

    it('lives on while it is used', async () => {
      const { cookie } = await session();
      await server.context.db.update(sessions).set({ expiresDate: new Date(Date.now() + 3_600_000) });
      const { status, headers } = await server.as({ Cookie: cookie }).get('/api/users/self');
      expect([status, headers.getSetCookie().length]).toEqual([200, 2]);
      const [row] = await server.context.db.select().from(sessions).orderBy(sessions.createdDate).limit(1);
      expect(row!.expiresDate.getTime()).toBeGreaterThan(Date.now() + 13 * 24 * 3_600_000);
    });
  });

  it('changes the password, and ends all other sessions', async () => {
    const bob = await server.user('bob');
    const { db } = server.context;
    await db
      .update(users)
      .set({ passwordHash: await hashPassword(PASSWORD) })
      .where(eq(users.id, bob.id));
    const sign = async (password: string) =>
      (await login({ username: 'bob', password })).body.key as string | undefined;
    const [first, second] = [await sign(PASSWORD), await sign(PASSWORD)];
    const change = (body: object) =>
      server.as({ Authorization: `Token ${first}` }).post('/api/auth/password/change', body);
    const next = { new_password1: 'battery staple', new_password2: 'battery staple' };
    expect((await change({ ...next, old_password: 'wrong' })).body).toEqual({
      old_password: ['The old password is wrong.'],
    });
    expect((await change({ old_password: PASSWORD, new_password1: 'short', new_password2: 'short' })).status).toBe(400);
    expect((await change({ ...next, new_password2: 'other', old_password: PASSWORD })).status).toBe(400);
    expect((await bob.post('/api/auth/password/change', { ...next, old_password: PASSWORD })).status).toBe(403);
    expect((await change({ ...next, old_password: PASSWORD })).status).toBe(200);
    expect((await server.as({ Authorization: `Token ${second}` }).get('/api/users/self')).status).toBe(401);
    expect((await server.as({ Authorization: `Token ${first}` }).get('/api/users/self')).status).toBe(200);
    expect([await sign(PASSWORD), typeof (await sign('battery staple'))]).toEqual([undefined, 'string']);
  });

  describe('access tokens', () => {
    const keyed = async () => server.as({ Authorization: `Token ${(await session()).key}` });

    it('are shown once, listed, renamed and revoked', async () => {
      const me = await keyed();
      const made = await me.post('/api/auth/access_tokens', { name: 'agent', expiry_date: null, read_only: false });
      expect(made.status).toBe(201);
      const { value, ...rest } = made.body;
      const agent = server.as({ Authorization: `Bearer ${value}` });
      const own = await agent.get('/api/auth/access_tokens/self');
      expect(own.body).toMatchObject({ id: rest.id, name: 'agent' });
      expect(own.body).not.toHaveProperty('value');
      expect((await me.get('/api/auth/access_tokens/self')).status).toBe(404);
      const path = `/api/auth/access_tokens/${rest.id}`;
      expect((await me.patch(path, { name: 'other' })).body.name).toBe('other');
      const list = (await me.get('/api/auth/access_tokens?page_size=all')).body;
      expect(list.results.map(({ name }: { name: string }) => name)).toContain('other');
      expect((await me.delete(path)).status).toBe(204);
      expect((await agent.get('/api/users/self')).status).toBe(401);
      expect((await me.get(path)).status).toBe(404);
    });

    it('that may only read do not write', async () => {
      const reader = await server.user('reader', { readOnly: true });
      expect((await reader.get('/api/users/self')).status).toBe(200);
      const { status, body } = await reader.patch(`/api/users/${reader.id}`, { first_name: 'X' });
      expect([status, body]).toEqual([403, { detail: 'This access token may only read.' }]);
    });

    it('that are expired, or of someone who was shut out, are refused', async () => {
      const cat = await server.user('cat');
      const { db } = server.context;
      await db
        .update(accessTokens)
        .set({ expiryDate: new Date(Date.now() - 1000) })
        .where(eq(accessTokens.userId, cat.id));
      const answer = await cat.get('/api/users/self');
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Token']);
      await db.update(accessTokens).set({ expiryDate: null }).where(eq(accessTokens.userId, cat.id));
      expect((await cat.get('/api/users/self')).status).toBe(200);
      await db.update(users).set({ isActive: false }).where(eq(users.id, cat.id));
      expect((await cat.get('/api/users/self')).status).toBe(401);
    });

    it('cannot make others, and cannot be made to expire in the past', async () => {
      expect((await ann.post('/api/auth/access_tokens', { name: 'more' })).status).toBe(403);
      const past = await (await keyed()).post('/api/auth/access_tokens', {
        name: 'x',
        expiry_date: '2020-01-01T00:00:00Z',
      });
      expect([past.status, past.body]).toEqual([400, { expiry_date: ['The date is past.'] }]);
    });

    it('of others are not there', async () => {
      const eve = await server.user('eve');
      const [token] = await server.context.db.select().from(accessTokens).where(eq(accessTokens.userId, ann.id));
      for (const method of ['get', 'delete'] as const)
        expect((await eve[method](`/api/auth/access_tokens/${token!.id}`)).status).toBe(404);
    });
  });

  it.each([
    ['an unknown scheme', { Authorization: 'Digest abc' }],
    ['an empty one', { Authorization: 'Bearer' }],
    ['Basic without a colon', { Authorization: `Basic ${Buffer.from('ann').toString('base64')}` }],
    ['Basic that is no base64', { Authorization: 'Basic %%%' }],
    ['Basic with a zero character', { Authorization: `Basic ${Buffer.from('a\0b:c').toString('base64')}` }],
    ['a token of the wrong kind', { Authorization: `Token ${'f'.repeat(40)}` }],
    ['a token as long as a book', { Authorization: `Bearer ${'f'.repeat(8000)}` }],
    ['nothing', {}],
  ])('answers 401 to %s', async (_name, headers) => {
    const { status, body } = await server.as(headers as Record<string, string>).get('/api/users/self');
    expect(status).toBe(401);
    expect(typeof body.detail).toBe('string');
  });

  it('does not sign in for a page of another site', async () => {
    const { status } = await login(undefined, { Origin: 'http://evil.example' });
    expect(status).toBe(403);
  });
});
