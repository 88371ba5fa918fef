import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorld, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.remove());

/** A folder of images of the names and sizes given. */
async function images(folder: string, sizes: Record<string, [width: number, height: number]>): Promise<string> {
  mkdirSync(world.at(folder));
  for (const [name, [width, height]] of Object.entries(sizes))
    await sharp({ create: { width, height, channels: 3, background: '#456' } }).toFile(world.at(folder, name));
  return world.at(folder);
}

const track = (input: string, out: string, ...more: string[]) =>
  world.run(
    'track',
    input,
    '--box',
    '8,8,30,30',
    '--model',
    world.model,
    '--threads',
    '1',
    '-o',
    world.at(out),
    ...more,
  );

type Line = { frame: number; name?: string };

test('every output has the names of the images', async () => {
  const size: [number, number] = [96, 64];
  const folder = await images('named', { '00001.jpg': size, '00002.jpg': size, '00003.jpg': size, '00003.png': size });
  const { code, stderr } = await track(folder, 'names', '--frame', '1', '--format', 'coco,davis');
  expect(code, stderr).toBe(0);
  const [, ...lines] = readFileSync(world.at('names', 'results.jsonl'), 'utf8').trim().split('\n');
  const named = lines.map((line) => JSON.parse(line) as Line).map(({ frame, name }) => [frame, name]);
  expect(named).toEqual([
    [1, '00002.jpg'],
    [2, '00003.jpg'],
    [3, '00003.png'],
  ]);
  const coco = JSON.parse(readFileSync(world.at('names', 'coco.json'), 'utf8'));
  expect(coco.images.map((image: { file_name: string }) => image.file_name)).toEqual(named.map(([, name]) => name));
  // Two images that differ in their ending only keep it.
  expect(readdirSync(world.at('names', 'davis', 'Annotations', 'named')).sort()).toEqual([
    '00002.png',
    '00003.jpg.png',
    '00003.png.png',
  ]);
});

test('a change of size ends what can be tracked, and only that', async () => {
  const folder = await images('sizes', {
    'a.png': [32, 40],
    'b.png': [96, 64],
    'c.png': [96, 64],
    'd.png': [64, 96],
  });
  const refused = await track(folder, 'refused', '--frame', '1');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/Frame 3 \(d\.png\) is 64 × 96, but frame 1 is 96 × 64.* Give --to 2/);
  const { code, stderr } = await track(folder, 'part', '--frame', '1', '--to', '2', '--format', 'coco');
  expect(code, stderr).toBe(0);
  const coco = JSON.parse(readFileSync(world.at('part', 'coco.json'), 'utf8'));
  expect(coco.images.map(({ file_name, width }: { file_name: string; width: number }) => [file_name, width])).toEqual([
    ['b.png', 96],
    ['c.png', 96],
  ]);
});
