import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessTokens,
  agents,
  functionRequests,
  functions,
  jobs,
  memberships,
  tasks,
  users,
} from '../database/schema/index.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { openStudio, type Seed, type Studio } from '../testing/studio.ts';

/** Lists whose rows are also looked up one by one. */
const LISTS = ['tasks', 'jobs', 'functions', 'runs', 'requests', 'users', 'organizations', 'memberships'] as const;

describe.each(ENGINES)('what is visible on %s', (engine) => {
  let server: TestServer;
  let studio: Studio;
  let people: TestUser[];
  let seeds: Seed[];
  beforeAll(async () => {
    server = await testServer(engine);
    studio = await openStudio(server);
    const { db } = server.context;
    const { other, worker, supervisor, owner } = studio.people;
    const admin = await server.user('admin', { isAdmin: true });
    people = [...Object.values(studio.people), admin];
    seeds = [await studio.seed({ whole: true }), await studio.seed(), await studio.seed()];
    const [, unassigned, handed] = seeds as [Seed, Seed, Seed];
    // Given to nobody; given to somebody who is no member; a worker's own, from when they were more.
    await db.update(tasks).set({ assigneeId: null }).where(eq(tasks.id, unassigned.task));
    await db.update(jobs).set({ assigneeId: null }).where(eq(jobs.id, unassigned.job));
    await db.update(tasks).set({ assigneeId: other.id, ownerId: worker.id }).where(eq(tasks.id, handed.task));
    // Personal ones, one of them given to a friend, and one job of another.
    const personal = await db
      .insert(tasks)
      .values([
        { name: 'own', ownerId: other.id },
        { name: 'lent', ownerId: worker.id, assigneeId: other.id },
        { name: 'shared', ownerId: supervisor.id },
      ])
      .returning();
    await db.insert(jobs).values({ taskId: personal[2]!.id, assigneeId: worker.id, startFrame: 0, stopFrame: 0 });
    await db.insert(jobs).values({ taskId: personal[2]!.id, startFrame: 1, stopFrame: 1 });
    const made = await db
      .insert(functions)
      .values([
        { provider: 'native', name: 'private', kind: 'tracker' as const, ownerId: other.id },
        {
          provider: 'native',
          name: 'public',
          kind: 'tracker' as const,
          ownerId: owner.id,
          visibility: 'public' as const,
        },
      ])
      .returning();
    // An agent of `other` holds a request for a task of the organization, which it must read for that.
    await db.insert(agents).values({ functionId: made[0]!.id, agentId: 'theirs', userId: other.id });
    await db.insert(functionRequests).values({
      id: crypto.randomUUID(),
      functionId: made[0]!.id,
      category: 'interactive',
      params: { type: 'track', task: unassigned.task },
      state: 'leased',
      taskId: unassigned.task,
      agentId: 'theirs',
      leaseUntil: new Date(Date.now() + 3_600_000),
    });
  });
  afterAll(() => server.close());

  it.each(LISTS)('%s in lists are those that can be looked up', async (noun) => {
    const admin = people.at(-1)!;
    const list = async (who: TestUser): Promise<(string | number)[]> =>
      (await who.get(`/api/${noun}?page_size=all`)).body.results.map(({ id }: { id: string | number }) => id);
    const all = await list(admin);
    expect(all.length).toBeGreaterThan(0);
    for (const who of people) {
      const shown = new Set(await list(who));
      for (const id of all) {
        const { status } = await who.get(`/api/${noun}/${encodeURIComponent(id)}`);
        expect({ who: who.username, id, status }).toEqual({ who: who.username, id, status: shown.has(id) ? 200 : 404 });
      }
    }
  });

  it('is narrowed to the workspace that the request names', async () => {
    const { worker } = studio.people;
    const named = async (headers: Record<string, string>) =>
      (await worker.get('/api/tasks?page_size=all', headers)).body.results.map(({ name }: { name: string }) => name);
    const [inStudio, own, all] = [
      await named({ 'X-Organization': 'studio' }),
      await named({ 'X-Organization': '' }),
      await named({}),
    ];
    expect(own.toSorted()).toEqual(['lent', 'shared']);
    expect(inStudio).not.toContain('lent');
    expect(inStudio.length + own.length).toBe(all.length);
  });

  it('of a task is only a look to the agent that works on it, and only while it does', async () => {
    const { other } = studio.people;
    const path = `/api/tasks/${seeds[1]!.task}`;
    expect((await other.get(path)).status).toBe(200);
    expect((await other.get(`/api/labels?task_id=${seeds[1]!.task}`)).body.count).toBe(1);
    expect((await other.patch(path, { name: 'mine' })).status).toBe(403);
    expect((await other.delete(path)).status).toBe(403);
    const { db } = server.context;
    await db.update(functionRequests).set({ state: 'finished' }).where(eq(functionRequests.agentId, 'theirs'));
    expect((await other.get(path)).status).toBe(404);
  });

  it('ends with the membership, also of what one made', async () => {
    const { supervisor } = studio.people;
    const { db } = server.context;
    const path = `/api/tasks/${seeds[0]!.task}`;
    expect((await supervisor.get(path)).status).toBe(200);
    await db.update(tasks).set({ ownerId: supervisor.id }).where(eq(tasks.id, seeds[0]!.task));
    await db.delete(memberships).where(eq(memberships.userId, supervisor.id));
    expect((await supervisor.get(path)).status).toBe(404);
    expect((await supervisor.get('/api/tasks', { 'X-Organization': 'studio' })).status).toBe(404);
  });

  it('keeps the rows of someone who is gone', async () => {
    const { db } = server.context;
    const [gone] = await db.insert(users).values({ username: 'gone' }).returning();
    const [task] = await db.insert(tasks).values({ name: 'left', ownerId: gone!.id }).returning();
    await db.insert(accessTokens).values({ userId: gone!.id, name: 'x', hash: 'x' });
    await db.delete(users).where(eq(users.id, gone!.id));
    expect((await people.at(-1)!.get(`/api/tasks/${task!.id}`)).body).toMatchObject({ name: 'left', owner: null });
  });
});
