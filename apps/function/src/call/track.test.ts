import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSam2Function, promptOf, type Sam2Shape, shapeOf, type TrackableShape } from '@roto/functions';
import { maskFromCvatPoints, maskToCvatPoints } from '@roto/geometry';
import { openSource } from '@roto/media';
import { hubOptionsFromEnv } from '@roto/model';
import { createSession } from '@roto/tracker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFunctionConfig } from '../config.ts';
import { openFunction, type ServerlessFunction } from '../function.ts';
import { type Clip, makeClip, post, reply, silent, type TrackReply } from '../testing/calls.ts';
import { type RedisProcess, redisProblem, startRedis } from '../testing/redis-process.ts';

const FRAMES = 20;
const away = redisProblem();
if (away) console.warn(`tracking calls: skipped, ${away}`);

describe.skipIf(away !== undefined)('tracker calls', () => {
  let clip: Clip;
  let redis: RedisProcess;
  let replicas: ServerlessFunction[];
  let outlines: TrackableShape[];
  beforeAll(async () => {
    clip = await makeClip(FRAMES);
    outlines = shapesOf(clip);
    redis = await startRedis();
    const config = readFunctionConfig({
      CVAT_FUNCTIONS_REDIS_HOST: '127.0.0.1',
      CVAT_FUNCTIONS_REDIS_PORT: String(redis.options.port),
      ROTO_THREADS: '1',
    });
    replicas = [await openFunction(config, silent), await openFunction(config, silent)];
  });
  afterAll(async () => {
    for (const replica of replicas ?? []) await replica[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });
  const start = async (shapes = outlines): Promise<TrackReply> =>
    reply(await replicas[0]!.handle(post({ image: clip.images[0], shapes, states: [] })));
  const track = async (replica: number, frame: number, states: unknown[]) =>
    replicas[replica]!.handle(post({ image: clip.images[frame], shapes: states.map(() => null), states }));

  test('replicas in turn give the masks of a session: polygon, mask, rectangle', async () => {
    let answer = await start();
    expect(answer.shapes).toEqual(outlines);
    const tracked: TrackReply['shapes'][] = [];
    for (let frame = 1; frame < FRAMES; frame++) {
      // Twice on one, then on the other: states are read from the cache, in part, and as a whole.
      answer = reply(await track(Math.floor(frame / 2) % 2, frame, answer.states));
      tracked.push(answer.shapes);
    }
    expect(tracked).toEqual(await bySession(clip, outlines));
  });

  test('a repeated call is answered alike without a second step, and an old state is refused', async () => {
    const begun = await start();
    const first = await track(0, 1, begun.states);
    const repeated = await track(1, 1, begun.states);
    expect(repeated).toEqual(first);
    expect(reply(repeated).states.map(({ v }) => v)).toEqual([1, 1, 1]);
    const stale = await track(1, 2, begun.states);
    expect([stale.status, JSON.parse(stale.body).code]).toEqual([409, 'moved-on']);
  });

  test('of two calls at once on one state both get the same step', async () => {
    const begun = await start(outlines.slice(0, 1));
    const answers = await Promise.all([track(0, 1, begun.states), track(1, 1, begun.states)]);
    expect(answers[0]).toEqual(answers[1]);
    expect(reply(answers[0]!).states[0]!.v).toBe(1);
  });

  test('nothing is stepped when one object of the call cannot be', async () => {
    const begun = await start(outlines.slice(0, 1));
    const unknown = { id: 'A'.repeat(43), v: 0 };
    const gone = await track(0, 1, [begun.states[0], unknown]);
    expect([gone.status, JSON.parse(gone.body).code]).toEqual([410, 'state-gone']);
    expect(reply(await track(0, 2, begun.states)).states[0]!.v).toBe(1);
  });

  test('hostile calls end in words', async () => {
    const [polygon] = outlines;
    const image = clip.images[0];
    for (const [body, status] of [
      [{ image, shapes: [polygon, null] }, 400],
      [{ image, shapes: [{ type: 'skeleton', points: [1, 2] }] }, 400],
      [{ image, shapes: [{ type: 'polygon', points: [1, 2, 3] }] }, 400],
      [{ image, shapes: [{ type: 'mask', points: [5, 5, 9e9, 0, 0, 3, 3] }] }, 400],
      [{ image, shapes: [{ type: 'rectangle', points: [9000, 9000, 9010, 9010] }] }, 400],
      [{ image, shapes: [{ type: 'polygon', points: ['1', 2, 3, 4, 5, 6] }] }, 400],
      [{ image: '!!!!', shapes: [polygon] }, 400],
      [{ image: Buffer.from('not a picture').toString('base64'), shapes: [polygon] }, 400],
      [{ image, states: [{ id: '../../etc', v: 0 }] }, 400],
      [{ image, states: [{ id: 'A'.repeat(43), v: -1 }] }, 400],
      [{ image, shapes: Array(33).fill(polygon) }, 413],
      [{ image, pos_points: [], neg_points: [] }, 400],
      [{ image, pos_points: [[1e308, 1]], neg_points: [] }, 400],
    ] as const) {
      const answer = await replicas[0]!.handle(post(body));
      expect([answer.status, JSON.stringify(body).slice(-80)]).toEqual([status, JSON.stringify(body).slice(-80)]);
      expect(JSON.parse(answer.body).message.length).toBeGreaterThan(10);
    }
  });

  test('the interactor answers a mask as rows, or as mask points when asked', async () => {
    const [x0, y0, x1, y1] = outlines[2]!.points as [number, number, number, number];
    const call = {
      image: clip.images[0],
      pos_points: [[(x0 + x1) / 2, (y0 + y1) / 2]],
      neg_points: [],
      obj_bbox: [
        [x0, y0],
        [x1, y1],
      ],
    };
    const { mask } = JSON.parse((await replicas[0]!.handle(post(call))).body) as { mask: number[][] };
    expect([mask.length, mask[0]!.length]).toEqual([120, 160]);
    const compact = await replicas[0]!.handle({ ...post(call), headers: { accept: 'application/vnd.roto+json' } });
    const { shape } = JSON.parse(compact.body) as { shape: TrackableShape };
    expect(Array.from(maskFromCvatPoints(shape.points, 160, 120).data)).toEqual(mask.flat());
  });
});

/** One object in each form. */
function shapesOf(clip: Clip): TrackableShape[] {
  const polygon = clip.outline(0);
  const { points } = clip.outline(1);
  const xs = points.filter((_, i) => i % 2 === 0);
  const ys = points.filter((_, i) => i % 2 === 1);
  const mask = { type: 'mask', points: maskToCvatPoints(clip.frames[0]!.masks[1]!) };
  return [
    polygon,
    mask,
    { type: 'rectangle', points: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] },
  ];
}

async function bySession(clip: Clip, shapes: readonly TrackableShape[]): Promise<unknown[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-session-'));
  try {
    for (const [i, image] of clip.images.entries())
      await writeFile(path.join(folder, `${String(i).padStart(3, '0')}.png`), Buffer.from(image, 'base64'));
    await using source = await openSource(folder);
    const parameters = { model_id: 'builtin', device: 'cpu', precision: 'float32', threads: 1 } as const;
    const { model } = await openSam2Function(parameters, { hub: hubOptionsFromEnv({}), graphs: undefined });
    const session = createSession(model, source);
    for (const [i, shape] of shapes.entries()) await session.addPrompt(String(i), 0, promptOf(shape, 160, 120));
    const frames: unknown[] = [];
    for await (const { frame, objects } of session.propagate())
      if (frame > 0) frames.push(objects.map(({ mask }, i) => shapeOf(mask, shapes[i]!.type as Sam2Shape)));
    await model[Symbol.asyncDispose]();
    return frames;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
