import {
  createMask,
  maskFromCvatPoints,
  masksEqual,
  maskToCvatPoints,
  polygonFromFlat,
  rasterisePolygon,
} from '@roto/geometry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeServerWorld, type ServerWorld } from '../testing/server-world.ts';
import { asKeyframes, trackByCommand } from '../testing/track-by-command.ts';

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
  const masks = await trackByCommand(world, outline, [1280, 720]);
  const [, ...tracked] = await world.keyframes(polygonTrack);
  expect(tracked.filter(({ outside }) => !outside)).toEqual(asKeyframes(masks));
  for (const { frame, outside, points } of (await world.keyframes(maskTrack)).slice(1)) {
    const mask = outside ? createMask(1280, 720) : maskFromCvatPoints(points, 1280, 720);
    expect(masksEqual(mask, masks.get(frame)!), `frame ${frame}`).toBe(true);
  }
}, 900_000);

/** The mask that the polygon's outline covers. */
function maskPoints(): number[] {
  return maskToCvatPoints(rasterisePolygon([polygonFromFlat(world.outline(0, 0))], 1280, 720));
}
