import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkOneSize } from '../runs/create.ts';
import { ENGINES } from '../testing/databases.ts';
import { png } from '../testing/media.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { taskWith } from '../testing/tasks.ts';

const SIZES = [
  [64, 48],
  [64, 48],
  [30, 80],
  [64, 48],
] as const;

describe.each(ENGINES)('a task of images of different sizes on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let task: number;
  let label: number;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
    const images = await Promise.all(SIZES.map(([width, height], n) => png(n, width, height)));
    task = await taskWith(
      ann,
      images.map((image, n) => [`i${n}.png`, image] as const),
      {},
      { labels: [{ name: 'dog' }] },
    );
    label = (await ann.get(`/api/labels?task_id=${task}`)).body.results[0].id;
  });
  afterAll(() => server.close());

  it('says each size, and serves each picture in its own', async () => {
    const { body: meta } = await ann.get(`/api/tasks/${task}/data/meta`);
    expect(meta.frames.map(({ width, height }: { width: number; height: number }) => [width, height])).toEqual(SIZES);
    for (const [n, [width, height]] of SIZES.entries())
      for (const quality of ['original', 'compressed']) {
        const answer = await ann.fetch(`/api/tasks/${task}/data?type=frame&number=${n}&quality=${quality}`, {});
        const { width: w, height: h } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
        expect([w, h]).toEqual([width, height]);
      }
    const step = await taskWith(
      ann,
      await Promise.all(SIZES.map(async ([w, h], n) => [`i${n}.png`, await png(n, w, h)] as const)),
      { start_frame: 1, frame_filter: 'step=1' },
    );
    const { body: part } = await ann.get(`/api/tasks/${step}/data/meta`);
    expect(part.frames.map(({ width }: { width: number }) => width)).toEqual([64, 30, 64]);
  });

  it('takes masks that lie in the picture of their own frame, and no others', async () => {
    // Runs, then the box: left, top, right, bottom.
    const mask = (frame: number, box: number[]) => ({
      tags: [],
      tracks: [],
      shapes: [
        {
          frame,
          label_id: label,
          type: 'mask',
          points: [0, (box[2]! - box[0]! + 1) * (box[3]! - box[1]! + 1), ...box],
        },
      ],
    });
    const save = (body: unknown) => ann.put(`/api/tasks/${task}/annotations`, body);
    expect((await save(mask(2, [0, 60, 29, 79]))).status).toBe(200);
    expect((await save(mask(0, [40, 0, 63, 47]))).status).toBe(200);
    const wide = await save(mask(2, [0, 0, 30, 10]));
    expect([wide.status, JSON.stringify(wide.body)]).toEqual([400, expect.stringContaining('right ≤ 29')]);
    expect((await save(mask(0, [0, 60, 29, 79]))).status).toBe(400);
  });

  it('refuses only to follow an object into a picture of another size, and names the frame', async () => {
    const { db } = server.context;
    await checkOneSize(db, task, 0, 1);
    await checkOneSize(db, task, 1, 0);
    await checkOneSize(db, task, 2, 2);
    await expect(checkOneSize(db, task, 0, 3)).rejects.toMatchObject({ status: 400 });
    const why = await checkOneSize(db, task, 3, 1).catch((error: unknown) =>
      JSON.stringify((error as { body: unknown }).body),
    );
    expect(why).toContain('Frame 2 is 30 × 80, but frame 3 is 64 × 48');
    expect(why).toContain('Track to frame 3');
  });
});
