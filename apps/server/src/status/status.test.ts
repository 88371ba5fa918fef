import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword } from '../auth/passwords.ts';
import { createSignInLink } from '../auth/sign-in-links.ts';
import { signInLinks, tasks, users } from '../database/schema/index.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

describe.each(ENGINES)('the status page on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
  });
  afterAll(() => server.close());

  const visit = (path: string, init: RequestInit = {}) => server.nobody.fetch(path, { redirect: 'manual', ...init });
  const cookieOf = (answer: Response) =>
    answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
  const signIn = async (user: TestUser) => {
    const link = await createSignInLink(server.context.db, user.id);
    return { link, cookie: cookieOf(await visit(link)) };
  };

  it('asks a stranger to sign in, and shows nothing', async () => {
    await server.context.db.insert(tasks).values({ name: 'a secret task', ownerId: ann.id });
    const page = await (await visit('/status')).text();
    expect(page).toContain('<form method="post" action="/sign-in">');
    expect(page).not.toContain('a secret task');
    for (const path of ['/status/tables', '/status/events']) expect((await visit(path)).status).toBe(401);
  });

  it('opens by a link, which works once and for an hour', async () => {
    const { link, cookie } = await signIn(ann);
    const page = await (await visit('/status', { headers: { Cookie: cookie } })).text();
    expect(page).toContain('a secret task');
    const again = await visit(link);
    expect([again.status, again.headers.getSetCookie()]).toEqual([403, []]);
    const late = await createSignInLink(server.context.db, ann.id);
    await server.context.db.update(signInLinks).set({ expiresDate: new Date(Date.now() - 1000) });
    expect((await visit(late)).status).toBe(403);
    expect((await visit(`/sign-in/${'0'.repeat(40)}`)).status).toBe(403);
    // Two who open it at the same moment: one comes in.
    const raced = await createSignInLink(server.context.db, ann.id);
    const answers = await Promise.all(Array.from({ length: 5 }, () => visit(raced)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 403, 403, 403, 403]);
  });

  it('lets who has no password set one, and signs others out', async () => {
    const eve = await server.user('eve');
    const [first, second] = [await signIn(eve), await signIn(eve)];
    const csrf = /csrftoken=(\w+)/.exec(first.cookie)![1]!;
    const set = (form: Record<string, string>) =>
      visit('/password', {
        method: 'POST',
        body: new URLSearchParams(form).toString(),
        headers: { ...FORM, Cookie: first.cookie },
      });
    expect((await set({ next: 'correct horse', again: 'correct horse' })).status).toBe(403);
    const short = await set({ csrf, next: 'short', again: 'short' });
    expect([short.status, await short.text()]).toEqual([400, expect.stringContaining('at least 8 characters')]);
    expect((await set({ csrf, next: 'correct horse', again: 'correct horse' })).status).toBe(303);
    const page = await (await visit('/status', { headers: { Cookie: first.cookie } })).text();
    expect(page).not.toContain('action="/password"');
    expect((await visit('/status/tables', { headers: { Cookie: second.cookie } })).status).toBe(401);
    // Who has one changes it with the old one, elsewhere.
    expect((await set({ csrf, next: 'battery staple', again: 'battery staple' })).status).toBe(403);
  });

  it('opens by name and password, and closes', async () => {
    const { db } = server.context;
    await db
      .update(users)
      .set({ passwordHash: await hashPassword('correct horse') })
      .where(eq(users.id, ann.id));
    const send = (password: string, headers = {}) =>
      visit('/sign-in', {
        method: 'POST',
        body: new URLSearchParams({ username: 'ann', password }).toString(),
        headers: { ...FORM, ...headers },
      });
    expect((await send('wrong')).status).toBe(403);
    expect((await send('correct horse', { Origin: 'http://evil.example' })).status).toBe(403);
    const answer = await send('correct horse', { Origin: server.url });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/status']);
    const cookie = cookieOf(answer);
    const csrf = /csrftoken=(\w+)/.exec(cookie)![1]!;
    const leave = (form: Record<string, string>) =>
      visit('/sign-out', {
        method: 'POST',
        body: new URLSearchParams(form).toString(),
        headers: { ...FORM, Cookie: cookie },
      });
    expect((await leave({})).status).toBe(403);
    expect((await leave({ csrf })).status).toBe(303);
    expect((await visit('/status/tables', { headers: { Cookie: cookie } })).status).toBe(401);
  });

  it('shows names as text, and lets no script in', async () => {
    const bob = await server.user('bob');
    await server.context.db.insert(tasks).values({ name: '<script>alert(1)</script>"\'&', ownerId: bob.id });
    const { cookie } = await signIn(bob);
    const answer = await visit('/status', { headers: { Cookie: cookie } });
    const page = await answer.text();
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
    expect(page.match(/<script/g)).toHaveLength(1);
    const policy = answer.headers.get('content-security-policy')!;
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)![1]!;
    expect(page).toContain(`<script nonce="${nonce}">`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page).not.toMatch(/https?:\/\//);
  });

  it('says when something changed', async () => {
    const { cookie } = await signIn(ann);
    const stop = new AbortController();
    const stream = await visit('/status/events', { headers: { Cookie: cookie }, signal: stop.signal });
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    const { db, events } = server.context;
    await db.transaction((tx) => events.tell(tx as unknown as typeof db, { on: 'background' }));
    while (!heard.includes('data: changed\n\n')) heard += (await reader.read()).value ?? '';
    stop.abort();
    const fresh = await visit('/status/tables', { headers: { Cookie: cookie } });
    expect(await fresh.text()).toContain('a secret task');
  });
});
