import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { openSource } from '@roto/media';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorld, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.remove());

const box = ['--box', '20,15,60,50'];
const model = () => ['--model', world.model, '--threads', '1'];

test('a box on frame 0 becomes results in every format', async () => {
  const out = world.at('all');
  const { code, stdout, stderr } = await world.run(
    'track',
    world.video,
    ...box,
    ...model(),
    '--label',
    'dog',
    '-o',
    out,
  );
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  const files = ['results.jsonl', 'coco.json', 'davis', 'cvat.json', 'overlay.mp4'];
  expect(stdout.trim().split('\n')).toEqual(files.map((name) => world.at('all', name)));
  expect(readdirSync(out).sort()).toEqual([...files, 'resume'].sort());
  const lines = readFileSync(world.at('all', 'results.jsonl'), 'utf8').trim().split('\n');
  expect(lines).toHaveLength(world.frameCount + 1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ objects: [{ id: 1, label: 'dog' }], source: { name: 'clip.mp4' } });
  const coco = JSON.parse(readFileSync(world.at('all', 'coco.json'), 'utf8'));
  expect(coco.images).toHaveLength(world.frameCount);
  expect(coco.annotations.length).toBeGreaterThan(world.frameCount / 2);
  JSON.parse(readFileSync(world.at('all', 'cvat.json'), 'utf8'));
  expect(readdirSync(world.at('all', 'davis', 'Annotations', 'clip'))).toHaveLength(world.frameCount);
  await using overlay = await openSource(world.at('all', 'overlay.mp4'));
  expect(overlay.info).toMatchObject({ frameCount: world.frameCount, width: world.width, height: world.height });
  expect(readdirSync(world.at('all', 'resume')).every((name) => name.endsWith('.snapshot'))).toBe(true);
});

test('--json tells every frame on stdout, in lines of JSON and nothing else', async () => {
  const argv = [
    'track',
    world.video,
    ...box,
    ...model(),
    '--to',
    '3',
    '--format',
    'coco',
    '--json',
    '-o',
    world.at('json'),
  ];
  const { code, stdout } = await world.run(...argv);
  expect(code).toBe(0);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ event }) => event)).toEqual(['start', 'frame', 'frame', 'frame', 'frame', 'written', 'done']);
  expect(events[0]).toMatchObject({ pass: { from: 0, to: 3, direction: 'forward' }, done: 0, total: 4 });
  expect(events[2]).toMatchObject({ frame: 1, done: 2, total: 4, objects: [{ id: 1, label: 'object' }] });
  expect(events.at(-1)).toMatchObject({ done: 4, total: 4, tracked: 4 });
});

test('backward goes down from the prompt, and the files are in rising order', async () => {
  const out = world.at('back');
  const argv = ['track', world.video, ...box, ...model(), '--frame', '6', '--to', '2', '--backward', '-o', out];
  expect((await world.run(...argv)).code).toBe(0);
  const lines = readFileSync(world.at('back', 'results.jsonl'), 'utf8').trim().split('\n').slice(1);
  expect(lines.map((line) => JSON.parse(line).frame)).toEqual([6, 5, 4, 3, 2]);
  const coco = JSON.parse(readFileSync(world.at('back', 'coco.json'), 'utf8'));
  expect(coco.images.map((image: { frame_index: number }) => image.frame_index)).toEqual([2, 3, 4, 5, 6]);
});

test('polygon, mask, clicks, and images as input', async () => {
  const prompts = [
    ['--polygon', '20,15 60,15 60,50 20,50'],
    ['--mask', world.mask],
    ['--points', '40,30,+ 5,5,-'],
  ];
  for (const [i, prompt] of prompts.entries()) {
    const argv = ['track', world.images, ...prompt, ...model(), '--format', 'none', '-o', world.at(`prompt${i}`)];
    expect(await world.run(...argv)).toMatchObject({ code: 0 });
    expect(readdirSync(world.at(`prompt${i}`)).sort()).toEqual(['results.jsonl', 'resume']);
  }
});

test('an existing output is refused, replaced with --overwrite, and foreign files stay', async () => {
  const out = world.at('again');
  const argv = ['track', world.video, ...box, ...model(), '--to', '2', '--format', 'coco', '-o', out];
  expect((await world.run(...argv)).code).toBe(0);
  const before = readFileSync(world.at('again', 'results.jsonl'));
  const refused = await world.run(...argv);
  expect(refused.code).toBe(6);
  expect(refused.stderr).toContain('--overwrite');
  expect(readFileSync(world.at('again', 'results.jsonl'))).toEqual(before);
  writeFileSync(world.at('again', 'notes.txt'), 'mine');
  expect((await world.run(...argv, '--frame', '1', '--overwrite')).code).toBe(0);
  expect(readFileSync(world.at('again', 'results.jsonl'))).not.toEqual(before);
  expect(existsSync(world.at('again', 'notes.txt'))).toBe(true);
});

test('a failed --overwrite leaves the old results', async () => {
  const out = world.at('kept');
  const argv = ['track', world.video, ...box, ...model(), '--to', '2', '--format', 'none', '-o', out];
  expect((await world.run(...argv)).code).toBe(0);
  const before = readFileSync(world.at('kept', 'results.jsonl'));
  const failed = await world.run('track', world.video, '--points', '500,500,+', ...model(), '--overwrite', '-o', out);
  expect(failed).toMatchObject({ code: 2, stdout: '' });
  expect(readFileSync(world.at('kept', 'results.jsonl'))).toEqual(before);
});

test('int8 of a model that stays float32 is said, and not written', async () => {
  const argv = ['track', world.video, ...box, ...model(), '--precision', 'int8', '--to', '1', '--format', 'none'];
  const { code, stderr } = await world.run(...argv, '-o', world.at('small'));
  expect(code).toBe(0);
  expect(stderr).toMatch(/--precision int8 changes nothing with .*computed in float32/);
  expect(stderr).toContain('float32 on cpu');
  const [header] = readFileSync(world.at('small', 'results.jsonl'), 'utf8').split('\n');
  expect(JSON.parse(header!).model.precision).toBe('float32');
});

test('prompts beyond the target are told of, and a run may go on to them', async () => {
  const prompts = [
    { frame: 0, box: [20, 15, 60, 50] },
    { frame: 9, points: [[40, 30, '+']] },
  ];
  writeFileSync(world.at('far.json'), JSON.stringify({ objects: [{ prompts }] }));
  const argv = ['track', world.video, '--prompts', world.at('far.json'), ...model(), '-o', world.at('far')];
  const first = await world.run(...argv, '--to', '3');
  expect(first).toMatchObject({ code: 0 });
  expect(first.stderr).toMatch(/The prompt on frame 9 lies beyond frame 3, where this run ends/);
  const second = await world.run(...argv, '--resume');
  expect(second).toMatchObject({ code: 0 });
  expect(second.stderr).not.toContain('beyond');
});

test('one frame is one frame', async () => {
  const argv = ['track', world.video, ...box, ...model(), '--to', '0', '--format', 'none', '-o', world.at('single')];
  expect((await world.run(...argv)).stderr).toMatch(/^1 frame in /m);
  expect((await world.run(...argv, '--resume')).stderr).toMatch(/^1 of 1 frame is done already\.$/m);
});
