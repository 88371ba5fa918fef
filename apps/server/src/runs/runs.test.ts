import { interpolateAt, type LabeledTrack } from '@roto/annotations';
import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKeyframe } from '../annotations/keyframe-text.ts';
import { loadKeyframes } from '../annotations/rows.ts';
import { annotationObjects, functionRequests, runFrames, runObjects } from '../database/schema/index.ts';
import { moved, runTestAgent, type TestAgentOptions } from '../testing/agent.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { emptyTask, polygon, SQUARE, track, tracker } from '../testing/tracking.ts';

let agents = 0;

describe.each(ENGINES)('runs on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let place: Awaited<ReturnType<typeof emptyTask>>;
  let stopAll = new AbortController();
  const working: Promise<unknown>[] = [];

  beforeAll(async () => {
    server = await testServer(engine, { limits: { leaseMs: { interactive: 1_000, batch: 1_500 }, maxAttempts: 3 } });
    ann = await server.user('ann');
    place = await emptyTask(server.context.db, ann.id, { deletedFrames: [7] });
  });
  afterAll(async () => {
    stopAll.abort();
    await Promise.allSettled(working);
    await server.close();
  });

  const db = () => server.context.db;
  /** Serves the function until the test ends, or is stopped. */
  function agent(functionId: number, more: Partial<TestAgentOptions> = {}): AbortController {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, stopAll.signal]);
    const work = runTestAgent(ann, { agentId: `agent${++agents}`, functionId, signal, ...more });
    working.push(work);
    work.catch((error) => console.error(error));
    return stop;
  }
  async function start(functionId: number, body: Record<string, unknown>) {
    const answer = await ann.post('/api/runs', { job: place.jobId, function: functionId, ...body });
    expect(answer.body).toMatchObject({ state: expect.anything() });
    expect(answer.status).toBe(201);
    return answer.body;
  }
  const show = async (id: string) => (await ann.get(`/api/runs/${id}`)).body;
  const ended = (id: string, state = 'finished') =>
    expect.poll(async () => (await show(id)).state, { timeout: 50_000, interval: 50 }).toBe(state);
  async function shapesOf(objectId: number) {
    const [row] = await db().select().from(annotationObjects).where(eq(annotationObjects.id, objectId));
    const [lines] = await loadKeyframes(db(), row!);
    return [...lines!.values()].map(parseKeyframe);
  }

  it.each([
    ['ranges', true],
    ['frames', false],
  ])('follows a polygon to the target, whole or frame by frame (%s)', async (mode, ranges) => {
    const fn = await tracker(db(), ann.id);
    const object = await polygon(db(), place, 3);
    const run = await start(fn, {
      objects: [{ id: object }],
      start_frame: 3,
      target_frame: 12,
      options: { convert_polygons_to_tracks: true },
    });
    expect(run).toMatchObject({ state: 'queued', done_frame: 3, frames_total: 8, frames_done: 0, mode: null });
    const stop = agent(fn, { ranges });
    await ended(run.id);
    stop.abort();
    const done = await show(run.id);
    expect(done).toMatchObject({ done_frame: 12, frames_done: 8, mode, message: 'Reached frame 12.' });
    expect(done.frames_per_second).toBeGreaterThan(0);
    const shapes = await shapesOf(done.objects[0].object);
    expect(shapes.map((each) => each.frame)).toEqual([3, 4, 5, 6, 8, 9, 10, 11, 12]);
    expect(shapes.at(-1)).toMatchObject({
      points: moved({ type: 'polygon', points: SQUARE }, 9).points,
      origin: 'tracker',
    });
    expect(shapes[0]).toMatchObject({ points: SQUARE, origin: 'person' });
    // The drawn shape became the track.
    expect(await db().select().from(annotationObjects).where(eq(annotationObjects.id, object))).toEqual([]);
    const frames = (await ann.get(`/api/runs/${run.id}/frames`)).body.results;
    expect(frames).toHaveLength(8);
    expect(frames[0]).toEqual({
      frame: 4,
      objects: [
        {
          id: 0,
          object: done.objects[0].object,
          found: true,
          presence: ranges ? 4.5 : null,
          predicted_iou: ranges ? 0.875 : null,
        },
      ],
    });
    const past = await ann.post('/api/runs/estimate', {
      job: place.jobId,
      function: fn,
      start_frame: 20,
      target_frame: 30,
      objects: 1,
    });
    expect(past.body).toMatchObject({ frames: 10, runs: 1, seconds: expect.any(Number) });
  });

  it.each([
    ['ranges', true],
    ['frames', false],
  ])('follows several objects backward, and stops each before a frame of a person (%s)', async (_mode, ranges) => {
    const fn = await tracker(db(), ann.id);
    const other = await emptyTask(db(), ann.id);
    const free = await polygon(db(), other, 20);
    const barred = await track(db(), other, [14, 20]);
    const answer = await ann.post('/api/runs', {
      task: other.taskId,
      function: fn,
      start_frame: 20,
      target_frame: 10,
      options: { convert_polygons_to_tracks: true },
    });
    expect(answer.status).toBe(201);
    agent(fn, { ranges, burst: true });
    await ended(answer.body.id);
    const run = await show(answer.body.id);
    expect(run.message).toBe('Reached frame 10. 1 object: stopped before frame 14, which a person edited.');
    const [byBarrier] = run.objects.filter((each: { end: string }) => each.end === 'barrier');
    expect(byBarrier).toMatchObject({ object: barred, last_frame: 15, barrier_frame: 14 });
    expect((await shapesOf(barred)).find((each) => each.frame === 14)).toMatchObject({
      origin: 'person',
      points: SQUARE,
    });
    expect(await shapesOf(run.objects.find((each: { object: number }) => each.object !== barred).object)).toHaveLength(
      11,
    );
    expect(free).toBeGreaterThan(0);
  });

  it('leaves a frame alone that a person edits while the run comes near, and the rest of a deleted object', async () => {
    const fn = await tracker(db(), ann.id);
    const object = await track(db(), place, [30]);
    const gone = await track(db(), place, [30]);
    const run = await start(fn, { objects: [{ id: object }, { id: gone }], start_frame: 30, target_frame: 60 });
    agent(fn, {
      ranges: true,
      burst: true,
      onFrame: async (frame) => {
        if (frame === 36) {
          // As a person's edit leaves it: a keyframe of theirs where the run is about to write.
          const [row] = await db().select().from(annotationObjects).where(eq(annotationObjects.id, object));
          const [lines] = await loadKeyframes(db(), row!);
          const line = lines!
            .get(35)!
            .replace('"frame":35', '"frame":40')
            .replace('"origin":"tracker"', '"origin":"person"');
          await db().execute(sql`
            insert into keyframe_blocks (object_id, element, block, shapes) values (${object}, -1, 2, ${line})
            on conflict (object_id, element, block) do update set shapes = keyframe_blocks.shapes || ${`,\n${line}`}`);
        }
        if (frame === 45) await db().delete(annotationObjects).where(eq(annotationObjects.id, gone));
      },
    });
    await ended(run.id);
    const done = await show(run.id);
    expect(done.message).toBe(
      '1 object: stopped before frame 40, which a person edited. 1 object: deleted while the run was under way.',
    );
    expect(done.objects[0]).toMatchObject({ end: 'barrier', last_frame: 39 });
    expect((await shapesOf(object)).at(-1)).toMatchObject({ frame: 40, origin: 'person' });
    const again = await ann.post(`/api/runs/${run.id}/continue`, { target_frame: 70 });
    expect(again.status).toBe(400);
  });

  it.each([
    ['ranges', true],
    ['frames', false],
  ])('writes a lost object as outside, and as seen when it is found again (%s)', async (_mode, ranges) => {
    const fn = await tracker(db(), ann.id);
    const object = await track(db(), place, [40]);
    const run = await start(fn, { objects: [{ id: object }], start_frame: 40, target_frame: 50 });
    agent(fn, { ranges, burst: true, lost: (frame) => frame >= 43 && frame < 46 });
    await ended(run.id);
    const shapes = await shapesOf(object);
    const track_ = { frame: 40, elements: [], shapes } as unknown as LabeledTrack;
    expect([42, 43, 44, 45, 46].map((frame) => interpolateAt(track_, frame, new Set()) !== undefined)).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
    const found = (await ann.get(`/api/runs/${run.id}/frames`)).body.results.map(
      (each: { objects: { found: boolean }[] }) => each.objects[0]!.found,
    );
    expect(found).toEqual([true, true, false, false, false, true, true, true, true, true]);
  });

  it('keeps what is done when it is cancelled, and goes on from there, past the old target', async () => {
    const fn = await tracker(db(), ann.id);
    const object = await track(db(), place, [50]);
    const run = await start(fn, { objects: [{ id: object }], start_frame: 50, target_frame: 90 });
    const again = await ann.post('/api/runs', {
      job: place.jobId,
      function: fn,
      objects: [{ id: object }],
      start_frame: 50,
      target_frame: 60,
    });
    expect(again.status).toBe(409);
    const stop = agent(fn, { ranges: true, frameMs: 20 });
    await expect
      .poll(async () => (await show(run.id)).frames_done, { timeout: 50_000, interval: 20 })
      .toBeGreaterThan(2);
    expect((await ann.post(`/api/runs/${run.id}/cancel`)).body.state).toBe('cancelled');
    const kept = await show(run.id);
    expect(kept.done_frame).toBeLessThan(90);
    expect((await shapesOf(object)).at(-1)!.frame).toBe(kept.done_frame);
    expect((await ann.post(`/api/runs/${run.id}/continue`, { target_frame: 40 })).status).toBe(400);
    expect((await ann.post(`/api/runs/${run.id}/continue`, { target_frame: 200 })).status).toBe(400);
    expect((await ann.post(`/api/runs/${run.id}/continue`, { target_frame: 95 })).body.state).toBe('queued');
    await ended(run.id);
    stop.abort();
    expect((await shapesOf(object)).map((each) => each.frame)).toEqual(Array.from({ length: 46 }, (_, at) => 50 + at));
    expect((await ann.delete(`/api/runs/${run.id}`)).status).toBe(204);
    expect((await ann.get(`/api/runs/${run.id}`)).status).toBe(404);
    expect(await shapesOf(object)).toHaveLength(46);
  });

  it.each([
    ['ranges', true],
    ['frames', false],
  ])('goes on with another agent when the first falls silent (%s)', async (_mode, ranges) => {
    const fn = await tracker(db(), ann.id);
    const object = await track(db(), place, [60]);
    const run = await start(fn, { objects: [{ id: object }], start_frame: 60, target_frame: 75 });
    const silent = new AbortController();
    working.push(
      runTestAgent(ann, {
        agentId: `silent${++agents}`,
        functionId: fn,
        ranges,
        signal: silent.signal,
        onFrame: (frame) => {
          if (frame === 66) silent.abort();
        },
      }),
    );
    await expect.poll(async () => (await show(run.id)).done_frame, { timeout: 50_000, interval: 50 }).toBe(65);
    const stop = agent(fn, { ranges });
    await ended(run.id);
    stop.abort();
    const shapes = await shapesOf(object);
    expect(shapes).toHaveLength(16);
    expect(shapes.at(-1)!.points).toEqual(moved({ type: 'polygon', points: SQUARE }, 15).points);
    const fences = await db().select().from(runFrames).where(eq(runFrames.runId, run.id)).orderBy(runFrames.frame);
    expect(fences.map((each) => each.fence)).toEqual(fences.map((each) => each.fence).sort((a, b) => a - b));
    expect(new Set(fences.map((each) => each.fence)).size).toBeGreaterThan(1);
  });

  it('fails with the error when no agent gets a frame further, and can be continued then', async () => {
    const fn = await tracker(db(), ann.id);
    const object = await track(db(), place, [80]);
    const run = await start(fn, { objects: [{ id: object }], start_frame: 80, target_frame: 85 });
    let broken = true;
    const stop = agent(fn, {
      ranges: true,
      onFrame: () => {
        if (broken) throw new Error('Worker process crashed');
      },
    });
    const hurry = setInterval(
      () =>
        void db()
          .update(functionRequests)
          .set({ notBefore: sql`now()` })
          .where(and(eq(functionRequests.runId, run.id), eq(functionRequests.state, 'queued'))),
      100,
    );
    await ended(run.id, 'failed');
    clearInterval(hurry);
    expect((await show(run.id)).message).toBe('Worker process crashed');
    broken = false;
    expect((await ann.post(`/api/runs/${run.id}/continue`, { target_frame: 85 })).status).toBe(200);
    await ended(run.id);
    stop.abort();
  });

  it('refuses frames that do not fit, and changes nothing by them', async () => {
    const fn = await tracker(db(), ann.id);
    const object = await track(db(), place, [10]);
    const run = await start(fn, { objects: [{ id: object }], start_frame: 10, target_frame: 20 });
    const queue = `/api/functions/queues/function%3A${fn}/requests`;
    const taken = await ann.post(`${queue}/acquire`, {
      agent_id: 'careless',
      request_category: 'batch',
      capabilities: { ranges: 1 },
    });
    const { ar_id, fence, ar_params } = taken.body.ar_assignment;
    expect(ar_params).toMatchObject({
      type: 'track_range',
      start_frame: 10,
      target_frame: 20,
      done_frame: 10,
      deleted_frames: [7],
    });
    const shape = { type: 'polygon', points: SQUARE };
    const found = (more: object = {}) => ({ id: 0, shape, presence: 1, predicted_iou: 1, ...more });
    const send = (frames: object[], more: object = {}) =>
      ann.post(`${queue}/${ar_id}/frames`, { agent_id: 'careless', fence, frames, ...more });
    expect((await send([{ frame: 12, objects: [found()] }])).body.frames[0]).toContain('frame 11 does');
    expect((await send([{ frame: 10, objects: [found()] }])).status).toBe(400);
    expect((await send([{ frame: 11, objects: [found({ id: 4 })] }])).body.frames[0]).toContain('lacks objects 0');
    expect((await send([{ frame: 11, objects: [found({ shape: { type: 'mask', points: SQUARE } })] }])).status).toBe(
      400,
    );
    expect((await send([{ frame: 11, objects: [found({ shape: { type: 'polygon', points: [1, 2] } })] }])).status).toBe(
      400,
    );
    expect((await send([{ frame: 11, objects: [found()] }], { fence: fence + 1 })).status).toBe(409);
    expect((await send([{ frame: 11, objects: [found()] }], { agent_id: 'forger' })).status).toBe(409);
    // A good frame before a bad one is not saved either: nothing of it was acknowledged.
    expect(
      (
        await send([
          { frame: 11, objects: [found()] },
          { frame: 13, objects: [found()] },
        ])
      ).status,
    ).toBe(400);
    expect((await show(run.id)).done_frame).toBe(10);
    const two = [11, 12].map((frame) => ({ frame, objects: [found()] }));
    expect((await send(two)).body).toEqual({ done_frame: 12, target_frame: 20, ended: [], stop: false });
    expect((await send(two)).body).toEqual({ done_frame: 12, target_frame: 20, ended: [], stop: false });
    await ann.post(`/api/runs/${run.id}/continue`, { target_frame: 14 });
    const asked = await ann.post(`${queue}/${ar_id}/update`, { agent_id: 'careless', fence });
    expect(asked.body).toEqual({ done_frame: 12, target_frame: 14, ended: [], stop: false });
    await ann.post(`/api/runs/${run.id}/cancel`);
    expect((await send([{ frame: 13, objects: [found()] }])).body).toMatchObject({ done_frame: 12, stop: true });
    expect((await ann.post(`${queue}/${ar_id}/complete`, { agent_id: 'careless', fence })).status).toBe(204);
    expect(await shapesOf(object)).toHaveLength(3);
    await server.context.db.delete(runObjects).where(eq(runObjects.runId, run.id));
  });

  it('says what is wrong with a run that cannot be', async () => {
    const fn = await tracker(db(), ann.id, ['polygon']);
    const object = await track(db(), place, [10]);
    const ask = (more: object) =>
      ann.post('/api/runs', {
        job: place.jobId,
        function: fn,
        objects: [{ id: object }],
        start_frame: 10,
        target_frame: 20,
        ...more,
      });
    expect((await ask({ target_frame: 10 })).body).toHaveProperty('target_frame');
    expect((await ask({ target_frame: 100 })).body).toHaveProperty('target_frame');
    expect((await ask({ start_frame: 7 })).body).toHaveProperty('start_frame');
    expect((await ask({ objects: [{ id: 999_999 }] })).body).toHaveProperty('objects');
    expect((await ask({ objects: [] })).status).toBe(400);
    expect((await ask({ objects: [{ id: object }, { id: object }] })).body).toHaveProperty('objects');
    expect((await ask({ function: 999_999 })).status).toBe(404);
    expect((await ask({ job: 999_999 })).status).toBe(404);
    expect((await ask({ options: { convert: true } })).status).toBe(400);
    const eve = await server.user('eve');
    expect(
      (await eve.post('/api/runs', { job: place.jobId, function: fn, start_frame: 10, target_frame: 20 })).status,
    ).toBe(404);
    expect((await ask({})).status).toBe(201);
  });

  it('takes shapes that are drawn with the run', async () => {
    const fn = await tracker(db(), ann.id);
    const shape = { type: 'rectangle', label_id: place.labelId, points: [5, 5, 25, 25] };
    const ask = (more: object) =>
      ann.post('/api/runs', { job: place.jobId, function: fn, start_frame: 70, target_frame: 72, ...more });
    expect((await ask({ objects: [{ shape: { ...shape, label_id: 999 } }] })).body).toHaveProperty('objects');
    expect((await ask({ objects: [{ shape: { ...shape, points: [1] } }] })).body).toHaveProperty('objects');
    expect((await ask({ objects: [{ shape, id: 4 }] })).status).toBe(400);
    const run = await ask({ objects: [{ shape }], options: { convert_polygons_to_tracks: true } });
    expect(run.status).toBe(201);
    agent(fn, { ranges: true, burst: true });
    await ended(run.body.id);
    const shapes = await shapesOf(run.body.objects[0].object);
    expect(shapes.map((each) => [each.frame, each.type, each.origin])).toEqual([
      [70, 'rectangle', 'person'],
      [71, 'rectangle', 'tracker'],
      [72, 'rectangle', 'tracker'],
    ]);
  });

  it('streams frames and progress, and goes on after the last that was seen', async () => {
    const fn = await tracker(db(), ann.id);
    const object = await track(db(), place, [20]);
    const run = await start(fn, { objects: [{ id: object }], start_frame: 20, target_frame: 30 });
    const first = await listen(ann, `/api/runs/${run.id}/events`, {});
    const stop = agent(fn, { ranges: true, frameMs: 5 });
    await expect.poll(() => first.text(), { timeout: 50_000 }).toContain('"state":"finished"');
    const ids = [...first.text().matchAll(/^id: (\d+)$/gm)].map((each) => Number(each[1]));
    expect(ids).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    first.close();
    const second = await listen(ann, `/api/runs/${run.id}/events`, { 'Last-Event-ID': '27' });
    await expect.poll(() => second.text(), { timeout: 50_000 }).toContain('event: progress');
    expect([...second.text().matchAll(/^id: (\d+)$/gm)].map((each) => Number(each[1]))).toEqual([28, 29, 30]);
    second.close();
    stop.abort();
  });

  it('fails the runs of a function that is deleted, with what is done kept', async () => {
    const fn = await tracker(db(), ann.id);
    const object = await track(db(), place, [90]);
    const run = await start(fn, { objects: [{ id: object }], start_frame: 90, target_frame: 95 });
    expect((await ann.delete(`/api/functions/${fn}`)).status).toBe(204);
    expect(await show(run.id)).toMatchObject({ state: 'failed', message: 'Its function was deleted.', function: null });
    stopAll.abort();
    stopAll = new AbortController();
  });
});

/** Reads an event stream until it is closed. */
async function listen(user: TestUser, path: string, headers: Record<string, string>) {
  const leave = new AbortController();
  const response = await user.fetch(path, { headers, signal: leave.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  const reading = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
  })().catch(() => undefined);
  return { text: () => text, close: () => leave.abort(), ended: reading };
}
