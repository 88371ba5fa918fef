import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runs } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { type AnnotatedTask, annotatedTask, polygon } from './testing/annotated-task.ts';
import { saveTracked } from './tracked.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Json = any;

describe.each(ENGINES)('tracks cut and joined on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let bob: TestUser;
  let task: AnnotatedTask;
  let at: string;
  let runId: string;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
    bob = await server.user('bob', { isAdmin: true });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    task = await annotatedTask(server.context.db, ann.id);
    at = `/api/jobs/${task.jobIds[0]}/annotations`;
    runId = crypto.randomUUID();
    const place = { taskId: task.taskId, jobId: task.jobIds[0]!, startFrame: 0, targetFrame: 9, doneFrame: 9 };
    await server.context.db.insert(runs).values({ id: runId, ...place, state: 'finished' });
  });
  const ok = async (answer: Promise<{ status: number; body: Json }>): Promise<Json> => {
    const { status, body } = await answer;
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const make = async (frames: readonly number[], shift = 0, label = task.labels.car): Promise<number> => {
    const track = { frame: frames[0], label_id: label, shapes: frames.map((frame) => polygon(frame, shift)) };
    return (await ok(ann.patch(`${at}?action=create`, { tracks: [track] }))).tracks[0].id;
  };
  const tracked = async (objectId: number, frames: readonly number[], x = 5): Promise<void> => {
    for (const frame of frames)
      await transact(server.context.db, (tx) =>
        saveTracked(tx, {
          objectId,
          frame,
          backward: false,
          shape: { type: 'polygon', points: polygon(frame, x).points },
          presence: 3,
          predictedIou: 0.5,
          runId,
          userId: ann.id,
        }),
      );
  };
  /** `12op15`: frame 12, outside, of a person, x 15. */
  const marks = async (id: number): Promise<string> => {
    const [track] = (await ok(ann.get(`${at}/${id}`))).tracks;
    return track.shapes
      .map((each: Json) => `${each.frame}${each.outside ? 'o' : ''}${each.origin[0]}${Math.round(each.points[0])}`)
      .join(' ');
  };
  const history = async (id: number): Promise<string[]> =>
    (await ok(ann.get(`${at}/${id}/history`))).results.map(({ action }: Json) => action);

  it('splits a track where there is a keyframe, and where there is none, with what the model said', async () => {
    const id = await make([0]);
    await tracked(id, [1, 2, 3]);
    const { created, changed } = await ok(ann.post(`${at}/${id}/split`, { frame: 2 }));
    expect(await marks(id)).toBe('0p10 1t15 2op15');
    expect(await marks(created[0].id)).toBe('2t15 3t15');
    const [second] = (await ok(ann.get(`${at}/${created[0].id}`))).tracks;
    expect(second.shapes[0]).toMatchObject({ presence: 3, predicted_iou: 0.5 });
    expect([changed[0].id, second.label_id, second.frame]).toEqual([id, task.labels.car, 2]);
    expect(await history(id)).toEqual(['update', 'update', 'create']);

    const wide = await make([0, 20], 10);
    await ok(ann.patch(`${at}/${wide}/keyframes`, { set: [polygon(20, 30)] }));
    const { created: half } = await ok(ann.post(`${at}/${wide}/split`, { frame: 10 }));
    // Where nothing stood, what was shown there stands now.
    expect(await marks(half[0].id)).toBe('10p30 20p40');
    for (const frame of [0, 100])
      expect((await ann.post(`${at}/${wide}/split`, { frame })).body).toHaveProperty('frame');
  });

  it('merges tracks in time; a person wins, and between them the object is out of the picture', async () => {
    const [a, b, c] = [await make([0, 1]), await make([3, 4], 20), await make([10], 30)];
    await tracked(a, [2, 3]);
    const { removed, changed } = await ok(ann.post(`${at}/merge`, { objects: [a, b, c] }));
    expect(await marks(a)).toBe('0p10 1p10 2t15 3p30 4p30 5op30 10p40');
    expect([removed, changed[0].id]).toEqual([[b, c], a]);
    expect((await ann.get(`${at}/${b}`)).status).toBe(404);
    const [d, e] = [await make([0]), await make([9])];
    await ok(ann.post(`${at}/merge`, { objects: [d, e], gap: 'interpolate' }));
    expect(await marks(d)).toBe('0p10 9p10');
    const person = await make([0], 0, task.labels.person);
    expect((await ann.post(`${at}/merge`, { objects: [d, person] })).body).toHaveProperty(['objects[1]']);
    expect((await ann.post(`${at}/merge`, { objects: [d, d] })).body).toHaveProperty('objects');
    // Taken back, as any change.
    const { results } = (await ok(ann.get(`${at}/${b}/history`))) as Json;
    await ok(ann.post(`${at}/history/${results[0].id}/revert`, {}));
    expect(await marks(b)).toBe('3p30 4p30');
  });

  it('trims before and after, and says how many keyframes of persons went', async () => {
    const id = await make([0, 10, 20, 30]);
    await tracked(id, [31, 32]);
    const after = await ok(ann.post(`${at}/${id}/trim`, { frame: 25, side: 'after' }));
    expect(await marks(id)).toBe('0p10 10p10 20p10 25p10 26op10');
    expect(after.changed[0]).toMatchObject({ removed_keyframes: 3, removed_of_persons: 1 });
    await ok(ann.post(`${at}/${id}/trim`, { frame: 5, side: 'before' }));
    expect(await marks(id)).toBe('5p10 10p10 20p10 25p10 26op10');
    expect((await ok(ann.get(`${at}/${id}`))).tracks[0].frame).toBe(5);
    await ok(ann.post(`${at}/${id}/trim`, { frame: 99, side: 'after' }));
    expect(await marks(id)).toBe('5p10 10p10 20p10 25p10 26op10 99op10');
  });

  it('swaps two tracks from a frame on', async () => {
    const [a, b] = [await make([0, 10, 20]), await make([5, 15], 50)];
    await ok(ann.post(`${at}/swap`, { objects: [a, b], frame: 12 }));
    expect(await marks(a)).toBe('0p10 10p10 12p60 15p60');
    expect(await marks(b)).toBe('5p60 12p10 20p10');
    const late = await make([50], 70);
    await ok(ann.post(`${at}/swap`, { objects: [a, late], frame: 30 }));
    expect(await marks(a)).toBe('0p10 10p10 12p60 15p60 30op60 50p80');
    expect(await marks(late)).toBe('30p60');
  });

  it('thins what a tracker wrote, and nothing else', async () => {
    const id = await make([0]);
    await tracked(id, [1, 2, 3, 4, 5, 6], 0);
    await ok(ann.patch(`${at}/${id}/keyframes`, { set: [polygon(3, 1)] }));
    const { changed } = await ok(ann.post(`${at}/thin`, { objects: [id], iou: 0.9 }));
    expect(await marks(id)).toBe('0p10 3p11 6t10');
    expect(changed[0]).toMatchObject({ removed_keyframes: 4, removed_of_persons: 0 });
  });

  it('removes keyframes on ranges, counts first, and leaves a hole where one is wanted', async () => {
    const id = await make([0, 10, 20, 30]);
    await tracked(id, [31, 32, 33]);
    const body = {
      objects: [id],
      ranges: [
        [8, 12],
        [31, 40],
      ],
    };
    const dry = await ok(ann.post(`${at}/keyframes/delete`, { ...body, dry_run: true }));
    expect(dry.changed[0]).toMatchObject({ removed_keyframes: 4, removed_of_persons: 1, revision: 4 });
    expect((await ok(ann.get(at))).version).toBe(dry.version);
    await ok(ann.post(`${at}/keyframes/delete`, { ...body, origin: 'tracker' }));
    expect(await marks(id)).toBe('0p10 10p10 20p10 30p10');
    await ok(ann.post(`${at}/keyframes/delete`, { objects: [id], ranges: [[8, 12]], hole: true }));
    expect(await marks(id)).toBe('0p10 8op10 13p10 20p10 30p10');
    const all = await ann.post(`${at}/keyframes/delete`, { objects: [id], ranges: [[0, 99]] });
    expect([all.status, Object.keys(all.body)]).toEqual([400, ['objects']]);
  });

  it('is refused where a person changed the track since, and not where a tracker did', async () => {
    const id = await make([0, 9]);
    await tracked(id, [10]);
    await ok(ann.post(`${at}/${id}/split`, { frame: 5, revision: 1 }));
    const other = await make([0, 9]);
    await ok(bob.patch(`${at}/${other}/keyframes`, { set: [polygon(4)] }));
    const late = await ann.post(`${at}/${other}/split`, { frame: 5, revision: 1 });
    expect([late.status, late.body.objects[0].changed_by]).toEqual([409, 'bob']);
  });

  it('confirms many objects by ranges', async () => {
    const [a, b] = [await make([0]), await make([0])];
    await tracked(a, [1, 2, 3, 4]);
    await tracked(b, [1, 2]);
    const { objects } = await ok(
      ann.post(`${at}/confirm`, {
        objects: [a, b],
        ranges: [
          [2, 3],
          [7, 9],
        ],
      }),
    );
    expect(objects.map(({ object, confirmed }: Json) => [object, confirmed])).toEqual([
      [a, 2],
      [b, 1],
    ]);
    expect(await marks(a)).toBe('0p10 1t15 2p15 3p15 4t15');
    expect((await ok(ann.post(`${at}/confirm`, { object: b }))).confirmed).toBe(1);
    expect((await ann.post(`${at}/confirm`, {})).status).toBe(400);
  });

  it('takes a whole run back, but for what somebody changed after it', async () => {
    const [a, b] = [await make([0, 50]), await make([0])];
    await tracked(a, [1, 2, 3, 4, 5]);
    await tracked(b, [1, 2]);
    await ok(bob.patch(`${at}/${a}/keyframes`, { set: [polygon(3, 9)] }));
    const answer = await ok(ann.post(`/api/runs/${runId}/revert`));
    expect(await marks(a)).toBe('0p10 3p19 50p10');
    expect(await marks(b)).toBe('0p10');
    expect(answer.objects).toMatchObject([
      {
        id: a,
        action: 'restored',
        frames: [
          [1, 2],
          [4, 5],
        ],
        kept: [[3, 3]],
      },
      { id: b, action: 'restored', frames: [[1, 2]], kept: [] },
    ]);
    expect((await ok(ann.post(`/api/runs/${runId}/revert`))).objects.map(({ action }: Json) => action)).toEqual([
      'kept',
      'kept',
    ]);
  });

  it('remembers what was looked at, until it changes', async () => {
    const [a, b] = [await make([0]), await make([0])];
    await tracked(a, [1, 2, 3]);
    const mark = {
      objects: [a, b],
      ranges: [
        [1, 3],
        [2, 8],
      ],
    };
    const by = { id: ann.id, username: 'ann' };
    const marked = await ok(ann.post(`${at}/looked-at`, mark));
    expect(marked.objects).toMatchObject([
      { id: a, marks: [{ ranges: [[1, 8]], by }] },
      { id: b, marks: [{ ranges: [[1, 8]], by }] },
    ]);
    await tracked(a, [2], 9);
    await ok(bob.post(`${at}/looked-at`, { objects: [b], ranges: [[4, 5]] }));
    const now = await ok(ann.get(`${at}/looked-at`));
    expect(now.objects.map(({ marks }: Json) => marks.map((each: Json) => [each.by.username, each.ranges]))).toEqual([
      [
        [
          'ann',
          [
            [1, 1],
            [3, 8],
          ],
        ],
      ],
      [
        [
          'ann',
          [
            [1, 3],
            [6, 8],
          ],
        ],
        ['bob', [[4, 5]]],
      ],
    ]);
    await ok(ann.post(`${at}/looked-at`, { objects: [a], ranges: [[0, 99]], looked: false }));
    expect((await ok(ann.get(`${at}/looked-at?objects=${a}`))).objects).toEqual([]);
    expect((await ann.post(`${at}/looked-at`, { objects: [999_999], ranges: [[0, 1]] })).status).toBe(400);
  });
});
