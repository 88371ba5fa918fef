import { mkdir, writeFile } from 'node:fs/promises';
import { openStateStore, type StateStore } from '@roto/functions';
import { maskBounds, maskFromCvatPoints, maskIou, polygonFromFlat, rasterisePolygon } from '@roto/geometry';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Keyframe, makeServerWorld, type ServerWorld } from '../testing/server-world.ts';
import { asKeyframes, trackByCommand } from '../testing/track-by-command.ts';

vi.setConfig({ testTimeout: 120_000 });

// Long enough that a run is still under way when its first frames have been heard of.
const LAST = 47;
let world: ServerWorld;
let tracker: number;
/** What an undisturbed run makes of the first actor, from frame 0 to the end. */
let undisturbed: Keyframe[];

beforeAll(async () => {
  world = await makeServerWorld({ frameCount: LAST + 1, limits: { leaseMs: { interactive: 20_000, batch: 20_000 } } });
  tracker = await world.createTracker();
  const agent = world.agent(tracker);
  const track = await world.addTrack(0, 0);
  const run = await world.track(tracker, [track], 0, LAST);
  expect(run).toMatchObject({ state: 'finished', done_frame: LAST });
  undisturbed = await world.keyframes(track);
  await agent.stop();
}, 240_000);
afterAll(() => world?.close());

test('the run equals `roto track` on the same file, keyframe by keyframe', async () => {
  const masks = await trackByCommand(world, world.outline(0, 0), [160, 120]);
  // The first keyframe of the server's track is the person's outline, not what the model made of it.
  const [, ...tracked] = undisturbed;
  expect(tracked.filter(({ outside }) => !outside)).toEqual(asKeyframes(masks));
  for (const { frame, outside } of tracked) if (outside) expect(masks.get(frame)!.data).not.toContain(1);
  expect(undisturbed.length).toBeGreaterThan(15);
  const truth = world.frames[3]!.masks[0]!;
  const found = undisturbed.find(({ frame, outside }) => frame === 3 && !outside)!;
  const mask = rasterisePolygon([polygonFromFlat(found.points)], truth.width, truth.height);
  expect(maskIou(mask, truth)).toBeGreaterThan(0.5);
});

test('a crash of the inference process is survived, and the masks are the same', async () => {
  const agent = world.agent(tracker);
  const track = await world.addTrack(0, 0);
  let crashes = 0;
  const run = await world.track(tracker, [track], 0, LAST, (event) => {
    if (event.kind !== 'frame' || event.frame.frame < 10 || crashes > 0) return;
    crashes++;
    process.kill(agent.pid()!, 'SIGKILL');
  });
  expect(crashes).toBe(1);
  expect(run.state, agent.lines.join('\n')).toBe('finished');
  expect(await world.keyframes(track)).toEqual(undisturbed);
  expect(agent.lines.join('\n')).toMatch(/goes on from a snapshot at frame \d+/);
  await agent.stop();
});

