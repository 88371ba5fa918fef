import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { davisPath, davisPng, type ResultHeader, resultsFrameLine, resultsHeaderLine } from '@roto/annotations/results';
import { createMask, encodeRle, maskBounds } from '@roto/geometry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { meanScore, scoreResults } from './score.ts';

const [width, height, frameCount] = [40, 30, 5];
const header: ResultHeader = {
  source: { name: 'x', width, height, frameCount, frameRate: 10 },
  model: { name: 'none' },
  objects: [
    { id: 1, label: 'a' },
    { id: 2, label: 'b' },
  ],
  prompts: null,
};

/** Object 1: ten columns from x; object 2: a block at the bottom; from frame 3 on it is gone. */
function frame(index: number, x: number, second = index < 3) {
  const [a, b] = [createMask(width, height), createMask(width, height)];
  for (let y = 5; y < 15; y++) a.data.fill(1, y * width + x, y * width + x + 10);
  if (second) for (let y = 20; y < 28; y++) b.data.fill(1, y * width + 20, y * width + 30);
  const objects = [a, b].map((mask, place) => ({
    ...header.objects[place]!,
    mask: encodeRle(mask),
    presence: 1,
    predictedIou: 1,
    box: maskBounds(mask),
  }));
  return { frame: index, timeSec: index / 10, objects };
}

let folder: string;
const truth = () => path.dirname(path.join(folder, davisPath('x', 0)));
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'roto-score-'));
  await mkdir(truth(), { recursive: true });
  for (let i = 0; i < frameCount; i++)
    await writeFile(path.join(folder, davisPath('x', i)), davisPng(header, frame(i, 5)));
});
afterAll(() => rm(folder, { recursive: true }));

async function score(frames: ReturnType<typeof frame>[]) {
  const file = path.join(folder, 'results.jsonl');
  await writeFile(file, resultsHeaderLine(header) + frames.map((one) => resultsFrameLine(header, one)).join(''));
  return scoreResults(file, truth());
}

test('the truth itself scores 1, an object that is rightly gone included', async () => {
  const scores = await score(Array.from({ length: frameCount }, (_, i) => frame(i, 5)));
  expect(scores).toEqual([
    { id: 1, label: 'a', j: 1, f: 1, mean: 1, frames: 3 },
    { id: 2, label: 'b', j: 1, f: 1, mean: 1, frames: 3 },
  ]);
  expect(meanScore(scores)).toBe(1);
});

test('the first and the last frame do not count', async () => {
  const shifted = [0, 4];
  const scores = await score(Array.from({ length: frameCount }, (_, i) => frame(i, shifted.includes(i) ? 25 : 5)));
  expect(meanScore(scores)).toBe(1);
});

test('the last frame is that of the video, whatever lies in the folder of the truth', async () => {
  const stale = path.join(folder, davisPath('x', frameCount));
  await writeFile(stale, davisPng(header, frame(frameCount, 25)));
  const scores = await score(Array.from({ length: frameCount }, (_, i) => frame(i, i === 4 ? 25 : 5)));
  await rm(stale);
  expect(scores.map(({ j, frames }) => [j, frames])).toEqual([
    [1, 3],
    [1, 3],
  ]);
});

test('half an overlap scores a third, an object seen where there is none scores 0', async () => {
  const scores = await score(Array.from({ length: frameCount }, (_, i) => frame(i, 10, true)));
  expect(scores[0]!.j).toBeCloseTo(1 / 3, 10);
  expect(scores[0]!.f).toBeLessThan(1);
  expect(scores[1]!.j).toBeCloseTo(2 / 3, 10);
});
