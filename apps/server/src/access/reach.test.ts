import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agents, functionRequests, functions, memberships, users } from '../database/schema/index.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, testServer } from '../testing/server.ts';
import { openStudio, type Studio } from '../testing/studio.ts';

describe.each(ENGINES)('what is out of reach on %s', (engine) => {
  let server: TestServer;
  let studio: Studio;
  beforeAll(async () => {
    server = await testServer(engine);
    studio = await openStudio(server);
  });
  afterAll(() => server.close());

  it('M7: an agent of a stranger reads what it works on, and takes nothing out', async () => {
    const { db } = server.context;
    const { other, owner } = studio.people;
    const seed = await studio.seed({ whole: true });
    const spec: { supported_shape_types: ['polygon'] } = { supported_shape_types: ['polygon'] };
    const [fn] = await db
      .insert(functions)
      .values({ provider: 'native', name: 'stranger', kind: 'tracker', visibility: 'public', spec, ownerId: other.id })
      .returning();
    await db.insert(agents).values({ functionId: fn!.id, agentId: 'strange', userId: other.id });
    await db.insert(functionRequests).values({
      id: crypto.randomUUID(),
      functionId: fn!.id,
      category: 'batch',
      params: { type: 'init_tracking', task: seed.task, frame: 0, shapes: [] },
      state: 'leased',
      taskId: seed.task,
      ownerId: owner.id,
      agentId: 'strange',
      fence: 1,
      attempts: 1,
      leaseUntil: new Date(Date.now() + 3_600_000),
      leasedDate: new Date(),
    });
    expect((await other.get(`/api/tasks/${seed.task}`)).status).toBe(200);
    expect((await other.get(`/api/tasks/${seed.task}/data?type=frame&number=0`)).status).toBe(200);
    const format = 'format=COCO%201.0';
    for (const path of [
      `/api/tasks/${seed.task}/dataset/export?${format}`,
      `/api/jobs/${seed.job}/dataset/export?${format}`,
    ])
      expect([path, (await other.post(path)).status]).toEqual([path, 403]);
    expect((await other.get(`/api/jobs/${seed.job}/annotations/history`)).status).toBe(403);
    expect((await owner.post(`/api/tasks/${seed.task}/dataset/export?${format}`)).status).toBe(202);
  });

  it('M9: the names of people are not told by their ids', async () => {
    const { other, worker, owner } = studio.people;
    const made = await other.post('/api/tasks', { name: 'mine', labels: [{ name: 'a' }] });
    for (const person of [worker, owner]) {
      const { status, body } = await other.patch(`/api/tasks/${made.body.id}`, { assignee_id: person.id });
      expect([status, JSON.stringify(body)]).toEqual([400, expect.not.stringContaining(person.username)]);
    }
    const unknown = await other.patch(`/api/tasks/${made.body.id}`, { assignee_id: 99_999 });
    const known = await other.patch(`/api/tasks/${made.body.id}`, { assignee_id: worker.id });
    expect(JSON.stringify(known.body).replace(String(worker.id), 'N')).toBe(
      JSON.stringify(unknown.body).replace('99999', 'N'),
    );
    // Among members of an organization it goes on, in the personal workspace, too.
    const own = await owner.post('/api/tasks', { name: 'own', labels: [{ name: 'a' }] }, { 'X-Organization': '' });
    const given = await owner.patch(`/api/tasks/${own.body.id}`, { assignee_id: worker.id });
    expect([given.status, given.body.assignee?.username]).toEqual([200, 'worker']);
  });

  it('L2: an export is out of reach when its task is', async () => {
    const seed = await studio.seed({ whole: true });
    const leaver = await server.user('leaver');
    const { db } = server.context;
    await db
      .insert(memberships)
      .values({ userId: leaver.id, organizationId: studio.organizationId, role: 'maintainer' });
    const asked = await leaver.post(`/api/tasks/${seed.task}/dataset/export?format=COCO%201.0`);
    const at = `/api/requests/${encodeURIComponent(asked.body.rq_id)}`;
    await expect.poll(async () => (await leaver.get(at)).body.status, { timeout: 20_000 }).toBe('finished');
    expect((await leaver.get(`${at}/result`)).status).toBe(200);
    await db.delete(memberships).where(eq(memberships.userId, leaver.id));
    expect((await leaver.get(`/api/tasks/${seed.task}`)).status).toBe(404);
    expect([(await leaver.get(at)).status, (await leaver.get(`${at}/result`)).status]).toEqual([404, 404]);
    expect((await leaver.get('/api/requests')).body.count).toBe(0);
  });

  it('M8: an agent may say that it holds whatever it likes', async () => {
    const seed = await studio.seed();
    const asked = {
      agent_id: 'agent9',
      request_category: 'batch',
      capabilities: { ranges: 1 },
      holding: ['0', 'not-a-uuid', crypto.randomUUID()],
    };
    const path = `/api/functions/queues/function%3A${seed.function}/requests/acquire`;
    expect((await studio.people.owner.post(path, asked)).status).toBe(200);
  });

  it('L11: one person with many requests does not keep those of others waiting', async () => {
    const { db } = server.context;
    const seed = await studio.seed();
    await db.delete(functionRequests).where(eq(functionRequests.functionId, seed.function));
    const { owner, maintainer } = studio.people;
    const request = (ownerId: number, at: number) => ({
      id: crypto.randomUUID(),
      functionId: seed.function,
      category: 'batch' as const,
      params: { type: 'init_tracking', task: seed.task, frame: 0, shapes: [] },
      taskId: seed.task,
      ownerId,
      createdDate: new Date(Date.now() - 60_000 + at),
    });
    const many = Array.from({ length: 30 }, (_, n) => request(owner.id, n));
    const one = request(maintainer.id, 100);
    await db.insert(functionRequests).values([...many, one]);
    const path = `/api/functions/queues/function%3A${seed.function}/requests`;
    const taken: string[] = [];
    for (let n = 0; n < 4; n++) {
      const { body } = await owner.post(`${path}/acquire`, { agent_id: `a${n}`, request_category: 'batch' });
      taken.push(body.ar_assignment.ar_id);
    }
    expect(taken).toEqual([many[0]!.id, one.id, many[1]!.id, many[2]!.id]);
  });
});

