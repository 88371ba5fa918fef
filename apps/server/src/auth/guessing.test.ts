import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { users } from '../database/schema/index.ts';
import { type TestServer, testServer } from '../testing/server.ts';
import { createAttempts, MAX_FAILURES } from './attempts.ts';
import { hashPassword, passwordProblem } from './passwords.ts';

const PASSWORD = 'correct horse battery';
let server: TestServer;

beforeAll(async () => {
  server = await testServer('pglite');
});
afterAll(() => server.close());

async function person(username: string): Promise<void> {
  const { id } = await server.user(username);
  await server.context.db
    .update(users)
    .set({ passwordHash: await hashPassword(PASSWORD) })
    .where(eq(users.id, id));
}

const login = (username: string, password: string) => server.nobody.post('/api/auth/login', { username, password });
const form = (username: string, password: string, cookie = '') =>
  server.as({ Cookie: cookie }).fetch('/sign-in', {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username, password }).toString(),
  });

describe('guessing passwords', () => {
  it('H2: judges ten of eighty wrong passwords that arrive together, and answers others meanwhile', async () => {
    await person('guessed');
    const started = performance.now();
    const guesses = Array.from({ length: 80 }, (_, n) => login('guessed', `wrong password ${n}`));
    let slowest = 0;
    for (let n = 0; n < 5; n++) {
      const asked = performance.now();
      expect((await server.nobody.get('/logo.svg')).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - asked);
    }
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(MAX_FAILURES.ofName);
    expect(statuses.filter((status) => status === 429)).toHaveLength(70);
    expect(slowest).toBeLessThan(3_000);
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  it('H2: refuses with 503 when many names are tried at once, and takes the right password afterwards', async () => {
    await person('patient');
    const guesses = Array.from({ length: 60 }, (_, n) => login(`many-${n}`, 'wrong password'));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0);
    expect((await login('patient', PASSWORD)).status).toBe(200);
  });

  it('H2: many requests with the same right password are all taken', async () => {
    await person('diligent');
    const basic = { Authorization: `Basic ${Buffer.from(`diligent:${PASSWORD}`).toString('base64')}` };
    const answers = await Promise.all(Array.from({ length: 40 }, () => server.as(basic).get('/api/users/self')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('M4: wrong passwords for many names from one address do not lock out a name that nobody guessed', () => {
    const attempts = createAttempts();
    for (let n = 0; n < 500; n++) attempts.begin({ address: '10.0.0.1', name: `name ${n}` });
    expect(() => attempts.begin({ address: '10.0.0.1', name: 'owner' })).not.toThrow();
    // But each name has fewer tries left than it would have from a quiet address.
    for (let n = 0; n < 2; n++) attempts.begin({ address: '10.0.0.1', name: 'other' });
    attempts.begin({ address: '10.0.0.1', name: 'other' });
    expect(() => attempts.begin({ address: '10.0.0.1', name: 'other' })).toThrow(/Too many wrong passwords/);
  });

  it('M4: a browser that signed in before is not locked out by others at its address', async () => {
    await person('colleague');
    const first = await form('colleague', PASSWORD);
    expect(first.status).toBe(303);
    const cookie = first.headers
      .getSetCookie()
      .map((line) => line.split(';')[0]!)
      .find((line) => line.startsWith('roto_device='))!;
    for (let n = 0; n < 10; n++) expect((await form('colleague', `wrong password ${n}`)).status).toBe(403);
    expect((await form('colleague', 'wrong password')).status).toBe(429);
    expect((await form('colleague', 'another wrong password', cookie)).status).toBe(403);
    expect((await form('colleague', PASSWORD, cookie)).status).toBe(303);
    // The mark signs nobody in, and one that was made up is none.
    expect((await form('colleague', 'third wrong password', `${cookie.slice(0, -1)}x`)).status).toBe(429);
  });

  it('L7: the wait does not grow when the wall clock is set back', async () => {
    for (let n = 0; n < 10; n++) await login('clock', `wrong password ${n}`);
    const before = Date.now;
    Date.now = () => before() - 24 * 3_600_000;
    try {
      const { status, headers } = await login('clock', 'wrong password');
      expect(status).toBe(429);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(300);
    } finally {
      Date.now = before;
    }
  });

  it('L5: refuses passwords that anybody would try first', () => {
    for (const password of ['password', 'aaaaaaaa', 'qwertyui', '        ', 'Password1', 'abcdefgh', 'abcabcabc'])
      expect([password, passwordProblem(password, 'ann')]).toEqual([password, expect.any(String)]);
    for (const password of ['12345678', '87654321', 'ann-marie', 'ANN-MARIE1'])
      expect([password, passwordProblem(password, 'ann-marie')]).toEqual([password, expect.any(String)]);
    for (const password of [PASSWORD, 'battery staple', 'tr0ub4dor&3', 'Ein guter Satz'])
      expect([password, passwordProblem(password, 'ann')]).toEqual([password, undefined]);
  });

  it('L1: HEAD and fetching ahead do not use a sign-in link up', async () => {
    const { createSignInLink } = await import('./sign-in-links.ts');
    const { id } = await server.user('linked');
    const link = await createSignInLink(server.context.db, id);
    const ask = (method: string, headers = {}) => server.nobody.fetch(link, { method, headers, redirect: 'manual' });
    const head = await ask('HEAD');
    expect([head.status >= 400, head.headers.getSetCookie()]).toEqual([true, []]);
    expect((await ask('GET', { 'Sec-Purpose': 'prefetch' })).status).toBe(403);
    expect((await ask('GET')).status).toBe(303);
  });
});
