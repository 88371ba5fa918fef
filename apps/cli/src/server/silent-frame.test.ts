import { openSource } from '@roto/media';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { silenced } from '../testing/damaged-clip.ts';
import { makeServerWorld, type ServerWorld } from '../testing/server-world.ts';

vi.setConfig({ testTimeout: 120_000 });

const FRAMES = 10;
let world: ServerWorld;
/** The frame that gives no picture, somewhere near the end. */
let silent: number;
beforeAll(async () => {
  // No other picture refers to the last packet's.
  world = await makeServerWorld({ frameCount: FRAMES, damage: (clip) => silenced(clip, FRAMES - 1) });
  await using source = await openSource(world.clip, { verify: 'report' });
  silent = source.info.damage!.unreadable[0]!.from;
});
afterAll(() => world?.close());

test('a run goes past a frame that gives no picture, as the command does', async () => {
  const functionId = await world.createTracker();
  const agent = world.agent(functionId);
  const track = await world.addTrack(0, 0);
  const run = await world.track(functionId, [track], 0, FRAMES - 1);
  expect(run, agent.lines.join('\n')).toMatchObject({ state: 'finished', done_frame: FRAMES - 1 });
  const said = agent.lines.filter((line) => line.includes(`source frame ${silent} is damaged and gives no picture`));
  expect(said).toHaveLength(1);
  await agent.stop();
});

test('a run that is prompted there fails at once, with the reason and without a path', async () => {
  const functionId = await world.createTracker();
  const agent = world.agent(functionId);
  const track = await world.addTrack(0, silent);
  const run = await world.track(functionId, [track], silent, 0);
  expect(run).toMatchObject({ state: 'failed' });
  expect(run.message).toMatch(new RegExp(`the decoder gives no picture for frame ${silent}`));
  expect(run.message).not.toContain(world.folder);
  expect(agent.lines.filter((line) => line.includes('gives no picture'))).toHaveLength(1);
  await agent.stop();
});
