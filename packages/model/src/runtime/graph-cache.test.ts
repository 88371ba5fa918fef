import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Graph } from '../graph/graph.ts';
import { add } from '../ops/arithmetic.ts';
import { buildVersion, GraphCache } from './graph-cache.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'roto-cache-test-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const key = { weights: 'w', build: 'b' };

function sampleGraph(): Graph {
  const g = new Graph('sample');
  const weights = Float32Array.from({ length: 4096 }, (_, i) => i);
  g.output('y', add(g, g.input('x', 'float32', [4096]), g.constant('w', [4096], weights)));
  return g;
}

/** Builds through the cache and says whether it had to. */
async function get(cache = new GraphCache(root, key)): Promise<{ built: boolean; modelPath: string }> {
  return cache.part('sample', sampleGraph);
}

describe('GraphCache', () => {
  test('the second call finds what the first one built', async () => {
    expect((await get()).built).toBe(true);
    expect((await get()).built).toBe(false);
  });

  test('other weights and other options have entries of their own', async () => {
    await get();
    expect((await get(new GraphCache(root, { ...key, weights: 'other' }))).built).toBe(true);
    expect((await get(new GraphCache(root, { ...key, build: 'int8' }))).built).toBe(true);
    expect((await get()).built).toBe(false);
  });

  test.each<[string, (entry: string) => Promise<void>]>([
    ['a truncated data file', (entry) => truncate(path.join(entry, 'sample.bin'), 100)],
    ['a flipped bit', (entry) => flipBit(path.join(entry, 'sample.bin'))],
    ['a truncated model file', (entry) => truncate(path.join(entry, 'sample.onnx'), 10)],
    ['a missing data file', (entry) => rm(path.join(entry, 'sample.bin'))],
    ['a missing seal', (entry) => rm(path.join(entry, 'seal.json'))],
    ['a seal that is no JSON', (entry) => writeFile(path.join(entry, 'seal.json'), 'x')],
  ])('%s is built again', async (_, damage) => {
    const { modelPath } = await get();
    const whole = await readFile(path.join(path.dirname(modelPath), 'sample.bin'));
    await damage(path.dirname(modelPath));
    expect((await get()).built).toBe(true);
    expect(await readFile(path.join(path.dirname(modelPath), 'sample.bin'))).toEqual(whole);
    expect((await get()).built).toBe(false);
  });

  test('several builders at once leave one sound entry and nothing else', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => get(new GraphCache(root, key))));
    expect(new Set(results.map(({ modelPath }) => modelPath)).size).toBe(1);
    expect((await get()).built).toBe(false);
    expect(await readdir(new GraphCache(root, key).folder)).toEqual(['sample']);
  });

  test('a build that fails leaves nothing and can be tried again', async () => {
    const cache = new GraphCache(root, key);
    const failing = () => {
      throw new Error('no weights');
    };
    await expect(cache.part('sample', failing)).rejects.toThrow('no weights');
    expect(await readdir(cache.folder)).toEqual([]);
    expect((await get(cache)).built).toBe(true);
  });

  test('leftovers of older builds and of killed processes are removed, young ones and foreign files stay', async () => {
    const { folder } = new GraphCache(root, key);
    const [old, foreign] = [path.join(root, `v${buildVersion - 1}-${'0'.repeat(32)}`), path.join(root, 'v1-notes')];
    const [stale, young] = [path.join(folder, '.sample-stale'), path.join(folder, '.sample-young')];
    for (const left of [old, foreign, stale, young]) await mkdir(left, { recursive: true });
    await utimes(stale, 0, 0);
    await get();
    expect((await readdir(root)).sort()).toEqual([path.basename(folder), 'v1-notes'].sort());
    expect((await readdir(folder)).sort()).toEqual(['.sample-young', 'sample']);
  });
});

async function flipBit(file: string): Promise<void> {
  const content = await readFile(file);
  content[content.length >> 1]! ^= 1;
  await writeFile(file, content);
}
