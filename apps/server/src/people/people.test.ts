import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tasks, users } from '../database/schema/index.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { firstOwner } from './first-owner.ts';

describe.each(ENGINES)('people on %s', (engine) => {
  let server: TestServer;
  let admin: TestUser;
  let ann: TestUser;
  let bob: TestUser;
  let cat: TestUser;
  beforeAll(async () => {
    server = await testServer(engine);
    const boss = await server.user('admin', { isAdmin: true });
    // Passwords and administrators are not for access tokens.
    admin = { ...boss, ...(await server.signedIn(boss)) };
    ann = await server.user('ann');
    bob = await server.user('bob');
    cat = await server.user('cat');
  });
  afterAll(() => server.close());

  const names = async (who: TestUser, path = '/api/users?page_size=all', headers = {}) =>
    (await who.get(path, headers)).body.results.map(({ username }: { username: string }) => username);

  it("shows who one is, in CVAT's form", async () => {
    const { body } = await ann.get('/api/users/self');
    expect(body).toEqual({
      url: `${server.url}/api/users/${ann.id}`,
      id: ann.id,
      username: 'ann',
      first_name: '',
      last_name: '',
      email: '',
      groups: ['user'],
      is_staff: false,
      is_superuser: false,
      is_active: true,
      last_login: null,
      date_joined: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      has_analytics_access: false,
      has_password: false,
    });
  });

  it('are made, changed and shut out by an administrator alone', async () => {
    const made = await admin.post('/api/users', { username: 'dan', password: 'correct horse', email: 'd@example.org' });
    expect(made.status).toBe(201);
    const login = () => server.nobody.post('/api/auth/login', { username: 'dan', password: 'correct horse' });
    const { key } = (await login()).body;
    const dan = server.as({ Authorization: `Token ${key}` });
    const path = `/api/users/${made.body.id}`;
    expect((await dan.patch(path, { first_name: 'Dan' })).body.first_name).toBe('Dan');
    for (const field of [{ is_superuser: true }, { is_active: true }, { password: 'correct horse' }])
      expect((await dan.patch(path, field)).status).toBe(403);
    expect((await admin.patch(path, { is_active: false })).body.is_active).toBe(false);
    expect((await dan.get('/api/users/self')).status).toBe(401);
    expect((await login()).status).toBe(400);
    expect((await admin.patch(`/api/users/${admin.id}`, { is_superuser: false })).status).toBe(400);
  });

  it.each([
    ['a name that is taken', { username: 'ann' }, 'username'],
    ['a name with a slash', { username: 'a/b' }, 'username'],
    ['no name', {}, 'username'],
    ['a short password', { username: 'eve', password: 'short' }, 'password'],
    ['a password of digits', { username: 'eve', password: '1234567890' }, 'password'],
    ['the name as password', { username: 'eve.adams', password: 'Eve.Adams' }, 'password'],
    ['an address that is none', { username: 'eve', email: 'eve' }, 'email'],
    ['a number as text', { username: 'eve', is_superuser: 'true' }, 'is_superuser'],
  ])('are not made with %s', async (_what, body, field) => {
    const answer = await admin.post('/api/users', body);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body)).toEqual([field]);
  });

  it('of a password that the database cannot keep are refused', async () => {
    const { status } = await admin.patch(`/api/users/${bob.id}`, { first_name: 'a\0b' });
    expect(status).toBe(400);
    expect((await ann.get('/api/users?search=a%00b')).status).toBe(400);
  });

  it('see themselves and their fellow members, pages and all', async () => {
    expect(await names(cat)).toEqual(['cat']);
    await server.organization('lab', { owner: ann, worker: bob });
    expect(await names(bob)).toEqual(['ann', 'bob']);
    expect(await names(bob, '/api/users?search=N')).toEqual(['ann']);
    expect((await bob.get(`/api/users/${ann.id}`)).body).not.toHaveProperty('email');
    const first = await admin.get('/api/users?page_size=2');
    expect(first.body).toMatchObject({ previous: null, next: `${server.url}/api/users?page_size=2&page=2` });
    const second = await admin.get(first.body.next.slice(server.url.length));
    expect(second.body.previous).toBe(`${server.url}/api/users?page_size=2`);
    for (const past of ['page=99', 'page=1e99']) expect((await admin.get(`/api/users?${past}`)).status).toBe(404);
    for (const bad of ['page=0', 'page=x', 'page_size=0', 'page_size=-1', 'page_size=many'])
      expect((await admin.get(`/api/users?${bad}`)).status, bad).toBe(400);
  });

  describe('in organizations', () => {
    const inTeam = { 'X-Organization': 'team' };
    let id: number;
    beforeAll(async () => {
      id = (await ann.post('/api/organizations', { slug: 'team', name: 'The team' })).body.id;
    });

    it('are owners of what they found', async () => {
      const { body } = await ann.get(`/api/organizations/${id}`);
      expect(body).toMatchObject({ slug: 'team', name: 'The team', description: '', owner: { username: 'ann' } });
      expect((await ann.post('/api/organizations', { slug: 'team' })).body).toHaveProperty('slug');
      expect((await ann.post('/api/organizations', { slug: 'a b' })).status).toBe(400);
      const roles = (await ann.get('/api/memberships', inTeam)).body.results;
      expect(roles).toMatchObject([{ user: { username: 'ann' }, role: 'owner', organization: id, is_active: true }]);
    });

    it('are added, promoted and removed by rank', async () => {
      const add = (who: TestUser, username: string, role: string) =>
        who.post('/api/memberships', { username, role }, inTeam);
      expect((await add(ann, 'bob', 'maintainer')).status).toBe(201);
      const worker = await add(bob, 'cat', 'worker');
      expect(worker.status).toBe(201);
      expect((await add(bob, 'cat', 'worker')).status).toBe(400);
      expect((await add(bob, 'nobody', 'worker')).body).toEqual({ username: ['There is no user nobody.'] });
      expect((await add(ann, 'admin', 'owner')).status).toBe(400);
      const path = `/api/memberships/${worker.body.id}`;
      // A maintainer does not make maintainers, and nobody unmakes the owner.
      expect((await bob.patch(path, { role: 'maintainer' })).status).toBe(403);
      expect((await bob.patch(path, { role: 'supervisor' })).body.role).toBe('supervisor');
      const owner = (await ann.get('/api/memberships?role=owner', inTeam)).body.results[0].id;
      for (const answer of [
        await bob.patch(`/api/memberships/${owner}`, { role: 'worker' }),
        await bob.delete(`/api/memberships/${owner}`),
        await ann.delete(`/api/memberships/${owner}`),
      ])
        expect(answer.status).toBe(403);
      expect((await cat.delete(path)).status).toBe(204);
      expect((await cat.get(`/api/organizations/${id}`)).status).toBe(404);
    });

    it('work where the request says: by slug, by id, in their own place, everywhere', async () => {
      const get = (query: string, headers = {}) => bob.get(`/api/tasks${query}`, headers);
      expect((await get('?org=team')).status).toBe(200);
      expect((await get(`?org_id=${id}`)).status).toBe(200);
      expect((await get('', inTeam)).status).toBe(200);
      expect((await get('?org=', { 'X-Organization': '' })).status).toBe(200);
      expect((await get('?org=lab', inTeam)).status).toBe(400);
      expect((await get(`?org=team&org_id=${id}`)).status).toBe(400);
      expect((await get('?org_id=x')).status).toBe(400);
      const none = await get('', { 'X-Organization': 'nowhere' });
      expect([none.status, none.body]).toEqual([404, { detail: 'nowhere organization does not exist.' }]);
      // Of others: as if there were none.
      expect((await cat.get('/api/tasks', inTeam)).body).toEqual({ detail: 'team organization does not exist.' });
      expect((await admin.get('/api/tasks', inTeam)).status).toBe(200);
    });

    it('close one only when nothing is left in it', async () => {
      const { db } = server.context;
      const [task] = await db.insert(tasks).values({ name: 'x', ownerId: ann.id, organizationId: id }).returning();
      const kept = await ann.delete(`/api/organizations/${id}`);
      expect([kept.status, kept.body.detail]).toEqual([409, expect.stringContaining('1 tasks')]);
      await db.delete(tasks).where(eq(tasks.id, task!.id));
      expect((await ann.delete(`/api/organizations/${id}`)).status).toBe(204);
    });
  });

  it('begin with one owner, however many servers start', async () => {
    const { db } = server.context;
    const all = await Promise.all([firstOwner(db), firstOwner(db), firstOwner(db)]);
    // There is an administrator here already.
    expect(all.map(({ username, created }) => [username, created])).toEqual(Array(3).fill(['admin', false]));
    expect(await db.select().from(users).where(eq(users.username, 'owner'))).toEqual([]);
  });
});
