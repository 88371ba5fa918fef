import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession } from '../auth/sessions.ts';
import { accessTokens, jobs, memberships, runs, sessions, tasks, users } from '../database/schema/index.ts';
import { ENGINES } from '../testing/databases.ts';
import { type Asker, type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { emptyTask, tracker } from '../testing/tracking.ts';

/** Rights are asked for again this often here. */
const RECHECK_MS = 150;

describe.each(ENGINES)('who reads an event stream on %s', (engine) => {
  let server: TestServer;
  let owner: TestUser;
  beforeAll(async () => {
    server = await testServer(engine, { limits: { streamRecheckMs: RECHECK_MS } });
    owner = await server.user('owner');
  });
  afterAll(() => server.close());

  async function listen(who: Asker, path: string) {
    const leave = new AbortController();
    const { status, body } = await who.fetch(path, { signal: leave.signal });
    expect(status).toBe(200);
    let ended = false;
    (async () => {
      for await (const _ of body!);
      ended = true;
    })().catch(() => undefined);
    return { hasEnded: () => ended, close: () => leave.abort() };
  }

  /** A task with a job and a run, in an organization of `owner` and `ann`, who is a supervisor and was given the job. */
  async function place(name: string) {
    const { db } = server.context;
    const ann = await server.user(name);
    const organizationId = await server.organization(name, { owner, supervisor: ann });
    const { taskId, jobId } = await emptyTask(db, owner.id);
    await db.update(tasks).set({ organizationId }).where(eq(tasks.id, taskId));
    await db.update(jobs).set({ assigneeId: ann.id }).where(eq(jobs.id, jobId));
    const id = crypto.randomUUID();
    await db.insert(runs).values({ id, taskId, jobId, startFrame: 0, targetFrame: 9, doneFrame: 0 });
    return { ann, jobId, run: `/api/runs/${id}/events` };
  }

  it('is heard no more by those who lost the right, and still by the others', async () => {
    const { db } = server.context;
    const { ann, jobId, run } = await place('ann');
    const [hers, his] = [await listen(ann, run), await listen(owner, run)];
    await new Promise((resolve) => setTimeout(resolve, 3 * RECHECK_MS));
    expect(hers.hasEnded()).toBe(false);
    await db.update(jobs).set({ assigneeId: null }).where(eq(jobs.id, jobId));
    await expect.poll(hers.hasEnded, { timeout: 5_000 }).toBe(true);
    expect((await ann.get(run)).status).toBe(404);
    expect(his.hasEnded()).toBe(false);
    his.close();
  });

  it('ends with a membership, an account, a token and a session', async () => {
    const { db } = server.context;
    const ways: [string, (ann: TestUser, session: string) => Promise<unknown>][] = [
      ['membership', (ann) => db.delete(memberships).where(eq(memberships.userId, ann.id))],
      ['account', (ann) => db.update(users).set({ isActive: false }).where(eq(users.id, ann.id))],
      ['token', (ann) => db.delete(accessTokens).where(eq(accessTokens.userId, ann.id))],
    ];
    for (const [name, lose] of ways) {
      const { ann, run } = await place(`by-${name}`);
      const stream = await listen(ann, run);
      await lose(ann, '');
      await expect.poll(stream.hasEnded, { timeout: 5_000, message: name }).toBe(true);
    }
    const { ann, run } = await place('by-session');
    const session = await openSession(db, ann.id);
    const page = server.as({ Cookie: `sessionid=${session.id}` });
    const [stream, status] = [await listen(page, run), await listen(page, '/status/events')];
    await db.delete(sessions).where(eq(sessions.userId, ann.id));
    await expect.poll(() => [stream.hasEnded(), status.hasEnded()], { timeout: 5_000 }).toEqual([true, true]);
  });

  it('holds for the watch of a queue', async () => {
    const { db } = server.context;
    const eve = await server.user('eve');
    const fn = await tracker(db, eve.id);
    const watch = await listen(eve, `/api/functions/queues/function:${fn}/watch`);
    await db.update(users).set({ isActive: false }).where(eq(users.id, eve.id));
    await expect.poll(watch.hasEnded, { timeout: 5_000 }).toBe(true);
  });
});

describe('a change of rights by a request', () => {
  it('ends streams at once, long before they would be asked about', async () => {
    const server = await testServer('pglite', { limits: { streamRecheckMs: 3_600_000 } });
    try {
      const [owner, ann] = [await server.user('owner'), await server.user('ann')];
      const { db } = server.context;
      const { taskId, jobId } = await emptyTask(db, owner.id);
      await db.update(jobs).set({ assigneeId: ann.id }).where(eq(jobs.id, jobId));
      const id = crypto.randomUUID();
      await db.insert(runs).values({ id, taskId, jobId, startFrame: 0, targetFrame: 9, doneFrame: 0 });
      const { body } = await ann.fetch(`/api/runs/${id}/events`);
      const reading = (async () => {
        for await (const _ of body!);
        return 'ended';
      })();
      expect((await owner.patch(`/api/jobs/${jobId}`, { assignee: null })).status).toBe(200);
      expect(await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 5_000))])).toBe('ended');
    } finally {
      await server.close();
    }
  });
});
