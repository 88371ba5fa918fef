import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { type AnnotatedTask, annotatedTask, polygon } from './testing/annotated-task.ts';

// biome-ignore lint/suspicious/noExplicitAny: objects of answers
type Json = any;

describe.each(ENGINES)('annotations of a task of two jobs on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let task: AnnotatedTask;
  let at: string;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    task = await annotatedTask(server.context.db, ann.id, [
      [0, 59],
      [50, 99],
    ]);
    at = `/api/tasks/${task.taskId}/annotations`;
  });
  const get = async (path = at): Promise<Json> => (await ann.get(path)).body;
  const job = (place: number) => get(`/api/jobs/${task.jobIds[place]}/annotations`);
  const patch = async (action: string, data: Json, status = 200): Promise<Json> => {
    const answer = await ann.patch(`${at}?action=${action}`, data);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    return answer.body;
  };
  const frames = (track: Json) => track.shapes.map((each: Json) => each.frame);

  it('cuts what it is given to the jobs, and shows what they share once', async () => {
    const { car } = task.labels;
    const data = {
      tags: [{ frame: 55, label_id: car }],
      shapes: [20, 55, 80].map((frame) => polygon(frame, 0, { label_id: car })),
      tracks: [{ frame: 40, label_id: car, shapes: [polygon(40), polygon(90)] }],
    };
    const made = await patch('create', data);
    expect([made.tags.length, made.shapes.length, made.tracks.length]).toEqual([1, 3, 1]);
    expect((await job(0)).shapes.map((each: Json) => each.frame)).toEqual([20, 55]);
    expect((await job(1)).shapes.map((each: Json) => each.frame)).toEqual([55, 80]);
    expect(frames((await job(1)).tracks[0])[0]).toBe(50);
    const all = await get();
    expect([all.tags.length, all.shapes.map((each: Json) => each.frame).sort()]).toEqual([1, [20, 55, 80]]);
    expect(all.tracks).toHaveLength(1);
    expect(all.tracks[0].id).toBe((await job(0)).tracks[0].id);
    const before = (await ann.get(`/api/tasks/${task.taskId}`)).body.updated_date;
    expect((await ann.put(at, data)).status).toBe(200);
    expect((await get()).shapes).toHaveLength(3);
    const after = (await ann.get(`/api/tasks/${task.taskId}`)).body.updated_date;
    expect(Date.parse(after)).toBeGreaterThan(Date.parse(before));
  });

  it('changes and removes what jobs share in each of them', async () => {
    const { car } = task.labels;
    await patch('create', {
      shapes: [polygon(55, 0, { label_id: car }), polygon(20, 0, { label_id: car })],
      tracks: [{ frame: 40, label_id: car, shapes: [polygon(40), polygon(90)] }],
    });
    const { shapes, tracks } = await get();
    const shared = shapes.find((each: Json) => each.frame === 55);
    await patch('update', {
      shapes: [{ ...shared, points: polygon(55, 5).points }],
      tracks: [{ ...tracks[0], group: 4 }],
    });
    for (const place of [0, 1]) {
      const { shapes, tracks } = await job(place);
      expect(shapes.find((each: Json) => each.frame === 55).points[0]).toBe(15);
      expect(tracks).toMatchObject([{ group: 4 }]);
    }
    expect((await get()).tracks).toHaveLength(1);
    // Moved out of the second job altogether.
    const [track] = (await get()).tracks;
    await patch('update', { tracks: [{ ...track, shapes: [polygon(40), { ...polygon(45), outside: true }] }] });
    expect([(await job(0)).tracks.length, (await job(1)).tracks.length]).toEqual([1, 0]);
    const { revision, ...stock } = shared;
    await patch('delete', { shapes: [stock] });
    expect([(await job(0)).shapes.length, (await job(1)).shapes.length]).toEqual([1, 0]);
    expect((await ann.delete(at)).status).toBe(204);
    expect(await get()).toMatchObject({ tags: [], shapes: [], tracks: [] });
  });

  it('names unknown and removed objects, and conflicts', async () => {
    const { car } = task.labels;
    const { shapes } = await patch('create', { shapes: [polygon(20, 0, { label_id: car })] });
    expect(await patch('update', { shapes: [polygon(20, 0, { label_id: car, id: 999_999 })] }, 400)).toHaveProperty([
      'shapes[0].id',
    ]);
    await patch('update', { shapes: [{ ...shapes[0], z_order: 1 }] });
    expect(await patch('update', { shapes: [{ ...shapes[0], z_order: 2 }] }, 409)).toMatchObject({
      objects: [{ id: shapes[0].id, path: 'shapes[0]', changed_by: 'ann' }],
    });
    const { revision, ...stock } = shapes[0];
    await patch('delete', { shapes: [stock] });
    expect(await patch('update', { shapes: [stock] }, 409)).toMatchObject({ objects: [{ deleted: true }] });
    expect(await patch('constructor', {}, 400)).toHaveProperty('action');
  });
});