const stores: [string, () => Promise<StateStore>][] = [
  ['a folder', () => openStateStore(`folder:${world.at('states')}`)],
];
const redis = await openStateStore(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379').catch((error: Error) => error);
if (!(redis instanceof Error)) stores.push(['Redis', async () => redis]);
else if (process.env.CI) throw redis;
else console.warn(`Take-over by Redis: skipped, ${redis.message}`);

test.each(stores)('another agent goes on in the middle, with states in %s', async (_, open) => {
  await using store = await open();
  const first = world.agent(tracker, { store });
  const track = await world.addTrack(0, 0);
  let second: ReturnType<typeof world.agent> | undefined;
  const run = await world.track(tracker, [track], 0, LAST, (event) => {
    if (event.kind !== 'frame' || event.frame.frame < 11 || second) return;
    // Stopped as by Ctrl+C: it gives the run back, and the other takes it at once.
    void first.stop();
    second = world.agent(tracker, { store });
  });
  expect(run.state).toBe('finished');
  expect(await world.keyframes(track)).toEqual(undisturbed);
  expect(second!.lines.join('\n')).toMatch(/goes on from a snapshot at frame \d+/);
  await second!.stop();
});

test('damaged snapshots are told and passed over', async () => {
  await using inner = await openStateStore('memory');
  const damaging: StateStore = {
    shared: false,
    read: async (key) => (await inner.read(key))?.subarray(0, 5_000) ?? null,
    write: (key, value, fence) => inner.write(key, value, fence),
    drop: (key) => inner.drop(key),
    async [Symbol.asyncDispose]() {},
  };
  const agent = world.agent(tracker, { store: damaging });
  const track = await world.addTrack(0, 0);
  let crashes = 0;
  const run = await world.track(tracker, [track], 0, LAST, (event) => {
    if (event.kind !== 'frame' || event.frame.frame < 10 || crashes > 0) return;
    crashes++;
    process.kill(agent.pid()!, 'SIGKILL');
  });
  expect(run.state, agent.lines.join('\n')).toBe('finished');
  expect(await world.keyframes(track)).toEqual(undisturbed);
  expect(agent.lines.join('\n')).toMatch(/snapshot .* cannot be used/);
  await agent.stop();
});

test('by single frames, as CVAT asks, the masks are the same; several objects, backward, masks, rectangles', async () => {
  const agent = world.agent(tracker);
  const { client, jobId, taskId } = world;
  const begun = await client.functions.run(tracker, {
    type: 'init_tracking',
    job: jobId,
    frame: 0,
    shapes: [{ type: 'polygon', points: world.outline(0, 0) }],
  });
  const states = begun.states as string[];
  expect(states).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
  for (const frame of [1, 2, 3, 4, 4]) {
    const answer = await client.functions.run(tracker, { type: 'track', job: jobId, frame, states });
    expect(answer.states).toEqual(states);
    const [shape] = answer.shapes as [{ type: string; points: number[] }];
    // The second answer for frame 4 is the first one again.
    expect(shape.points, `frame ${frame}`).toEqual(undisturbed.find((each) => each.frame === frame)!.points);
  }
  const lost = client.functions.run(tracker, { type: 'track', task: taskId, frame: 5, states: ['x'.repeat(43)] });
  await expect(lost).rejects.toMatchObject({ status: 400 });

  const answer = await client.patchJobAnnotations(jobId, 'create', {
    tracks: [
      { frame: LAST, label_id: world.labelId, shapes: [{ type: 'rectangle', frame: LAST, points: [20, 20, 90, 90] }] },
      {
        frame: LAST,
        label_id: world.labelId,
        shapes: [{ type: 'polygon', frame: LAST, points: world.outline(0, LAST) }],
      },
    ],
  });
  const tracks = answer.tracks.map(({ id }) => id);
  const run = await world.track(tracker, tracks, LAST, LAST - 5);
  expect(run, agent.lines.join('\n')).toMatchObject({ state: 'finished', done_frame: LAST - 5 });
  const [box, polygon] = await Promise.all(tracks.map((id) => world.keyframes(id)));
  expect(box!.every(({ points }) => points.length === 4)).toBe(true);
  expect(polygon!.filter(({ outside }) => !outside).length).toBeGreaterThan(1);
  await agent.stop();
});

describe("functions of one's own", () => {
  test('a tracker keeps its states in the process, and what it does wrong is told', async () => {
    const file = world.at('tracker.ts');
    await writeFile(
      file,
      `export function create({ dx }: { dx: number }) {
        return {
          spec: { kind: 'tracker', supportedShapeTypes: ['rectangle', 'polygon'] },
          initTrackingState: (_context: unknown, image: { width: number }, shape: { points: number[] }) =>
            ({ points: shape.points, width: image.width }),
          track(context: { frame: number; originalShapeType: string }, _image: unknown, state: { points: number[] }) {
            if (context.frame === 4) return null;
            if (context.frame === 5) return { type: 'mask', points: [0, 1, 0, 0, 0, 0] };
            if (context.frame === 6) throw new Error('a detail of this machine');
            if (context.frame === 7) process.kill(process.pid, 'SIGKILL');
            state.points = state.points.map((value, i) => (i % 2 ? value : value + dx));
            return { type: context.originalShapeType, points: state.points };
          },
        };
      }`,
    );
    const { client, jobId } = world;
    const made = { provider: 'native', name: 'shift', kind: 'tracker', supported_shape_types: ['rectangle'] };
    const { id } = await client.functions.create(made);
    const agent = world.agent(id, { choice: { kind: 'file', path: file, parameters: { dx: 2 } } });
    const begin = async () =>
      (
        await client.functions.run(id, {
          type: 'init_tracking',
          job: jobId,
          frame: 0,
          shapes: [{ type: 'rectangle', points: [10, 10, 30, 30] }],
        })
      ).states;
    const states = await begin();
    const at = (frame: number) => client.functions.run(id, { type: 'track', job: jobId, frame, states });
    expect((await at(1)).shapes).toEqual([{ type: 'rectangle', points: [12, 10, 32, 30] }]);
    expect((await at(2)).shapes).toEqual([{ type: 'rectangle', points: [14, 10, 34, 30] }]);
    expect((await at(4)).shapes).toEqual([null]);
    await expect(at(5)).rejects.toThrow(/Underlying function returned incorrect result: .*'mask'.*'rectangle'/);
    const failed = at(6);
    await expect(failed).rejects.toThrow(/Unknown error/);
    await expect(failed).rejects.not.toThrow(/detail/);
    await expect(at(7)).rejects.toThrow(/Worker process crashed/);
    // The process is new, and its states with it; what was answered for frame 4 is still known.
    expect((await at(4)).shapes).toEqual([null]);
    await expect(at(8)).rejects.toThrow(/not found - possibly expired/);
    expect(await begin()).toHaveLength(1);
    await agent.stop();
  });

  test('a detector by frame and by task, in the labels of the task', async () => {
    await mkdir(world.at('module'), { recursive: true });
    const file = world.at('module', 'detector.mjs');
    await writeFile(
      file,
      `export const spec = { kind: 'detector', labels: [{ id: 7, name: 'blob' }, { id: 8, name: 'none' }] };
       export function detect(context, image) {
         return [
           { type: 'rectangle', labelId: 7, points: [1, 2, image.width, image.height] },
           { type: 'rectangle', labelId: 8, points: [0, 0, 1, 1] },
         ];
       }`,
    );
    const { client, jobId, labelId } = world;
    const made = {
      provider: 'native',
      name: 'detector',
      kind: 'detector',
      labels_v2: [
        { name: 'blob', attributes: [] },
        { name: 'none', attributes: [] },
      ],
    };
    const { id } = await client.functions.create(made);
    const agent = world.agent(id, { choice: { kind: 'file', path: file, parameters: {} } });
    const answer = await client.functions.run(id, {
      type: 'annotate_frame',
      job: jobId,
      frame: 3,
      mapping: { blob: { name: 'thing' } },
      threshold: 0.5,
      roi: [10, 10, 60, 50],
    });
    expect(answer.annotations, agent.lines.join('\n')).toEqual({
      tags: [],
      shapes: [
        { type: 'rectangle', frame: 3, label_id: labelId, source: 'auto', attributes: [], points: [1, 2, 50, 40] },
      ],
    });
    const wrong = client.functions.run(id, {
      type: 'annotate_frame',
      job: jobId,
      frame: 3,
      mapping: { blob: { name: 'cat' } },
    });
    await expect(wrong).rejects.toThrow(/label 'blob' is not in dataset/);
    await agent.stop();
  });

  test('an interactor', async () => {
    const file = world.at('interactor.mjs');
    await writeFile(
      file,
      `export default {
        spec: { kind: 'interactor', minPosPoints: 1, minNegPoints: 0 },
        prepared: 0,
        preprocessImage(context, image) { this.prepared++; return { ...image, prepared: this.prepared }; },
        detect(context, image, { posPoints }) {
          const [[x, y]] = posPoints;
          return [{ type: 'mask', points: [0, 1, x, y, x, y], attributes: [{ specId: 0, value: String(image.prepared) }] }];
        },
      };`,
    );
    const { client, jobId } = world;
    const made = { provider: 'native', name: 'i', kind: 'interactor', min_pos_points: 1, min_neg_points: 0 };
    const { id } = await client.functions.create(made);
    const agent = world.agent(id, { choice: { kind: 'file', path: file, parameters: {} } });
    const ask = (pos_points: number[][], frame = 2) =>
      client.functions.run(id, { type: 'interact', job: jobId, frame, pos_points, neg_points: [] });
    const [shape] = (await ask([[3, 4]])).shapes as { type: string; points: number[]; attributes: unknown }[];
    expect(shape, agent.lines.join('\n')).toMatchObject({
      type: 'mask',
      points: [0, 1, 3, 4, 3, 4],
      attributes: [{ spec_id: 0, value: '1' }],
    });
    expect(maskFromCvatPoints(shape!.points, 160, 120).data.reduce((a, b) => a + b, 0)).toBe(1);
    // The picture is prepared once for a frame.
    expect((await ask([[5, 6]])).shapes).toMatchObject([{ attributes: [{ value: '1' }] }]);
    expect((await ask([[5, 6]], 3)).shapes).toMatchObject([{ attributes: [{ value: '2' }] }]);
    await agent.stop();
  });
});

test('the built-in model as an interactor finds an object by clicks, or by a box', async () => {
  const { client, jobId } = world;
  const made = {
    provider: 'native',
    name: 'SAM2 clicks',
    kind: 'interactor',
    min_pos_points: 0,
    min_neg_points: 0,
    startswith_box_optional: true,
  } as const;
  const { id } = await client.functions.create(made);
  const agent = world.agent(id, { choice: { kind: 'sam2', parameters: { threads: 1, task: 'interactor' } } });
  const truth = rasterisePolygon([polygonFromFlat(world.outline(0, 0))], 160, 120);
  const { x0, y0, x1, y1 } = maskBounds(truth)!;
  const ask = async (more: object): Promise<number> => {
    const call = { type: 'interact', job: jobId, frame: 0, pos_points: [], neg_points: [], obj_bbox: [], ...more };
    const [shape] = (await client.functions.run(id, call)).shapes as { type: string; points: number[] }[];
    expect(shape, agent.lines.join('\n')).toMatchObject({ type: 'mask' });
    return maskIou(truth, maskFromCvatPoints(shape!.points, 160, 120));
  };
  const box = [
    [x0, y0],
    [x1, y1],
  ];
  const middle = [(x0 + x1) / 2, (y0 + y1) / 2];
  const found = [
    await ask({ obj_bbox: box }),
    await ask({ pos_points: [middle] }),
    await ask({ obj_bbox: box, pos_points: [middle], neg_points: [[x0 - 5, y0 - 5]] }),
  ];
  // The built-in model is small, and so is the picture: what counts is that the answers are about this object.
  for (const iou of found) expect(iou, String(found)).toBeGreaterThan(0.4);
  await expect(ask({})).rejects.toThrow(/at least one point/);
  await agent.stop();
});

test.each([
  ['a kind that is another', { kind: 'interactor', min_pos_points: 1 }, /kind is 'interactor' \(expected 'tracker'\)/],
  ['shapes that it cannot track', { kind: 'tracker', supported_shape_types: ['cuboid'] }, /shape types: 'cuboid'/],
])('refuses to serve %s', async (_, fields, says) => {
  const { id } = await world.client.functions.create({ provider: 'native', name: 'odd', ...fields });
  await expect(world.agent(id).ended).rejects.toThrow(says);
});

test('an agent whose function is deleted ends', async () => {
  const id = await world.createTracker();
  const agent = world.agent(id);
  while (!agent.lines.some((line) => line.startsWith('Connected'))) await new Promise((r) => setTimeout(r, 50));
  await world.client.functions.delete(id);
  await expect(agent.ended).rejects.toMatchObject({ status: 404 });
});
