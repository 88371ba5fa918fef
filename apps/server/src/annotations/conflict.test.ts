import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { transact } from '../database/transact.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { type AnnotatedTask, annotatedTask, polygon } from './testing/annotated-task.ts';
import { interleaved } from './testing/two-writers.ts';
import { saveTracked, trackForRun } from './tracked.ts';

// biome-ignore lint/suspicious/noExplicitAny: objects of answers
type Json = any;

describe.each(ENGINES)('two who write at once on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let bob: TestUser;
  let task: AnnotatedTask;
  let at: string;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
    bob = await server.user('bob', { isAdmin: true });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    task = await annotatedTask(server.context.db, ann.id);
    at = `/api/jobs/${task.jobIds[0]}/annotations`;
  });

  const get = async (): Promise<Json> => (await ann.get(at)).body;
  const makeTrack = async (frames = 40): Promise<Json> => {
    const shapes = Array.from({ length: frames }, (_, i) => polygon(i));
    const track = { frame: 0, label_id: task.labels.car, shapes };
    return (await ann.patch(`${at}?action=create`, { tracks: [track] })).body.tracks[0];
  };
  const makeShape = async (): Promise<Json> =>
    (await ann.patch(`${at}?action=create`, { shapes: [polygon(1, 0, { label_id: task.labels.car })] })).body.shapes[0];
  const moved = (track: Json, frame: number, shift: number): Json => ({
    ...track,
    shapes: track.shapes.map((each: Json) => (each.frame === frame ? { ...each, ...polygon(frame, shift) } : each)),
  });
  const save = (who: TestUser, data: Json, action = 'update') => who.patch(`${at}?action=${action}`, data);

  it('names a shape that both changed, who was first and when; the second is not saved', async () => {
    const shape = await makeShape();
    expect((await save(bob, { shapes: [{ ...shape, occluded: true }] })).status).toBe(200);
    const late = await save(ann, { shapes: [{ ...shape, z_order: 4 }] });
    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({
      detail: expect.stringContaining('bob'),
      version: 2,
      objects: [
        {
          id: shape.id,
          path: 'shapes[0]',
          deleted: false,
          revision: 2,
          changed_by: 'bob',
          changed_date: expect.stringMatching(/^\d{4}-/),
          origin: 'person',
        },
      ],
    });
    expect((await get()).shapes[0]).toMatchObject({ occluded: true, z_order: 0 });
    // A client that does not ask has the last word, and history has both.
    const { revision, ...stock } = shape;
    expect((await save(ann, { shapes: [{ ...stock, z_order: 4 }] })).status).toBe(200);
    const history = (await ann.get(`${at}/${shape.id}/history?before=true`)).body.results;
    expect(history.map((each: Json) => [each.action, each.user.username])).toEqual([
      ['update', 'ann'],
      ['update', 'bob'],
      ['create', 'ann'],
    ]);
    expect(history[0].before.object.body).toContain('"occluded":true');
  });

  it('sends what somebody else left alone along without a conflict, and keeps what they did', async () => {
    const [shape, track] = [await makeShape(), await makeTrack()];
    await save(bob, { shapes: [{ ...shape, occluded: true }], tracks: [moved(track, 7, 50)] });
    const answer = await save(ann, { shapes: [shape], tracks: [moved(track, 30, 90)] });
    expect(answer.status).toBe(200);
    const now = await get();
    expect(now.shapes[0].occluded).toBe(true);
    expect(now.tracks[0].shapes[7].points[0]).toBe(60);
    expect(now.tracks[0].shapes[30].points[0]).toBe(100);
    expect(answer.body.tracks[0]).toEqual(now.tracks[0]);
  });

  it('names the keyframes that both changed, removed or added', async () => {
    const track = await makeTrack();
    const removed = {
      ...moved(track, 9, 5),
      shapes: moved(track, 9, 5).shapes.filter((each: Json) => each.frame !== 20),
    };
    await save(bob, { tracks: [{ ...removed, shapes: [...removed.shapes, polygon(60)] }] });
    const mine = moved(moved(moved(track, 9, 7), 20, 7), 21, 7);
    const late = await save(ann, { tracks: [{ ...mine, shapes: [...mine.shapes, polygon(60, 3)] }] });
    expect([late.status, late.body.objects[0].frames]).toEqual([409, [9, 20, 60]]);
    // Both did the same: no conflict.
    expect((await save(ann, { tracks: [{ ...removed, shapes: [...removed.shapes, polygon(60)] }] })).status).toBe(200);
    const label = { ...track, label_id: task.labels.person, shapes: track.shapes };
    await save(bob, { tracks: [{ ...(await get()).tracks[0], group: 5 }] });
    expect((await save(ann, { tracks: [label] })).status).toBe(409);
  });

  it('names what was removed meanwhile; removing twice is no conflict, removing what another changed is', async () => {
    const [shape, track] = [await makeShape(), await makeTrack()];
    await save(bob, { shapes: [shape] }, 'delete');
    const late = await save(ann, { shapes: [{ ...shape, z_order: 1 }] });
    expect([late.status, late.body.objects]).toMatchObject([409, [{ id: shape.id, deleted: true, changed_by: 'bob' }]]);
    expect((await save(ann, { shapes: [shape] }, 'delete')).status).toBe(200);
    await save(bob, { tracks: [moved(track, 3, 1)] });
    const removal = await save(ann, { tracks: [track] }, 'delete');
    expect([removal.status, removal.body.objects]).toMatchObject([409, [{ id: track.id, deleted: false }]]);
    expect((await get()).tracks).toHaveLength(1);
  });

  it('puts the whole only over the version that was read', async () => {
    await makeShape();
    const read = await ann.get(at);
    expect((await ann.get(at, { 'If-None-Match': read.headers.get('etag')! })).status).toBe(304);
    const track = await makeTrack();
    const late = await ann.put(at, { shapes: [] }, { 'If-Match': read.headers.get('etag')! });
    expect([late.status, late.body.version]).toEqual([412, 2]);
    expect((await get()).shapes).toHaveLength(1);
    expect((await ann.put(at, { tracks: [track] }, { 'If-Match': '2' })).status).toBe(200);
    expect(await get()).toMatchObject({ version: 3, shapes: [], tracks: [{ id: track.id }] });
    expect((await ann.put(at, {}, { 'If-Match': 'yesterday' })).status).toBe(400);
  });

  it('lets a person edit a track while a run writes it', async () => {
    const track = await makeTrack(3);
    const run = { runId: crypto.randomUUID(), userId: bob.id, backward: false };
    const { db } = server.context;
    const target = { ...run, jobId: task.jobIds[0]!, objectId: track.id, startFrame: 2, convert: true };
    await transact(db, (tx) => trackForRun(tx, target));
    const trackedOn = async (frame: number) =>
      transact(db, (tx) =>
        saveTracked(tx, {
          ...run,
          objectId: track.id,
          frame,
          shape: { type: 'polygon', points: polygon(frame, 100).points },
          presence: 3.25,
          predictedIou: 0.91,
        }),
      );
    await trackedOn(3);
    await trackedOn(4);
    // Read before the run: two frames are unknown to ann, and stay.
    expect((await save(ann, { tracks: [moved(track, 1, 11)] })).status).toBe(200);
    await trackedOn(5);
    const { shapes } = (await get()).tracks[0];
    expect(shapes.map((each: Json) => [each.frame, each.origin, each.points[0]])).toEqual([
      [0, 'person', 10],
      [1, 'person', 21],
      [2, 'person', 10],
      [3, 'tracker', 110],
      [4, 'tracker', 110],
      [5, 'tracker', 110],
    ]);
    expect(shapes[4]).toMatchObject({ presence: 3.25, predicted_iou: 0.91 });
    // Taking the track away is not stopped by what only a tracker did to it.
    const read = (await get()).tracks[0];
    await trackedOn(6);
    expect((await save(ann, { tracks: [read] }, 'delete')).status).toBe(200);
    expect(await trackedOn(7)).toBe('gone');
  });

  it('takes changes back: made, changed, removed; and names what was changed again since', async () => {
    const track = await makeTrack();
    const changed = await save(bob, { tracks: [moved(track, 7, 50)] });
    await save(bob, { tracks: changed.body.tracks }, 'delete');
    const changes = (await ann.get(`${at}/history`)).body.results;
    expect(changes.map((each: Json) => each.action)).toEqual(['delete', 'update', 'create']);
    const revert = (change: Json, body = {}) => ann.post(`${at}/history/${change.id}/revert`, body);
    expect((await revert(changes[1])).status).toBe(409);
    expect((await revert(changes[0])).body).toEqual({ object: track.id, revision: 4 });
    expect((await get()).tracks[0]).toMatchObject({ id: track.id, shapes: { length: 40 } });
    expect((await get()).tracks[0].shapes[7].points[0]).toBe(60);
    expect((await revert(changes[0])).status).toBe(409);
    expect((await revert(changes[1])).status).toBe(409);
    expect((await revert(changes[1], { force: true })).status).toBe(200);
    expect((await get()).tracks[0].shapes).toEqual(track.shapes);
    const [{ revision }] = (await get()).tracks;
    const edit = await save(ann, { tracks: [{ ...moved(track, 3, 1), revision }] });
    expect(edit.status).toBe(200);
    const [last] = (await ann.get(`${at}/${track.id}/history`)).body.results;
    expect((await revert(last)).status).toBe(200);
    expect((await get()).tracks[0].shapes).toEqual(track.shapes);
    expect((await ann.post(`${at}/history/999999/revert`, {})).status).toBe(404);
    const paged = await ann.get(`${at}/history?page=2&page_size=2`);
    expect([paged.body.count, paged.body.results.length]).toEqual([7, 2]);
  });

  it('confirms tracked keyframes', async () => {
    const track = await makeTrack(1);
    const run = { runId: crypto.randomUUID(), userId: null, backward: false, presence: 1, predictedIou: null };
    for (const frame of [1, 2, 3])
      await transact(server.context.db, (tx) =>
        saveTracked(tx, {
          ...run,
          objectId: track.id,
          frame,
          shape: { type: 'polygon', points: polygon(frame).points },
        }),
      );
    const confirm = (body: Json) => ann.post(`${at}/confirm`, body);
    expect((await confirm({ object: track.id, frames: [0, 2] })).body).toEqual({
      object: track.id,
      revision: 5,
      confirmed: 1,
    });
    expect((await get()).tracks[0].shapes.map((each: Json) => [each.origin, each.presence])).toEqual([
      ['person', undefined],
      ['tracker', 1],
      ['person', 1],
      ['tracker', 1],
    ]);
    expect((await confirm({ object: track.id, frames: [50] })).status).toBe(400);
    expect((await confirm({ object: 999_999 })).status).toBe(404);
    expect((await confirm({ object: track.id })).body).toMatchObject({ confirmed: 2 });
    expect((await confirm({ object: track.id })).body).toMatchObject({ confirmed: 0 });
  });

  it(
    'loses nothing of edits that come in turns; two hundred of them in the slow test',
    () => interleaved(ann, bob, at, task.labels.car, 20),
    60_000,
  );
});
