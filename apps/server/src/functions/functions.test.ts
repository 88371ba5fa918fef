import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotationObjects, functionRequests } from '../database/schema/index.ts';
import { runTestAgent } from '../testing/agent.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { emptyTask, polygon, SQUARE, tracker } from '../testing/tracking.ts';

describe.each(ENGINES)('functions on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let eve: TestUser;
  let place: Awaited<ReturnType<typeof emptyTask>>;

  beforeAll(async () => {
    server = await testServer(engine, { limits: { interactiveDeadlineMs: 15_000 } });
    ann = await server.user('ann');
    eve = await server.user('eve');
    place = await emptyTask(server.context.db, ann.id, { deletedFrames: [7] });
  });
  afterAll(() => server.close());

  const detector = {
    provider: 'native',
    name: 'D',
    kind: 'detector',
    labels_v2: [{ name: 'cat' }, { name: 'dog', type: 'mask' }],
  };
  const make = async (body: object, by = ann): Promise<number> => (await by.post('/api/functions', body)).body.id;

  it('shows the fields of its kind alone, complete', async () => {
    const made = await ann.post('/api/functions', {
      provider: 'native',
      name: 'Tracker X',
      visibility: 'private',
      kind: 'tracker',
      supported_shape_types: ['mask', 'polygon'],
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      provider: 'native',
      name: 'Tracker X',
      kind: 'tracker',
      visibility: 'private',
      supported_shape_types: ['mask', 'polygon'],
      owner: { username: 'ann' },
      organization: null,
    });
    expect(made.body).not.toHaveProperty('labels_v2');
    expect((await ann.get(`/api/functions/${made.body.id}`)).body).toEqual(made.body);
    const found = (await ann.post('/api/functions', detector)).body;
    expect(found.labels_v2).toEqual([
      { name: 'cat', type: 'any', attributes: [] },
      { name: 'dog', type: 'mask', attributes: [] },
    ]);
    expect(found).not.toHaveProperty('supported_shape_types');
    const asks = (
      await ann.post('/api/functions', { provider: 'native', name: 'I', kind: 'interactor', min_pos_points: 2 })
    ).body;
    expect(asks).toMatchObject({
      min_pos_points: 2,
      min_neg_points: -1,
      startswith_box: false,
      startswith_box_optional: false,
    });
    const all = (await ann.get('/api/functions?kind=tracker&search=TRACK&sort=-name')).body;
    expect(all).toMatchObject({ count: 1, next: null, results: [{ id: made.body.id }] });
    expect((await eve.get('/api/functions')).body.count).toBe(0);
    expect((await eve.get(`/api/functions/${made.body.id}`)).status).toBe(404);
    expect((await ann.get('/api/functions/info')).status).toBe(200);
    expect((await ann.delete(`/api/functions/${made.body.id}`)).status).toBe(204);
    expect((await ann.get(`/api/functions/${made.body.id}`)).status).toBe(404);
  });

  it.each<[string, object]>([
    ['provider', { provider: 'openai', name: 'x', kind: 'tracker', supported_shape_types: ['mask'] }],
    ['name', { provider: 'native', name: '  ', kind: 'tracker', supported_shape_types: ['mask'] }],
    ['name', { provider: 'native', name: 'x'.repeat(129), kind: 'tracker', supported_shape_types: ['mask'] }],
    ['kind', { provider: 'native', name: 'x', kind: 'painter' }],
    ['supported_shape_types', { provider: 'native', name: 'x', kind: 'tracker' }],
    ['supported_shape_types', { provider: 'native', name: 'x', kind: 'tracker', supported_shape_types: [] }],
    [
      'supported_shape_types',
      { provider: 'native', name: 'x', kind: 'tracker', supported_shape_types: ['mask', 'mask'] },
    ],
    ['supported_shape_types', { provider: 'native', name: 'x', kind: 'tracker', supported_shape_types: ['circle'] }],
    ['supported_shape_types', { ...detector, supported_shape_types: ['mask'] }],
    [
      'labels_v2',
      { provider: 'native', name: 'x', kind: 'tracker', supported_shape_types: ['mask'], labels_v2: [{ name: 'a' }] },
    ],
    ['labels_v2', { ...detector, labels_v2: [{ name: 'a' }, { name: 'a' }] }],
    ['labels_v2', { ...detector, labels_v2: [{ name: 'a', sublabels: [{ name: 'b' }] }] }],
    ['min_pos_points', { provider: 'native', name: 'x', kind: 'interactor', min_pos_points: -1 }],
    ['url', { ...detector, url: 'http://169.254.169.254/' }],
  ])('refuses a bad %s', async (field, body) => {
    const answer = await ann.post('/api/functions', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toHaveProperty(field);
  });

  it('runs a tracker for whoever waits, and knows states again that it gave', async () => {
    const fn = await tracker(server.context.db, ann.id);
    const stop = new AbortController();
    const agent = runTestAgent(ann, { agentId: 'quick', functionId: fn, signal: stop.signal });
    const run = (body: object, by = ann) =>
      by.post(`/api/functions/${fn}/run`, { task: place.taskId, job: place.jobId, ...body });
    const begun = await run({ type: 'init_tracking', frame: 0, shapes: [{ type: 'polygon', points: SQUARE }] });
    expect(begun).toMatchObject({ status: 200, body: { states: [expect.any(String)] } });
    const { states } = begun.body;
    const next = await run({ type: 'track', frame: 2, states });
    expect(next).toMatchObject({
      status: 200,
      body: { states, shapes: [{ type: 'polygon', points: [12, 10, 62, 10, 62, 60, 12, 60] }] },
    });
    expect((await run({ type: 'track', frame: 2, states: ['forged'] })).body.states[0]).toContain(
      'invalid or expired tracker state',
    );
    const other = await emptyTask(server.context.db, ann.id);
    const moved = await ann.post(`/api/functions/${fn}/run`, { type: 'track', task: other.taskId, frame: 2, states });
    expect(moved.status).toBe(400);
    stop.abort();
    await agent;
    const seen = (await ann.get(`/api/functions/${fn}/agents`)).body;
    expect(seen).toMatchObject({
      queued: 0,
      results: [{ agent_id: 'quick', capabilities: {}, requests: 0, busy_with: [], frames_per_second: null }],
    });
  });

  it.each<[string, object]>([
    ['type', { type: 'annotate_frame', frame: 0 }],
    ['type', { frame: 0 }],
    ['frame', { type: 'init_tracking', frame: 100, shapes: [{ type: 'polygon', points: SQUARE }] }],
    ['frame', { type: 'init_tracking', frame: 7, shapes: [{ type: 'polygon', points: SQUARE }] }],
    ['frame', { type: 'init_tracking', frame: '0', shapes: [{ type: 'polygon', points: SQUARE }] }],
    ['shapes', { type: 'init_tracking', frame: 0, shapes: [] }],
    ['shapes', { type: 'init_tracking', frame: 0, shapes: Array(33).fill({ type: 'polygon', points: SQUARE }) }],
    ['shapes', { type: 'init_tracking', frame: 0, shapes: [{ type: 'ellipse', points: [1, 1, 2, 2] }] }],
    ['shapes', { type: 'init_tracking', frame: 0, shapes: [{ type: 'polygon', points: [1, 1] }] }],
    ['states', { type: 'track', frame: 0, states: [] }],
  ])('refuses to run with a bad %s', async (field, body) => {
    const fn = await tracker(server.context.db, ann.id);
    const answer = await ann.post(`/api/functions/${fn}/run`, { task: place.taskId, ...body });
    expect(answer.status).toBe(400);
    expect(answer.body).toHaveProperty(field);
  });

  it('refuses a task of another, a job of another task, and a function of another', async () => {
    const fn = await tracker(server.context.db, ann.id);
    const body = { type: 'init_tracking', frame: 0, shapes: [{ type: 'polygon', points: SQUARE }] };
    const theirs = await emptyTask(server.context.db, eve.id);
    expect((await ann.post(`/api/functions/${fn}/run`, { ...body, task: theirs.taskId })).status).toBe(404);
    expect((await eve.post(`/api/functions/${fn}/run`, { ...body, task: theirs.taskId })).status).toBe(404);
    const mixed = await ann.post(`/api/functions/${fn}/run`, {
      ...body,
      task: (await emptyTask(server.context.db, ann.id)).taskId,
      job: place.jobId,
    });
    expect(mixed.body).toHaveProperty('job');
  });

  it('answers 504 when nobody serves, tells what the agent said when it fails, and cancels for who leaves', async () => {
    const hurried = await testServer(engine, { limits: { interactiveDeadlineMs: 300 } });
    try {
      const bob = await hurried.user('bob');
      const its = await emptyTask(hurried.context.db, bob.id);
      const fn = await tracker(hurried.context.db, bob.id);
      const body = { type: 'init_tracking', task: its.taskId, frame: 0, shapes: [{ type: 'polygon', points: SQUARE }] };
      const late = await bob.post(`/api/functions/${fn}/run`, body);
      expect(late.status).toBe(504);
      expect(late.body.detail).toContain('Is one running');
    } finally {
      await hurried.close();
    }
    const fn = await tracker(server.context.db, ann.id);
    const queue = `/api/functions/queues/function:${fn}/requests`;
    const body = { type: 'init_tracking', task: place.taskId, frame: 0, shapes: [{ type: 'polygon', points: SQUARE }] };
    const take = async () => {
      let taken: { ar_id: string } | null = null;
      await expect
        .poll(
          async () => {
            taken = (await ann.post(`${queue}/acquire`, { agent_id: 'x', request_category: 'interactive' })).body
              .ar_assignment;
            return taken;
          },
          { timeout: 10_000 },
        )
        .not.toBeNull();
      return taken!;
    };
    const asked = ann.post(`/api/functions/${fn}/run`, body);
    const { ar_id } = await take();
    await ann.post(`${queue}/${ar_id}/fail`, { agent_id: 'x', exc_info: 'Worker process crashed' });
    expect(await asked).toMatchObject({
      status: 502,
      body: { detail: expect.stringContaining('Worker process crashed') },
    });

    const leave = new AbortController();
    const left = ann.fetch(`/api/functions/${fn}/run`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
      signal: leave.signal,
    });
    left.catch(() => undefined);
    const second = await take();
    leave.abort();
    const state = async () =>
      (await server.context.db.select().from(functionRequests).where(eq(functionRequests.id, second.ar_id)))[0]?.state;
    await expect.poll(state, { timeout: 10_000 }).toBe('cancelled');
    // Its holder is let go without a word of blame.
    expect((await ann.post(`${queue}/${second.ar_id}/complete`, { agent_id: 'x', states: ['s'] })).status).toBe(204);
  });

  it('carries tracking states as large as the contract allows them', async () => {
    const fn = await tracker(server.context.db, ann.id);
    const queue = `/api/functions/queues/function:${fn}/requests`;
    const shapes = [{ type: 'polygon', points: SQUARE }];
    const asked = await ann.post('/api/functions/requests/', {
      function: fn,
      type: 'init_tracking',
      task: place.taskId,
      frame: 0,
      shapes,
    });
    expect(asked.status).toBe(201);
    const { ar_id } = (await ann.post(`${queue}/acquire`, { agent_id: 'x', request_category: 'batch' })).body
      .ar_assignment;
    const complete = (states: string[]) => ann.post(`${queue}/${ar_id}/complete`, { agent_id: 'x', states });
    expect((await complete(['s'.repeat(4_194_305)])).status).toBe(400);
    expect((await complete(['\u0000'])).status).toBe(400);
    expect((await complete(['s'.repeat(4_194_304)])).status).toBe(204);
    expect((await ann.get(`/api/functions/requests/${ar_id}`)).body.result.states[0]).toHaveLength(4_194_304);
  });

  it('writes what a detector found into the task, and puts a failing request aside for its owner', async () => {
    const its = await emptyTask(server.context.db, ann.id);
    await polygon(server.context.db, its, 5);
    const fn = await make(detector);
    const queue = `/api/functions/queues/function:${fn}/requests`;
    const submit = (more: object = {}) =>
      ann.post('/api/functions/requests/', { function: fn, type: 'annotate_task', task: its.taskId, ...more });
    const take = async (id = 'x') =>
      (await ann.post(`${queue}/acquire`, { agent_id: id, request_category: 'batch' })).body.ar_assignment;
    const asked = (await submit({ cleanup: true, threshold: 0.5 })).body;
    expect(asked).toMatchObject({ status: 'queued', progress: 0, function: { id: fn, task: its.taskId } });
    const taken = await take();
    expect(taken.ar_params).toEqual({
      type: 'annotate_task',
      task: its.taskId,
      mapping: { cat: { name: 'cat' } },
      threshold: 0.5,
      conv_mask_to_poly: false,
      cleanup: true,
    });
    await ann.post(`${queue}/${taken.ar_id}/update`, { agent_id: 'x', progress: 0.25 });
    expect((await ann.get(`/api/functions/requests/${asked.id}`)).body).toMatchObject({
      status: 'started',
      progress: 25,
    });
    const shape = { type: 'rectangle', frame: 9, label_id: its.labelId, points: [1, 2, 30, 40], source: 'auto' };
    const complete = (shapes: object[]) =>
      ann.post(`${queue}/${taken.ar_id}/complete`, { agent_id: 'x', annotations: { shapes } });
    expect((await complete([{ ...shape, label_id: 999 }])).status).toBe(400);
    expect((await complete([{ ...shape, frame: 100 }])).status).toBe(400);
    expect((await complete([shape, { ...shape, frame: 10 }])).status).toBe(204);
    const rows = await server.context.db.select().from(annotationObjects).where(eq(annotationObjects.jobId, its.jobId));
    expect(rows.map((row) => [row.type, row.frame])).toEqual([
      ['rectangle', 9],
      ['rectangle', 10],
    ]);
    expect((await ann.get(`/api/functions/requests/?function=${fn}`)).body).toMatchObject([
      { id: asked.id, status: 'finished', progress: 100 },
    ]);
    expect((await eve.get(`/api/functions/requests/${asked.id}`)).status).toBe(404);

    const bad = (await submit()).body;
    for (let attempt = 0; attempt < 5; attempt++) {
      expect((await take(`y${attempt}`)).ar_id).toBe(bad.id);
      await ann.post(`${queue}/${bad.id}/fail`, { agent_id: `y${attempt}`, exc_info: 'out of memory' });
      await server.context.db
        .update(functionRequests)
        .set({ notBefore: sql`null` })
        .where(eq(functionRequests.id, bad.id));
    }
    expect(await take()).toBeNull();
    expect((await ann.get(`/api/functions/requests/${bad.id}`)).body).toMatchObject({
      status: 'failed',
      parked: true,
      exc_info: 'out of memory',
    });
    expect((await eve.post(`/api/functions/requests/${bad.id}/retry`)).status).toBe(404);
    expect((await ann.post(`/api/functions/requests/${bad.id}/retry`)).body.status).toBe('queued');
    expect((await ann.delete(`/api/functions/requests/${bad.id}`)).status).toBe(204);
    expect(await take()).toBeNull();
    expect((await ann.get(`/api/functions/requests/${bad.id}`)).status).toBe(404);
  });

  it('lets nobody serve a function but its owner, and answers forged queues and requests with 404', async () => {
    const fn = await tracker(server.context.db, ann.id);
    await server.context.db.execute(sql`update functions set visibility = 'public' where id = ${fn}`);
    const acquire = (by: TestUser, queue: string) =>
      by.post(`/api/functions/queues/${queue}/requests/acquire`, { agent_id: 'x', request_category: 'batch' });
    expect((await acquire(eve, `function:${fn}`)).status).toBe(403);
    expect((await acquire(ann, 'function:999999')).status).toBe(404);
    expect((await acquire(ann, 'function:12abc')).status).toBe(404);
    expect((await acquire(ann, `function%3A${fn}`)).body).toEqual({ ar_assignment: null });
    const forged = `/api/functions/queues/function:${fn}/requests/${crypto.randomUUID()}`;
    expect((await ann.post(`${forged}/complete`, { agent_id: 'x', states: [] })).status).toBe(404);
    expect(
      (await ann.post(`/api/functions/queues/function:${fn}/requests/..%2f..%2fetc/complete`, { agent_id: 'x' }))
        .status,
    ).toBe(404);
    expect((await ann.post(`${forged}/fail`, { agent_id: 'x; drop table', exc_info: '' })).status).toBe(400);
    expect((await ann.post(`${forged}/update`, { agent_id: 'x', progress: 2 })).status).toBe(400);
  });
});
