import { JobEventsQuery, KeyframesEvent, ObjectEvent, RunEvent } from '@roto/wire';
import { eq } from 'drizzle-orm';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AnnotatedTask, annotatedTask, polygon } from '../annotations/testing/annotated-task.ts';
import { jobs, runs } from '../database/schema/index.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { createPeople } from './people.ts';
import { listen } from './testing/listener.ts';

describe.each(ENGINES)('the stream of a job on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let bob: TestUser;
  let task: AnnotatedTask;
  let job: number;
  let at: string;
  beforeAll(async () => {
    server = await testServer(engine, { limits: { streamRecheckMs: 200 } });
    ann = await server.user('ann');
    bob = await server.user('bob', { isAdmin: true });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    task = await annotatedTask(server.context.db, ann.id);
    job = task.jobIds[0]!;
    at = `/api/jobs/${job}/annotations`;
  });
  const track = (frames: readonly number[]) => ({
    frame: frames[0],
    label_id: task.labels.car,
    shapes: frames.map((frame) => polygon(frame)),
  });
  const create = async (data: Record<string, unknown>) => (await ann.patch(`${at}?action=create`, data)).body;

  it('tells what changed, by whom, with the shapes of the objects asked for, and goes on where it broke off', async () => {
    const made = await create({
      tracks: [track([0, 5, 40]), track([0])],
      shapes: [polygon(3, 0, { label_id: task.labels.car })],
    });
    const [one, two] = made.tracks;
    const [shape] = made.shapes;
    const stream = await listen(ann, `/api/jobs/${job}/events?since=${made.version}&objects=${one.id},${shape.id}`);
    expect(stream.status).toBe(200);
    await bob.patch(`${at}?action=batch`, {
      keyframes: [
        { object: one.id, set: [polygon(5, 9), polygon(6)], remove: [40] },
        { object: two.id, set: [polygon(8)] },
      ],
      delete: [{ id: shape.id }],
    });
    await expect.poll(() => stream.of('version'), { timeout: 5_000 }).toEqual([{ version: made.version + 1 }]);
    const by = { id: bob.id, username: 'bob' };
    expect(stream.of('object')).toEqual([
      { id: shape.id, kind: 'shape', action: 'delete', revision: null, frames: [], by, origin: 'person', run: null },
      {
        id: one.id,
        kind: 'track',
        action: 'update',
        revision: 2,
        frames: [
          [5, 6],
          [40, 40],
        ],
        by,
        origin: 'person',
        run: null,
      },
      { id: two.id, kind: 'track', action: 'update', revision: 2, frames: [[8, 8]], by, origin: 'person', run: null },
    ]);
    const [keyframes] = stream.of('keyframes');
    expect(keyframes).toMatchObject({
      id: one.id,
      revision: 2,
      whole: false,
      object: { id: one.id, label_id: task.labels.car },
      keyframes: [{ element: null, removed_frames: [40] }],
    });
    expect(
      keyframes.keyframes[0].shapes.map((each: { frame: number; origin: string }) => [each.frame, each.origin]),
    ).toEqual([
      [5, 'person'],
      [6, 'person'],
    ]);
    expect(stream.of('keyframes')).toHaveLength(1);
    for (const each of stream.of('object')) expect(Value.Check(ObjectEvent, each)).toBe(true);
    expect(Value.Check(KeyframesEvent, keyframes)).toBe(true);
    expect(stream.lastId()).toBe(String(made.version + 1));
    stream.close();

    // While nobody listens, an object is made; then somebody who goes on hears of it alone.
    const late = await create({ tags: [{ frame: 1, label_id: task.labels.car, uid: 'late' }] });
    const again = await listen(ann, `/api/jobs/${job}/events?since=0&objects=all`, {
      'Last-Event-ID': stream.lastId()!,
    });
    await expect.poll(() => again.of('version'), { timeout: 5_000 }).toHaveLength(1);
    expect(again.of('object')).toMatchObject([
      { id: late.tags[0].id, action: 'create', uid: 'late', frames: [[1, 1]] },
    ]);
    expect(again.of('keyframes')).toMatchObject([{ whole: true, object: late.tags[0] }]);
    again.close();
  });

  it('begins with what happens from now on, and says when what was missed cannot be told', async () => {
    const made = await create({ tracks: [track([0])] });
    const stream = await listen(ann, `/api/jobs/${job}/events`);
    await ann.patch(`${at}/${made.tracks[0].id}/keyframes`, { set: [polygon(1)] });
    await expect.poll(() => stream.of('version').at(-1), { timeout: 5_000 }).toEqual({ version: made.version + 1 });
    expect(stream.of('object').every(({ action }) => action === 'update')).toBe(true);
    expect(stream.of('keyframes')).toEqual([]);
    stream.close();
    const ahead = await listen(ann, `/api/jobs/${job}/events?since=999`);
    await expect.poll(() => ahead.of('reset'), { timeout: 5_000 }).toEqual([{ version: made.version + 1 }]);
    ahead.close();
    for (const query of ['since=-1', 'objects=x', 'objects=1,,2'])
      expect((await ann.get(`/api/jobs/${job}/events?${query}`)).status).toBe(400);
    expect(Value.Check(JobEventsQuery, { objects: 'all' })).toBe(true);
  });

  it('tells of runs, of removed frames and of people', async () => {
    const { db, events } = server.context;
    const run = {
      id: crypto.randomUUID(),
      taskId: task.taskId,
      jobId: job,
      startFrame: 0,
      targetFrame: 9,
      doneFrame: 0,
    };
    await db.insert(runs).values(run);
    const stream = await listen(ann, `/api/jobs/${job}/events`);
    await expect.poll(() => stream.of('run'), { timeout: 5_000 }).toMatchObject([{ id: run.id, state: 'queued' }]);
    expect(stream.of('run').every((each) => Value.Check(RunEvent, each))).toBe(true);
    const notice = { on: 'run', runId: run.id, taskId: task.taskId } as const;
    await db.update(runs).set({ doneFrame: 4, state: 'running' }).where(eq(runs.id, run.id));
    await events.tell(db, notice);
    await expect
      .poll(() => stream.of('run').at(-1), { timeout: 5_000 })
      .toMatchObject({ done_frame: 4, frames_done: 4 });
    await db.delete(runs).where(eq(runs.id, run.id));
    await events.tell(db, notice);
    await expect.poll(() => stream.of('run').at(-1), { timeout: 5_000 }).toEqual({ id: run.id, deleted: true });

    expect((await ann.patch(`/api/jobs/${job}/data/meta`, { deleted_frames: [3, 7] })).status).toBe(200);
    await expect.poll(() => stream.of('media'), { timeout: 5_000 }).toEqual([{ deleted_frames: [3, 7] }]);

    const [me, him] = [ann, bob].map(({ id, username }) => ({ id, username }));
    expect(stream.of('people')).toEqual([{ people: [me] }]);
    const other = await listen(bob, `/api/jobs/${job}/events`);
    await expect.poll(() => other.of('people'), { timeout: 5_000 }).toEqual([{ people: [me, him] }]);
    await expect.poll(() => stream.of('people').at(-1), { timeout: 5_000 }).toEqual({ people: [me, him] });
    other.close();
    await expect.poll(() => stream.of('people').at(-1), { timeout: 5_000 }).toEqual({ people: [me] });
    stream.close();
  });

  it('knows who has a job open in other processes', async () => {
    const { db, events } = server.context;
    const process = () => {
      const people = createPeople(db, events, () => undefined);
      events.hear((notice) => notice?.on === 'people' && people.heard(notice));
      return people;
    };
    const [one, two] = [process(), process()];
    const names = (people: typeof one) => people.of(7).map(({ username }) => username);
    const leave = one.join(7, { id: 1, username: 'ann' });
    const leaveTwo = two.join(7, { id: 2, username: 'bob' });
    two.join(7, { id: 1, username: 'ann' });
    await expect
      .poll(() => [names(one), names(two)])
      .toEqual([
        ['ann', 'bob'],
        ['ann', 'bob'],
      ]);
    leaveTwo();
    leave();
    await expect.poll(() => names(two)).toEqual(['ann']);
    one.close();
    two.close();
  });

  it('ends for those who may no longer view the job, and with it', async () => {
    const { db } = server.context;
    const eve = await server.user(`eve-${job}`);
    await db.update(jobs).set({ assigneeId: eve.id }).where(eq(jobs.id, job));
    const [hers, his] = [await listen(eve, `/api/jobs/${job}/events`), await listen(bob, `/api/jobs/${job}/events`)];
    await db.update(jobs).set({ assigneeId: null }).where(eq(jobs.id, job));
    await expect.poll(hers.hasEnded, { timeout: 5_000 }).toBe(true);
    await ann.patch(`${at}?action=create`, { tracks: [track([0])] });
    await expect.poll(() => his.of('object'), { timeout: 5_000 }).toHaveLength(1);
    expect(hers.of('object')).toEqual([]);
    expect((await ann.delete(`/api/tasks/${task.taskId}`)).status).toBe(204);
    await expect.poll(his.hasEnded, { timeout: 5_000 }).toBe(true);
  });
});
