// Kills a real process with SIGKILL again and again until it gets through, and compares with an undisturbed run.
// Slow, and so not part of `npm test`: npx vitest run --config vitest.slow.config.ts apps/cli/src/track/kill
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAndSignal } from '../testing/kill.ts';
import { makeWorld, type World } from '../testing/world.ts';

const SEED = Number(process.env.SEED ?? 1);

let world: World;
beforeAll(async () => {
  world = await makeWorld({ frameCount: 90 });
  const objects = [
    {
      label: 'a',
      prompts: [
        { frame: 2, box: [20, 15, 60, 50] },
        { frame: 60, points: [[40, 30, '+']] },
      ],
    },
    {
      label: 'b',
      prompts: [
        {
          frame: 2,
          polygon: [
            [5, 5],
            [30, 5],
            [30, 30],
          ],
        },
      ],
    },
  ];
  writeFileSync(world.at('prompts.json'), JSON.stringify({ objects }));
});
afterAll(() => world.remove());

test.each(['forward', 'backward'])(`killed at random frames, %s (SEED=${SEED})`, { timeout: 600_000 }, async (way) => {
  const track = (out: string) => [
    ...['track', world.video, '--prompts', world.at('prompts.json'), '--model', world.model, '--threads', '1'],
    ...['--format', 'none', ...(way === 'backward' ? ['--backward'] : []), '-o', world.at(out)],
  ];
  expect((await world.run(...track(`whole-${way}`))).code).toBe(0);
  let state = SEED;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let kills = 0;
  for (let resume = false; ; resume = true) {
    const after = 1 + Math.floor(next() * 40);
    const ended = await runAndSignal(world, 'SIGKILL', after, [...track(way), ...(resume ? ['--resume'] : [])]);
    if (ended.code === 0) break;
    expect(ended.signal, ended.stderr).toBe('SIGKILL');
    kills++;
  }
  expect(kills).toBeGreaterThan(1);
  expect(readFileSync(world.at(way, 'results.jsonl'))).toEqual(readFileSync(world.at(`whole-${way}`, 'results.jsonl')));
});
