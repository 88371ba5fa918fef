import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { type AnnotatedTask, annotatedTask, polygon } from './testing/annotated-task.ts';

type Shape = { readonly frame: number; readonly points: number[]; readonly origin?: string };
const framesOf = (shapes: readonly Shape[]) => shapes.map(({ frame }) => frame);

describe.each(ENGINES)('annotations in parts on %s', (engine) => {
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
  const ok = async (answer: Promise<{ status: number; body: unknown }>) => {
    const { status, body } = await answer;
    expect(status, JSON.stringify(body)).toBe(200);
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
    return body as any;
  };
  const create = (data: Record<string, unknown>) => ok(ann.patch(`${at}?action=create`, data));
  const track = (frames: readonly number[], more: Record<string, unknown> = {}) => ({
    frame: frames[0],
    label_id: task.labels.car,
    shapes: frames.map((frame) => polygon(frame)),
    ...more,
  });

  it('reads a window with the keyframes around it, and leaves out what is not in the picture there', async () => {
    const { car, body, head, hand } = task.labels;
    const gone = track([0, 5]);
    const skeleton = {
      frame: 0,
      label_id: body,
      shapes: [{ type: 'skeleton', frame: 0, points: [] }],
      elements: [head, hand].map((label_id) => ({
        frame: 0,
        label_id,
        shapes: [0, 30, 45, 70].map((frame) => ({ type: 'points', frame, points: [1, 2] })),
      })),
    };
    const made = await create({
      tags: [0, 40].map((frame) => ({ frame, label_id: car })),
      shapes: [39, 40, 50, 51].map((frame) => polygon(frame, 0, { label_id: car })),
      tracks: [
        track([0, 17, 33, 39, 40, 41, 50, 51, 90]),
        track([0, 90]),
        track([0]),
        { ...gone, shapes: [polygon(0), polygon(5, 0, { outside: true })] },
        track([60, 61]),
        skeleton,
      ],
    });
    const [dense, wide, first, , , parts] = made.tracks;
    const part = await ok(ann.get(`${at}?from=40&to=50`));
    expect(framesOf(part.tags)).toEqual([40]);
    expect(framesOf(part.shapes)).toEqual([40, 50]);
    expect(part.tracks.map(({ id, shapes }: { id: number; shapes: Shape[] }) => [id, framesOf(shapes)])).toEqual([
      [dense.id, [39, 40, 41, 50, 51]],
      [wide.id, [0, 90]],
      [first.id, [0]],
      [parts.id, [0]],
    ]);
    expect(part.tracks.at(-1).elements.map(({ shapes }: { shapes: Shape[] }) => framesOf(shapes))).toEqual([
      [30, 45, 70],
      [30, 45, 70],
    ]);
    expect(part.version).toBe(made.version);
    expect(part.tracks[0].shapes).toEqual(dense.shapes.slice(3, 8));

    const one = await ok(ann.get(`${at}?objects=${wide.id},${made.tags[0].id}`));
    expect([one.tags, one.shapes, one.tracks]).toEqual([[made.tags[0]], [], [wide]]);
    expect((await ok(ann.get(`${at}/${dense.id}`))).tracks).toEqual([dense]);
    expect(framesOf((await ok(ann.get(`${at}/${dense.id}?from=16&to=17`))).tracks[0].shapes)).toEqual([0, 17, 33]);
    expect((await ann.get(`${at}/99999999`)).status).toBe(404);
    expect((await ann.get(`${at}?from=9&to=8`)).body).toHaveProperty('from');
    expect((await ann.get(`${at}?since=99`)).body).toHaveProperty('since');
    expect((await ann.get(`${at}?objects=1,x`)).status).toBe(400);
  });

  it('reads what changed since a version: keyframes, frames and objects that went, and nothing else', async () => {
    const { car } = task.labels;
    const made = await create({
      tags: [{ frame: 3, label_id: car }],
      tracks: [track([0, 1, 2, 20, 40]), track([0, 50]), track([7])],
    });
    const [one, two, three] = made.tracks;
    const quiet = await ok(ann.get(`${at}?since=${made.version}`));
    expect(quiet).toEqual({ version: 1, since: 1, tags: [], shapes: [], tracks: [], removed: [] });

    await ok(ann.patch(`${at}/${one.id}/keyframes`, { set: [polygon(1, 9)], remove: [20, 40] }));
    await ok(ann.patch(`${at}?action=delete`, { tracks: [three], tags: made.tags }));
    await create({ tracks: [track([4, 5])] });
    const since = await ok(ann.get(`${at}?since=${made.version}`));
    expect(since.tracks).toHaveLength(2);
    const [changed, fresh] = since.tracks;
    expect(changed).toMatchObject({ id: one.id, whole: false, revision: 2, removed_frames: [20, 40] });
    expect(changed.shapes.map(({ frame, points }: Shape) => [frame, points[0]])).toEqual([[1, 19]]);
    expect(fresh).toMatchObject({ whole: true, removed_frames: [] });
    expect(framesOf(fresh.shapes)).toEqual([4, 5]);
    expect(since.removed).toEqual([made.tags[0].id, three.id].sort((a, b) => a - b));

    await ok(ann.patch(`${at}/${two.id}/keyframes`, { set: [polygon(49, 1), polygon(10, 1), polygon(12, 1)] }));
    const window = await ok(ann.get(`${at}?since=${since.version}&from=20&to=30`));
    // Those before and after the window are always told; of the others only what lies in it.
    expect(framesOf(window.tracks[0].shapes)).toEqual([12, 49]);
  });

  it('names objects that went with their label', async () => {
    const { car, person } = task.labels;
    const made = await create({
      shapes: [polygon(1, 0, { label_id: car }), polygon(1, 0, { label_id: person })],
    });
    const labels = [{ id: car, deleted: true }];
    expect((await ann.patch(`/api/tasks/${task.taskId}`, { labels })).status).toBe(200);
    const since = await ok(ann.get(`${at}?since=${made.version}`));
    expect(since.removed).toEqual([made.shapes[0].id]);
    expect(since.version).toBeGreaterThan(made.version);
  });

  it('changes keyframes of one track, merges with what others did, and names what both changed', async () => {
    const made = await create({ tracks: [track([0, 16, 32, 48])] });
    const [{ id, revision }] = made.tracks;
    const keyframes = `${at}/${id}/keyframes`;
    const first = await ok(ann.patch(keyframes, { revision, set: [polygon(16, 5), polygon(17, 5)], remove: [99] }));
    expect(first).toEqual({ id, kind: 'track', revision: 2, version: 2 });
    // The same again, as after a lost answer.
    expect(await ok(ann.patch(keyframes, { revision, set: [polygon(16, 5), polygon(17, 5)] }))).toMatchObject({
      revision: 2,
    });
    const theirs = await ok(bob.patch(keyframes, { revision, set: [polygon(40, 7)], remove: [0] }));
    expect(theirs).toMatchObject({ revision: 3, merged: true });
    const clash = await bob.patch(keyframes, { revision, set: [polygon(16, 8), polygon(17, 8), polygon(48, 8)] });
    expect(clash.status).toBe(409);
    expect(clash.body.objects).toMatchObject([{ id, path: 'keyframes', frames: [16, 17], changed_by: 'bob' }]);
    const { tracks } = await ok(ann.get(at));
    expect(tracks[0].frame).toBe(16);
    expect(tracks[0].shapes.map(({ frame, points }: Shape) => [frame, points[0]])).toEqual([
      [16, 15],
      [17, 15],
      [32, 10],
      [40, 17],
      [48, 10],
    ]);

    const refused: [Record<string, unknown>, string][] = [
      [{ remove: [16, 17, 32, 40, 48] }, 'remove'],
      [{ set: [polygon(100)] }, 'set[0].frame'],
      [{ set: [{ ...polygon(5), points: [1] }] }, 'set[0].points'],
      [{ set: [{ type: 'rectangle', frame: 5, points: [1, 2, 3, 4] }] }, 'set[0].type'],
      [{ set: [polygon(5)], remove: [5] }, 'set[0].frame'],
      [{ set: [polygon(5)], element: 0 }, 'element'],
      [{ set: 'all' }, 'set'],
    ];
    for (const [body, field] of refused) {
      const answer = await ann.patch(keyframes, body);
      expect([answer.status, Object.keys(answer.body)]).toEqual([400, [field]]);
    }
    expect((await ann.patch(`${at}/99999999/keyframes`, {})).status).toBe(404);
    await ok(ann.patch(`${at}?action=delete`, { tracks }));
    expect((await ann.patch(keyframes, { remove: [16] })).body.objects).toMatchObject([{ id, deleted: true }]);
  });

  it("changes keyframes of a skeleton's part, with the attributes that its label has", async () => {
    const { body, head, hand, person } = task.labels;
    const elements = [head, hand].map((label_id) => ({
      frame: 0,
      label_id,
      shapes: [{ type: 'points', frame: 0, points: [1, 2] }],
    }));
    const skeleton = { frame: 0, label_id: body, shapes: [{ type: 'skeleton', frame: 0, points: [] }], elements };
    const made = await create({ tracks: [skeleton, { ...track([0]), label_id: person }] });
    const [{ id }, plain] = made.tracks;
    await ok(ann.patch(`${at}/${id}/keyframes`, { element: 1, set: [{ type: 'points', frame: 9, points: [5, 6] }] }));
    await ok(ann.patch(`${at}/${plain.id}/keyframes`, { set: [polygon(9)] }));
    const { tracks } = await ok(ann.get(at));
    expect(tracks[0].elements.map(({ shapes }: { shapes: Shape[] }) => framesOf(shapes))).toEqual([[0], [0, 9]]);
    expect(tracks[1].shapes[1].attributes).toEqual([{ spec_id: task.attributes.pose, value: 'stand' }]);
  });

  it('makes an object once, however often it is sent', async () => {
    const { car } = task.labels;
    const data = { shapes: [polygon(1, 0, { label_id: car, uid: 'a-1' })], tracks: [track([0, 3], { uid: 'b_2' })] };
    const made = await create(data);
    expect([made.shapes[0].uid, made.tracks[0].uid]).toEqual(['a-1', 'b_2']);
    await ok(ann.patch(`${at}/${made.tracks[0].id}/keyframes`, { set: [polygon(9)] }));
    const again = await create({ ...data, tags: [{ frame: 1, label_id: car, uid: 'c' }] });
    expect(again.shapes).toEqual(made.shapes);
    expect(framesOf(again.tracks[0].shapes)).toEqual([0, 3, 9]);
    const all = await ok(ann.get(at));
    expect([all.tags.length, all.shapes.length, all.tracks.length]).toEqual([1, 1, 1]);
    expect(all.tags[0].uid).toBe('c');

    await ok(ann.patch(`${at}?action=delete`, { shapes: made.shapes }));
    const late = await ann.patch(`${at}?action=create`, data);
    expect(late.status).toBe(409);
    expect(late.body.objects).toMatchObject([{ id: made.shapes[0].id, path: 'shapes[0]', deleted: true }]);
    const { body } = await ann.get(`${at}/history`);
    const removal = body.results.find(({ action }: { action: string }) => action === 'delete');
    await ok(ann.post(`${at}/history/${removal.id}/revert`, {}));
    expect((await create(data)).shapes[0].id).toBe(made.shapes[0].id);
    // In another job the name is free.
    const other = await annotatedTask(server.context.db, ann.id);
    const elsewhere = await ann.patch(`/api/jobs/${other.jobIds[0]}/annotations?action=create`, {
      tags: [{ frame: 1, label_id: other.labels.car, uid: 'a-1' }],
    });
    expect(elsewhere.status).toBe(200);
    for (const uid of ['', 'a b', 'x'.repeat(65), 5])
      expect((await ann.patch(`${at}?action=create`, { tags: [{ frame: 1, label_id: car, uid }] })).status).toBe(400);
    const twice = { tags: [1, 2].map((frame) => ({ frame, label_id: car, uid: 'same' })) };
    expect((await ann.patch(`${at}?action=create`, twice)).body).toHaveProperty(['tags[1].uid']);
  });

  it('saves a batch in one transaction, or nothing of it', async () => {
    const { car } = task.labels;
    const made = await create({
      shapes: [polygon(1, 0, { label_id: car }), polygon(2, 0, { label_id: car })],
      tracks: [track([0, 9]), track([0, 9])],
    });
    const [moved, removed] = made.shapes;
    const [one, two] = made.tracks;
    const batch = {
      update: { shapes: [{ ...moved, points: polygon(1, 5).points }] },
      keyframes: [{ object: one.id, revision: one.revision, set: [polygon(4)] }],
      delete: [{ id: removed.id, revision: removed.revision }],
      create: { tags: [{ frame: 5, label_id: car, uid: 'tag' }] },
    };
    const answer = await ok(ann.patch(`${at}?action=batch`, batch));
    expect(answer).toEqual({
      version: made.version + 1,
      update: [{ id: moved.id, kind: 'shape', revision: 2 }],
      keyframes: [{ id: one.id, kind: 'track', revision: 2 }],
      delete: [removed.id],
      create: [{ id: expect.any(Number), kind: 'tag', revision: 1, uid: 'tag' }],
    });
    // Sent again, it changes nothing, and answers the same.
    const again = await ok(ann.patch(`${at}?action=batch`, batch));
    expect(again.create).toEqual(answer.create);
    const all = await ok(ann.get(at));
    expect([all.tags.length, all.shapes.length, framesOf(all.tracks[0].shapes)]).toEqual([1, 1, [0, 4, 9]]);

    await ok(bob.patch(`${at}/${two.id}/keyframes`, { set: [polygon(9, 3)] }));
    const clash = await ann.patch(`${at}?action=batch`, {
      keyframes: [{ object: two.id, revision: two.revision, set: [polygon(9, 4)] }],
      create: { tags: [{ frame: 6, label_id: car }] },
    });
    expect(clash.status).toBe(409);
    expect(clash.body.objects).toMatchObject([{ id: two.id, path: 'keyframes[0]', frames: [9] }]);
    const refused: [Record<string, unknown>, string][] = [
      [{ create: { tags: [{ frame: 6, label_id: 99_999 }] } }, 'create.tags[0].label_id'],
      [{ create: { tags: [{ id: 5, frame: 6, label_id: car }] } }, 'create.tags[0].id'],
      [{ update: { tags: [{ frame: 6, label_id: car }] } }, 'update.tags[0].id'],
      [{ keyframes: [{ object: one.id, set: [polygon(101)] }] }, 'keyframes[0].set[0].frame'],
      [{ keyframes: [{ object: one.id, set: [] }], delete: [{ id: one.id }] }, 'delete[0]'],
      [{ delete: [{}] }, 'delete'],
    ];
    for (const [body, field] of refused) {
      const answer = await ann.patch(`${at}?action=batch`, { create: { tags: [] }, ...body });
      expect([answer.status, Object.keys(answer.body)]).toEqual([400, [field]]);
    }
    expect((await ok(ann.get(at))).tags).toHaveLength(1);
  });
});
