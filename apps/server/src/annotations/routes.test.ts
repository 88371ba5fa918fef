import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { type AnnotatedTask, annotatedTask, polygon } from './testing/annotated-task.ts';

describe.each(ENGINES)('annotations of a job on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let task: AnnotatedTask;
  let at: string;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
  });
  afterAll(() => server.close());
  const fresh = async () => {
    task = await annotatedTask(server.context.db, ann.id);
    at = `/api/jobs/${task.jobIds[0]}/annotations`;
  };
  const create = async (data: Record<string, unknown>) => {
    const answer = await ann.patch(`${at}?action=create`, data);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };
  const get = async () => (await ann.get(at)).body;

  it('gives back every type as it was put, with ids, revisions and default values', async () => {
    await fresh();
    const { car, person, body, head, hand } = task.labels;
    const { pose, name } = task.attributes;
    const common = { occluded: true, outside: false, z_order: 3, rotation: 0, attributes: [] };
    const shape = (type: string, points: number[], more = {}) => ({
      ...common,
      type,
      points,
      frame: 4,
      label_id: car,
      group: 2,
      source: 'manual',
      elements: [],
      ...more,
    });
    const data = {
      tags: [{ frame: 1, label_id: car, group: 0, source: 'file', attributes: [] }],
      shapes: [
        shape('rectangle', [1.5, 2.25, 30, 40], { rotation: 12.5 }),
        shape('ellipse', [50, 50, 60, 30], { rotation: 359, score: 0.5 }),
        shape('polygon', [1, 2, 3, 4.000001, 5, 6]),
        shape('polyline', [1, 2, 3, 4]),
        shape('points', [1, 2]),
        shape(
          'cuboid',
          Array.from({ length: 16 }, (_, i) => i),
        ),
        shape('mask', [0, 3, 1, 10, 10, 11, 11]),
        shape('polygon', [1, 2, 3, 4, 5, 6], {
          label_id: person,
          attributes: [
            { spec_id: pose, value: 'sit "\n,"origin":"x' },
            { spec_id: name, value: 'Ada ☃' },
          ],
        }),
        shape('skeleton', [], {
          label_id: body,
          elements: [head, hand].map((label_id, i) => ({
            ...common,
            type: 'points',
            points: [i, i],
            frame: 4,
            label_id,
            group: 0,
            source: 'manual',
            outside: i === 1,
            elements: [],
          })),
        }),
      ],
      tracks: [
        ...(['rectangle', 'polygon', 'mask'] as const).map((type) => ({
          frame: 3,
          label_id: car,
          group: 0,
          source: 'semi-auto',
          attributes: [],
          elements: [],
          shapes: [3, 4, 40].map((frame) => ({
            ...common,
            type,
            frame,
            outside: frame === 40,
            points: { rectangle: [1, 2, 3, 4], polygon: [1, 2, 3, 4, 5, frame], mask: [0, 3, 1, 10, 10, 11, 11] }[type],
          })),
        })),
        {
          frame: 0,
          label_id: body,
          group: 7,
          source: 'manual',
          attributes: [],
          shapes: [{ ...common, type: 'skeleton', frame: 0, points: [] }],
          elements: [head, hand].map((label_id, i) => ({
            frame: i,
            label_id,
            group: 0,
            source: 'manual',
            attributes: [],
            elements: [],
            shapes: [{ ...common, type: 'points', frame: i, points: [5, 6] }],
          })),
        },
      ],
    };
    const made = await create(data);
    expect(await get()).toEqual(made);
    expect(strip(made)).toEqual(data);
    expect(made.version).toBe(1);
    expect(made.shapes.every((each: { id: number; revision: number }) => each.id > 0 && each.revision === 1)).toBe(
      true,
    );

    const put = await ann.put(`${at}/`, strip(made));
    expect(put.status).toBe(200);
    expect(strip(await get())).toEqual(data);
    const same = await ann.put(at, await get());
    expect(same.body.shapes.map(({ revision }: { revision: number }) => revision)).toEqual(
      put.body.shapes.map(() => 1),
    );
  });

  it('fills defaults, also of attributes that the label got later', async () => {
    await fresh();
    const { person } = task.labels;
    const made = await create({
      shapes: [polygon(1, 0, { label_id: person })],
      tracks: [{ frame: 2, label_id: person, shapes: [polygon(2), polygon(3)] }],
    });
    const { pose, name } = task.attributes;
    const value = (spec_id: number, text: string) => ({ spec_id, value: text });
    expect(made.shapes[0].attributes).toEqual([value(pose, 'stand'), value(name, '')]);
    expect(made.tracks[0].attributes).toEqual([value(name, '')]);
    expect(made.tracks[0].shapes.map((each: { attributes: unknown }) => each.attributes)).toEqual([
      [value(pose, 'stand')],
      [value(pose, 'stand')],
    ]);
    const { db } = server.context;
    const { labelAttributes } = await import('../database/schema/index.ts');
    const [late] = await db
      .insert(labelAttributes)
      .values({ labelId: person, name: 'late', mutable: true, inputType: 'text', defaultValue: 'L', values: [] })
      .returning();
    const now = await get();
    expect(now.shapes[0].attributes.at(-1)).toEqual(value(late!.id, 'L'));
    expect(now.tracks[0].shapes[1].attributes.at(-1)).toEqual(value(late!.id, 'L'));
    expect(now.tracks[0].attributes).toHaveLength(1);
  });

  it('names what is wrong, and where', async () => {
    await fresh();
    const { car } = task.labels;
    const cases: [Record<string, unknown>, string][] = [
      [{ shapes: [polygon(1, 0, { label_id: 999_999 })] }, 'shapes[0].label_id'],
      [{ shapes: [polygon(1, 0, { label_id: car, points: [1, 2] })] }, 'shapes[0].points'],
      [{ shapes: [polygon(100, 0, { label_id: car })] }, 'shapes[0].frame'],
      [{ shapes: [polygon(1, 0, { label_id: car, id: 5 })] }, 'shapes[0].id'],
      [{ tracks: [{ frame: 0, label_id: car, shapes: [polygon(0), polygon(0)] }] }, 'tracks[0].shapes[1].frame'],
    ];
    for (const [data, path] of cases) {
      const answer = await ann.patch(`${at}?action=create`, data);
      expect([answer.status, Object.keys(answer.body)]).toEqual([400, [path]]);
    }
    expect((await ann.patch(at, {})).status).toBe(400);
    expect((await ann.patch(`${at}?action=merge`, {})).body).toHaveProperty('action');
    const unknown = await ann.patch(`${at}?action=update`, { shapes: [polygon(1, 0, { id: 999_999, label_id: car })] });
    expect([unknown.status, Object.keys(unknown.body)]).toEqual([400, ['shapes[0].id']]);
    expect(await get()).toMatchObject({ shapes: [], tracks: [] });
  });

  it("updates in place, marks only what differs as a person's, deletes, and wipes", async () => {
    await fresh();
    const { car } = task.labels;
    const made = await create({
      shapes: [polygon(1, 0, { label_id: car })],
      tracks: [{ frame: 0, label_id: car, shapes: Array.from({ length: 40 }, (_, i) => polygon(i)) }],
    });
    const [track] = made.tracks;
    const changed = {
      ...track,
      shapes: track.shapes
        .filter((_: unknown, i: number) => i !== 5)
        .map((each: object, i: number) => (i === 20 ? { ...each, occluded: true } : each)),
    };
    const answer = await ann.patch(`${at}?action=update`, { tracks: [changed], tags: [{ frame: 3, label_id: car }] });
    expect(answer.status).toBe(200);
    expect(answer.body.tracks[0]).toMatchObject({ id: track.id, revision: 2 });
    const now = await get();
    expect(now.tracks).toEqual(answer.body.tracks);
    expect(now.tags).toHaveLength(1);
    expect(now.tracks[0].shapes).toHaveLength(39);
    const history = await ann.get(`${at}/${track.id}/history?before=true`);
    expect(history.body.results.map((each: { action: string; frames: unknown }) => [each.action, each.frames])).toEqual(
      [
        [
          'update',
          [
            [5, 5],
            [21, 21],
          ],
        ],
        ['create', []],
      ],
    );
    expect(history.body.results[0]).toMatchObject({ user: { username: 'ann' }, origin: 'person', revision: 2 });
    expect(history.body.results[0].before.keyframes.map((each: { frame: number }) => each.frame)).toEqual([5, 21]);

    expect((await ann.patch(`${at}?action=delete`, { shapes: [made.shapes[0]] })).status).toBe(200);
    expect((await get()).shapes).toEqual([]);
    const noId = await ann.patch(`${at}?action=delete`, { shapes: [polygon(1, 0, { label_id: car })] });
    expect([noId.status, Object.keys(noId.body)]).toEqual([400, ['shapes[0].id']]);
    expect((await ann.delete(at)).status).toBe(204);
    expect(await get()).toMatchObject({ tags: [], shapes: [], tracks: [] });
  });
});

const OURS = ['id', 'revision', 'origin', 'presence', 'predicted_iou', 'version'];
/** Without the keys that the server adds. */
// biome-ignore lint/suspicious/noExplicitAny: walks JSON of any shape
function strip(value: any): any {
  if (Array.isArray(value)) return value.map(strip);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (OURS.includes(key) ? [] : [[key, strip(each)]])),
  );
}