describe('accounts', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer('pglite');
  });
  afterAll(() => server.close());

  it('M1: the token of an administrator makes no administrators and sets no passwords', async () => {
    const admin = await server.user('admin', { isAdmin: true });
    const victim = await server.user('victim', { isAdmin: true });
    const password = 'three plain words';
    for (const body of [{ password }, { is_superuser: false }, { is_active: false }])
      expect([body, (await admin.patch(`/api/users/${victim.id}`, body)).status]).toEqual([body, 403]);
    expect((await admin.post('/api/users', { username: 'made', is_superuser: true })).status).toBe(403);
    expect((await admin.post('/api/users', { username: 'made', password })).status).toBe(403);
    expect((await admin.post('/api/users', { username: 'made' })).status).toBe(201);
    expect((await admin.patch(`/api/users/${victim.id}`, { first_name: 'V' })).status).toBe(200);
  });

  it('L4: nobody takes the e-mail address of a colleague', async () => {
    const ann = await server.user('ann');
    const eve = await server.user('eve');
    expect((await ann.patch(`/api/users/${ann.id}`, { email: 'ann@example.org' })).status).toBe(200);
    for (const email of ['ann@example.org', 'ANN@example.org']) {
      const { status, body } = await eve.patch(`/api/users/${eve.id}`, { email });
      expect([status, Object.keys(body)]).toEqual([400, ['email']]);
    }
    expect((await ann.patch(`/api/users/${ann.id}`, { email: 'ann@example.org', first_name: 'Ann' })).status).toBe(200);
    expect((await eve.patch(`/api/users/${eve.id}`, { email: '' })).status).toBe(200);
  });

  it('L6: a new password by an administrator, and deactivation, end the tokens of the account for good', async () => {
    const { hashPassword } = await import('../auth/passwords.ts');
    const { db } = server.context;
    const boss = await server.user('boss', { isAdmin: true });
    await db
      .update(users)
      .set({ passwordHash: await hashPassword('three plain words') })
      .where(eq(users.id, boss.id));
    const basic = server.as({ Authorization: `Basic ${Buffer.from('boss:three plain words').toString('base64')}` });
    for (const changes of [[{ password: 'four other plain words' }], [{ is_active: false }, { is_active: true }]]) {
      const taken = await server.user(`taken${changes.length}`);
      expect((await taken.get('/api/users/self')).status).toBe(200);
      for (const change of changes) expect((await basic.patch(`/api/users/${taken.id}`, change)).status).toBe(200);
      expect((await taken.get('/api/users/self')).status).toBe(401);
    }
  });

  it('L14: fields that are unknown, or may not be written, are refused', async () => {
    const carl = await server.user('carl');
    for (const body of [{ username: 'other' }, { first_nmae: 'C' }, { id: 7 }]) {
      const answer = await carl.patch(`/api/users/${carl.id}`, body);
      expect([answer.status, answer.body]).toEqual([400, { [Object.keys(body)[0]!]: ['There is no such field.'] }]);
    }
    expect((await carl.post('/api/organizations', { slug: 'carl', colour: 'red' })).status).toBe(400);
  });
});

describe('proxies', () => {
  const login = (server: TestServer, forwarded: string) =>
    server.nobody.post(
      '/api/auth/login',
      { username: 'ann', password: 'wrong password' },
      { 'X-Forwarded-For': forwarded },
    );

  it('M3: what a client writes left of the trusted proxy is not believed', async () => {
    const server = await testServer('pglite', { config: { trustProxy: 1 } });
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push((await login(server, `10.9.8.${n}, 192.0.2.7`)).status);
    expect(statuses).toEqual([...Array(10).fill(400), 429, 429]);
    // Another client of the same proxy is not held up.
    expect((await login(server, '192.0.2.8')).status).toBe(400);
    await server.close();
  });

  it('L12: a server of this machine answers under names of this machine, or of its proxy', async () => {
    const { request } = await import('node:http');
    const ask = (server: TestServer, host: string): Promise<number> =>
      new Promise((resolve, reject) =>
        request(new URL('/api/server/about', server.url), { headers: { host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        })
          .on('error', reject)
          .end(),
      );
    const plain = await testServer('pglite');
    for (const host of ['localhost', 'localhost:8080', '127.0.0.1:1', '[::1]:80', 'roto.localhost'])
      expect([host, await ask(plain, host)]).toEqual([host, 200]);
    for (const host of ['evil.example', 'evil.example:8080', '10.0.0.1'])
      expect([host, await ask(plain, host)]).toEqual([host, 421]);
    await plain.close();
    const named = await testServer('pglite', { config: { publicUrl: 'https://roto.example.org' } });
    expect([await ask(named, 'roto.example.org'), await ask(named, 'evil.example')]).toEqual([200, 421]);
    await named.close();
    const behind = await testServer('pglite', { config: { trustProxy: 1 } });
    expect(await ask(behind, 'roto.example.org')).toBe(200);
    await behind.close();
  });
});
