import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database/open.ts';
import { jobs, taskMedia, users } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { ENGINES, testDatabase } from '../testing/databases.ts';
import { createObjects, updateObjects } from './edit.ts';
import { readGiven } from './given.ts';
import { changeList, revertChange } from './history.ts';
import { readJob } from './read.ts';
import { jobRange, taskLabels } from './scope.ts';
import { parseText } from './task-parts.ts';
import { type AnnotatedTask, annotatedTask, polygon } from './testing/annotated-task.ts';
import { saveTracked, trackForRun } from './tracked.ts';

// biome-ignore lint/suspicious/noExplicitAny: keyframes with keys of ours
type Json = any;

describe.each(ENGINES)('results of runs on %s', (engine) => {
  let database: Database & { drop(): Promise<void> };
  let ann: number;
  let task: AnnotatedTask;
  const runId = crypto.randomUUID();
  beforeAll(async () => {
    database = await testDatabase(engine);
    const [user] = await database.db.insert(users).values({ username: 'ann' }).returning();
    ann = user!.id;
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    task = await annotatedTask(database.db, ann);
  });

  const person = async (data: object, work = createObjects): Promise<Json> => {
    const labels = await taskLabels(database.db, task.taskId);
    const job = await jobRange(database.db, task.jobIds[0]!);
    const given = readGiven(data, labels, { frameCount: 100, width: 640, height: 480 });
    const author = { userId: ann, origin: 'person' } as const;
    return parseText(await transact(database.db, (tx) => work({ tx, job, labels, author }, given)));
  };
  const read = async (): Promise<Json> =>
    parseText(await readJob(database.db, task.jobIds[0]!, await taskLabels(database.db, task.taskId)));
  const target = (objectId: number, startFrame: number, more: { backward?: boolean; convert?: boolean } = {}) =>
    transact(database.db, (tx) =>
      trackForRun(tx, {
        jobId: task.jobIds[0]!,
        objectId,
        startFrame,
        backward: false,
        convert: true,
        runId,
        userId: ann,
        ...more,
      }),
    );
  /** `x` null: lost. */
  const save = (
    objectId: number,
    frame: number,
    x: number | null,
    backward = false,
    type: 'polygon' | 'mask' = 'polygon',
  ) =>
    transact(database.db, (tx) =>
      saveTracked(tx, {
        objectId,
        frame,
        backward,
        shape: x === null ? null : { type, points: polygon(frame, x).points },
        presence: x === null ? -2.123456 : 3,
        predictedIou: 0.5,
        runId,
        userId: ann,
      }),
    );
  const marks = async (id: number): Promise<string[]> =>
    (await read()).tracks
      .find((each: Json) => each.id === id)
      .shapes.map((each: Json) => `${each.frame}${each.outside ? 'o' : ''}${each.origin[0]}${each.points[0]}`);
  const makeTrack = async (...frames: number[]): Promise<number> =>
    (await person({ tracks: [{ frame: frames[0], label_id: task.labels.car, shapes: frames.map((f) => polygon(f)) }] }))
      .tracks[0].id;

  it('writes keyframes with what the model said, once, and counts each', async () => {
    const id = await makeTrack(5);
    expect(await target(id, 5)).toEqual({
      objectId: id,
      type: 'polygon',
      prompts: [{ frame: 5, type: 'polygon', points: polygon(5).points }],
      barrierFrame: null,
    });
    for (const frame of [6, 7]) expect(await save(id, frame, frame)).toBe('saved');
    const before = await read();
    expect(await save(id, 7, 7)).toBe('saved');
    const after = await read();
    expect(after.tracks).toEqual(before.tracks);
    expect(after.tracks[0]).toMatchObject({ revision: 3, shapes: { length: 3 } });
    expect(after.tracks[0].shapes[2]).toMatchObject({ origin: 'tracker', presence: 3, predicted_iou: 0.5 });
    expect(await save(id, 8, 1, false, 'mask')).toBe('gone');
    expect(await save(999_999, 8, 1)).toBe('gone');
  });

  it('writes the loss once, at the first lost frame, and the finding after it', async () => {
    const id = await makeTrack(5);
    for (const [frame, x] of [
      [6, 1],
      [7, null],
      [8, null],
      [9, 2],
      [10, null],
    ] as const)
      await save(id, frame, x);
    expect(await marks(id)).toEqual(['5p10', '6t11', '7ot11', '9t12', '10ot12']);
    expect((await read()).tracks[0].shapes[2].presence).toBe(-2.1235);
  });

  it('goes backward: what is lost is hidden from its first frame in time', async () => {
    const id = await makeTrack(20);
    for (const [frame, x] of [
      [19, 1],
      [18, null],
      [17, null],
      [16, null],
      [15, 2],
      [14, null],
    ] as const)
      await save(id, frame, x, true);
    expect(await marks(id)).toEqual(['14ot12', '15t12', '16ot11', '19t11', '20p10']);
    expect((await read()).tracks[0].frame).toBe(14);
  });

  it('writes over what an earlier run wrote, but never over a person or an import', async () => {
    const id = await makeTrack(5, 9);
    expect(await target(id, 5)).toMatchObject({
      barrierFrame: 9,
      prompts: [{ frame: 5 }, { frame: 9, points: polygon(9).points }],
    });
    for (const frame of [6, 7, 8]) await save(id, frame, 1);
    expect(await save(id, 9, 1)).toBe('barrier');
    for (const [frame, x] of [
      [6, 3],
      [7, null],
      [8, null],
    ] as const)
      await save(id, frame, x);
    expect(await marks(id)).toEqual(['5p10', '6t13', '7ot13', '9p10']);
    // A person moves frame 6: the run that comes by stops there.
    const [track] = (await read()).tracks;
    const shapes = track.shapes.map((each: Json) => (each.frame === 6 ? { ...each, ...polygon(6, 99) } : each));
    await person({ tracks: [{ ...track, shapes }] }, updateObjects);
    expect(await target(id, 5)).toMatchObject({ barrierFrame: 6 });
    expect(await save(id, 6, 1)).toBe('barrier');
    expect(await target(id, 9, { backward: true })).toMatchObject({
      barrierFrame: 6,
      prompts: [{ frame: 9 }, { frame: 6 }],
    });
  });

  it('starts between keyframes from the shape in between, and not where the object is hidden', async () => {
    const made = await person({
      tracks: [
        {
          frame: 10,
          label_id: task.labels.car,
          shapes: [
            { type: 'rectangle', frame: 10, points: [0, 0, 10, 10] },
            { type: 'rectangle', frame: 20, points: [10, 0, 20, 10] },
            { type: 'rectangle', frame: 30, points: [10, 0, 20, 10], outside: true },
          ],
        },
      ],
    });
    const { id } = made.tracks[0];
    expect(await target(id, 15)).toMatchObject({
      type: 'rectangle',
      prompts: [{ frame: 15, points: [5, 0, 15, 10] }, { frame: 20 }],
      barrierFrame: 20,
    });
    await database.db
      .update(taskMedia)
      .set({ deletedFrames: [20] })
      .where(eq(taskMedia.taskId, task.taskId));
    expect(await target(id, 15)).toMatchObject({ prompts: [{ frame: 15 }], barrierFrame: 30 });
    await expect(target(id, 5)).rejects.toMatchObject({ status: 400 });
    await expect(target(id, 40)).rejects.toMatchObject({ status: 400 });
    await expect(target(999_999, 40)).rejects.toMatchObject({ status: 400 });
  });

  it('makes a track of a shape when asked, with its label, attributes and place', async () => {
    const { person: label } = task.labels;
    const { pose, name } = task.attributes;
    const attributes = [
      { spec_id: pose, value: 'sit' },
      { spec_id: name, value: 'Ada' },
    ];
    const mask = { type: 'mask', frame: 4, points: [0, 3, 1, 10, 10, 11, 11], label_id: label, group: 3, attributes };
    const { id } = (await person({ shapes: [mask] })).shapes[0];
    const made = await target(id, 4);
    expect(made).toMatchObject({
      type: 'mask',
      barrierFrame: null,
      prompts: [{ frame: 4, type: 'mask', points: mask.points }],
    });
    const { shapes, tracks } = await read();
    expect(shapes).toEqual([]);
    expect(tracks).toMatchObject([
      {
        id: made.objectId,
        frame: 4,
        label_id: label,
        group: 3,
        source: 'auto',
        attributes: [{ spec_id: name, value: 'Ada' }],
        shapes: [{ origin: 'person', attributes: [{ spec_id: pose, value: 'sit' }] }],
      },
    ]);
    const cases = [
      { tags: [{ frame: 1, label_id: label }] },
      { shapes: [{ type: 'points', frame: 1, label_id: label, points: [1, 2] }] },
    ];
    for (const data of cases) {
      const other = await person(data);
      await expect(target((other.tags[0] ?? other.shapes[0]).id, 1)).rejects.toMatchObject({ status: 400 });
    }
  });

  it('leaves a shape a shape when not asked: its results are shapes of one group, that persons may keep', async () => {
    const { id } = (await person({ shapes: [polygon(4, 0, { label_id: task.labels.car })] })).shapes[0];
    const { objectId } = await target(id, 4, { convert: false });
    expect(objectId).toBe(id);
    for (const [frame, x] of [
      [5, 1],
      [6, null],
      [7, 2],
    ] as const)
      expect(await save(id, frame, x)).toBe('saved');
    await save(id, 7, 2);
    const { shapes } = await read();
    expect(shapes.map((each: Json) => [each.frame, each.group, each.source, each.origin, each.points[0]])).toEqual([
      [4, 1, 'manual', 'person', 10],
      [5, 1, 'auto', 'tracker', 11],
      [7, 1, 'auto', 'tracker', 12],
    ]);
    expect(shapes[1]).toMatchObject({ presence: 3, predicted_iou: 0.5 });
    // Sent back as it was read, nothing is a person's; moved, it is.
    const { presence, predicted_iou, ...stock } = shapes[1];
    await person({ shapes: [stock] }, updateObjects);
    expect(await save(id, 5, 8)).toBe('saved');
    const moved = { ...shapes[2], points: polygon(7, 50).points };
    await person({ shapes: [moved] }, updateObjects);
    expect(await save(id, 7, 9)).toBe('barrier');
    expect(await target(id, 4, { convert: false })).toMatchObject({
      barrierFrame: 7,
      prompts: [{ frame: 4 }, { frame: 7 }],
    });
    // Lost on a second pass: what the first found there goes.
    expect(await save(id, 5, null)).toBe('saved');
    expect((await read()).shapes.map((each: Json) => each.frame)).toEqual([4, 7]);
  });

  it('keeps what a run first found, however often it writes, so that the whole run can be taken back', async () => {
    const id = await makeTrack(5);
    for (const frame of [6, 7, 8]) await save(id, frame, frame);
    const [first] = (await read()).tracks;
    const again = { ...first, group: 1 };
    await person({ tracks: [again] }, updateObjects);
    for (const shift of [20, 30]) for (const frame of [6, 7, 8, 9]) await save(id, frame, shift);
    await save(id, 8, null);
    const [change] = await changeList(database.db, task.jobIds[0]!, { objectId: id }).rows(1, 0);
    expect(change).toMatchObject({ origin: 'tracker', frames: [[6, 9]] });
    const author = { userId: ann, origin: 'person' } as const;
    await transact(database.db, (tx) => revertChange(tx, task.jobIds[0]!, change!.id, author, false));
    expect((await read()).tracks[0].shapes).toEqual(first.shapes);
  });

  it('keeps one entry of history for a run on an object, until somebody else comes between', async () => {
    const id = await makeTrack(5);
    for (let frame = 6; frame < 60; frame++) await save(id, frame, 1);
    const [track] = (await read()).tracks;
    await person({ tracks: [{ ...track, group: 2 }] }, updateObjects);
    await save(id, 60, 1);
    const rows = await changeList(database.db, task.jobIds[0]!, { objectId: id }).rows(10, 0);
    expect(rows.map((each) => [each.action, each.origin, each.run, each.frames])).toEqual([
      ['update', 'tracker', runId, [[60, 60]]],
      ['update', 'person', null, []],
      ['update', 'tracker', runId, [[6, 59]]],
      ['create', 'person', null, []],
    ]);
    const [job] = await database.db.select().from(jobs).where(eq(jobs.id, task.jobIds[0]!));
    expect(job!.annotationsVersion).toBe(57);
  });
});
