import { readFile } from 'node:fs/promises';
import {
  createMask,
  decodeRle,
  decompressRle,
  maskFromCvatPoints,
  masksEqual,
  maskToCvatPoints,
  polygonFromFlat,
  rasterisePolygon,
} from '@roto/geometry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../cli.ts';
import { type Keyframe, makeServerWorld, type ServerWorld } from '../testing/server-world.ts';

const LAST = 60;
let world: ServerWorld;
beforeAll(async () => {
  world = await makeServerWorld({ frameCount: LAST + 1, size: [1280, 720] });
}, 300_000);
afterAll(() => world?.close());

/** The size of ordinary footage: polygons and, pixel by pixel, masks that came by server and agent. */
test('a run at 720p equals `roto track`, as polygons and as masks', async () => {
  const tracker = await world.createTracker();
  const agent = world.agent(tracker);
  const polygonTrack = await world.addTrack(0, 0);
  const keyframe = { type: 'mask' as const, frame: 0, points: maskPoints() };
  const answer = await world.client.patchJobAnnotations(world.jobId, 'create', {
    tracks: [{ frame: 0, label_id: world.labelId, shapes: [keyframe] }],
  });
  const maskTrack = answer.tracks[0]!.id;
  const run = await world.track(tracker, [polygonTrack, maskTrack], 0, LAST);
  expect(run, agent.lines.join('\n')).toMatchObject({ state: 'finished', done_frame: LAST });
  await agent.stop();

  const outline = world.outline(0, 0);
  const polygon = outline.map((value, i) => `${value}${i % 2 === 0 ? ',' : ' '}`).join('');
  const err: string[] = [];
  const code = await runCli(
    ['track', world.clip, '--polygon', polygon, '--threads', '1', '-o', world.at('out'), '--format', 'cvat'],
    {
      stdout: { write: () => true },
      stderr: { write: (text) => err.push(text) },
      env: world.env,
      signal: new AbortController().signal,
    },
  );
  expect(code, err.join('')).toBe(0);
  const theirs = JSON.parse(await readFile(world.at('out', 'cvat.json'), 'utf8')).tracks[0].shapes as Keyframe[];
  const ours = await world.keyframes(polygonTrack);
  expect(ours.slice(1)).toEqual(theirs.slice(1).map(({ frame, outside, points }) => ({ frame, outside, points })));

  const lines = (await readFile(world.at('out', 'results.jsonl'), 'utf8')).trim().split('\n').slice(1);
  const masks = new Map(
    lines.map((line) => {
      const { frame, objects } = JSON.parse(line);
      return [frame as number, decodeRle(decompressRle({ size: [720, 1280], counts: objects[0].rle }))] as const;
    }),
  );
  for (const { frame, outside, points } of (await world.keyframes(maskTrack)).slice(1)) {
    const mask = outside ? createMask(1280, 720) : maskFromCvatPoints(points, 1280, 720);
    expect(masksEqual(mask, masks.get(frame)!), `frame ${frame}`).toBe(true);
  }
}, 900_000);

/** The mask that the polygon's outline covers. */
function maskPoints(): number[] {
  return maskToCvatPoints(rasterisePolygon([polygonFromFlat(world.outline(0, 0))], 1280, 720));
}
