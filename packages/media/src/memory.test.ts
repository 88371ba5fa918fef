import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSource } from './open-source.ts';
import { makeClip } from './testing/clips.ts';
import { seededRandom } from './testing/random.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const folder = temporaryFolder(beforeAll, afterAll);

test('memory does not grow over thousands of frames, read in a row, at random and by opening anew', async () => {
  const path = join(folder.path, 'long.mp4');
  await makeClip(path, {
    encoder: 'libx264',
    container: 'mp4',
    width: 160,
    height: 96,
    frames: 150,
    picture: (n) => n % 10,
    encoderOptions: { 'x264-params': 'keyint=15:bframes=2' },
  });
  const random = seededRandom(3);
  const round = async (): Promise<void> => {
    await using source = await openSource(path, { threads: 2, cacheBytes: 1_000_000 });
    for (let index = 0; index < source.frames.length; index++) await source.read(index);
    for (let i = 0; i < 30; i++) await source.read(Math.floor(random() * source.frames.length));
    for (let index = 60; index > 40; index--) await source.read(index);
  };
  for (let i = 0; i < 5; i++) await round();
  const before = process.memoryUsage().rss;
  const rounds = 15;
  for (let i = 0; i < rounds; i++) await round();
  const frames = rounds * 200;
  const perFrame = (process.memoryUsage().rss - before) / frames;
  // One RGB frame has 46,080 bytes, one decoded picture 23,040: a leak of any of them would show at once.
  expect(perFrame).toBeLessThan(6_000);
});
