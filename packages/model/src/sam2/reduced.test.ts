import { expect, test } from 'vitest';
import type { Precision } from '../graph/graph.ts';
import { byteRange } from '../runtime/byte-range.ts';
import { miniature } from '../runtime/miniature.ts';
import { openSam2 } from '../runtime/open-sam2.ts';
import { runGraph } from '../runtime/run-graph.ts';
import { type Feeds, floats, floatTensor, intTensor } from '../runtime/session.ts';
import { fillValues, fillWeights } from '../weights/fill.ts';
import { inventory } from '../weights/inventory.ts';
import { buildPart, type PartName } from './graphs.ts';

const weights = fillWeights(inventory(miniature));
const [S, N, D, M] = [64, 16, 32, 16];
const [frames, pointers] = [3, 4];
const noise = (name: string, dims: readonly number[], scale: number) =>
  floatTensor(
    fillValues(
      name,
      dims.reduce((a, b) => a * b, 1),
      scale,
    ),
    dims,
  );
const tokens = frames * N + pointers * (D / M);
const feeds: Partial<Record<PartName, Feeds>> = {
  'image-encoder': { pixels: noise('frame.0', [1, 3, S, S], 1.5) },
  'memory-attention': {
    x: noise('x', [N, D], 2),
    q: noise('q', [1, N, D], 0.5),
    memory: noise('memory', [frames, N, M], 2),
    slots: intTensor([0, 5, 6], [frames]),
    pointers: noise('pointers', [pointers, D], 2),
    distances: noise('distances', [pointers], 1),
    positions: intTensor(
      Array.from({ length: tokens }, (_, i) => (i < frames * N ? i % N : N)),
      [tokens],
    ),
  },
};

test.each([
  ['image-encoder', 'features'],
  ['memory-attention', 'conditioned'],
] as const)('%s in 8-bit products stays within two percent of float32', async (part, output) => {
  const run = async (precision: Precision) => {
    const results = await runGraph(
      buildPart(part, weights, miniature, { precision, byteRange: byteRange() }),
      feeds[part]!,
    );
    return floats(results[output]!);
  };
  const [expected, found] = [await run('float32'), await run('int8')];
  let [error, size] = [0, 0];
  for (const [i, value] of expected.entries()) {
    error += (found[i]! - value) ** 2;
    size += value ** 2;
  }
  expect(Math.sqrt(error / size)).toBeGreaterThan(0);
  expect(Math.sqrt(error / size)).toBeLessThan(0.02);
});

test('int8 leaves a model of few image tokens as it is, and the model says so', async () => {
  const options = { weights, config: miniature, threads: 1 };
  await using full = await openSam2(options);
  await using reduced = await openSam2({ ...options, precision: 'int8' });
  expect(reduced.precision).toBe('float32');
  const pixels = fillValues('frame.0', 3 * S * S, 1.5);
  expect(reduced.inspect(await reduced.encodeImage(pixels))).toEqual(full.inspect(await full.encodeImage(pixels)));
});
