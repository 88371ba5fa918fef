import { expect, test } from 'vitest';
import { type ByteRange, Graph, type Precision } from '../graph/graph.ts';
import { byteRange as processorRange } from '../runtime/byte-range.ts';
import { runGraph } from '../runtime/run-graph.ts';
import { floats, floatTensor } from '../runtime/session.ts';
import { uniform } from '../weights/fill.ts';
import { attention } from './attention.ts';
import { type Mlp, mlp } from './mlp.ts';
import { quantizedLinear } from './quantized.ts';

function random(seed: number, count: number, scale = 1, offset = 0): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => offset + scale * uniform(seed, i));
}

function relativeError(found: Float32Array, expected: Float32Array): number {
  let [difference, size] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference += (found[i]! - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference / size);
}

/** Two heads, more queries than one tile holds. `mean` is added to all values. */
async function attend(
  precision: Precision,
  mean: number,
  { keyScale = 3, valueWidth = 192, byteRange = 63 as ByteRange } = {},
): Promise<Float32Array> {
  const [Tq, Tk, width] = [600, 700, 32];
  const g = new Graph('test', { precision, byteRange });
  const q = g.input('q', 'float32', [1, Tq, width]);
  const k = g.input('k', 'float32', [1, 'keys', width]);
  const v = g.input('v', 'float32', [1, 'keys', valueWidth]);
  g.output('out', attention(g, { q, k, v, heads: 2, quantizable: true }));
  const { out } = await runGraph(g, {
    q: floatTensor(random(1, Tq * width, 3), [1, Tq, width]),
    k: floatTensor(random(2, Tk * width, keyScale), [1, Tk, width]),
    v: floatTensor(random(3, Tk * valueWidth, 1, mean), [1, Tk, valueWidth]),
  });
  return floats(out!);
}

test('attention in 8-bit products stays within three percent of float32', async () => {
  expect(relativeError(await attend('int8', 0), await attend('float32', 0))).toBeLessThan(0.03);
});

test('narrow values stay float32, and so does their accuracy', async () => {
  const narrow = { valueWidth: 24 };
  expect(relativeError(await attend('int8', 0, narrow), await attend('float32', 0, narrow))).toBeLessThan(0.02);
});

test.runIf(processorRange() === 127)(
  'the whole signed range of a processor that sums exactly lowers the error',
  async () => {
    const expected = await attend('float32', 0);
    const half = relativeError(await attend('int8', 0), expected);
    const whole = relativeError(await attend('int8', 0, { byteRange: 127 }), expected);
    expect(whole).toBeLessThan(0.85 * half);
  },
);

test('a mean that all values share costs no accuracy, though small probabilities vanish', async () => {
  const [found, expected] = [await attend('int8', 50), await attend('float32', 50)];
  let largest = 0;
  for (const [i, value] of expected.entries()) largest = Math.max(largest, Math.abs(found[i]! - value));
  // Lost probability would show as 50 times the loss; the values themselves are within ±1 of the mean.
  expect(largest).toBeLessThan(0.2);
});

test('keys of zeros give the plain mean of the values', async () => {
  expect(
    relativeError(await attend('int8', 5, { keyScale: 0 }), await attend('float32', 5, { keyScale: 0 })),
  ).toBeLessThan(1e-3);
});

test('8-bit attention refuses a batch', () => {
  const g = new Graph('test', { precision: 'int8' });
  const x = g.input('x', 'float32', [2, 300, 16]);
  expect(() => attention(g, { q: x, k: x, v: x, heads: 1, quantizable: true })).toThrow('the batch has to be one');
});

async function forward(precision: Precision, activation: Mlp['activation'], quantizable: boolean) {
  const [tokens, width, hidden] = [40, 64, 256];
  const g = new Graph('test', { precision });
  const layer = (seed: number, from: number, to: number) => ({
    weight: g.constant(`w${seed}`, [from, to], random(seed, from * to, Math.sqrt(3 / from))),
    bias: g.constant(`b${seed}`, [to], random(seed + 1, to, 0.1)),
  });
  const x = g.input('x', 'float32', [tokens, width]);
  g.output('out', mlp(g, x, { up: layer(4, width, hidden), down: layer(6, hidden, width), activation, quantizable }));
  const { out } = await runGraph(g, { x: floatTensor(random(8, tokens * width, 2), [tokens, width]) });
  return { values: floats(out!), stored: g.usedInitializers().map((constant) => constant.type) };
}

test.each(['gelu', 'relu'] as const)(
  'an MLP with %s in 8-bit products stays within three percent',
  async (activation) => {
    const expected = await forward('float32', activation, true);
    const found = await forward('int8', activation, true);
    const error = relativeError(found.values, expected.values);
    expect(error).toBeLessThan(0.03);
    expect(error).toBeGreaterThan(0);
    // Both weights as bytes with their scales, and the biases: the float32 weights are not stored a second time.
    expect(found.stored.filter((type) => type === 'int8')).toHaveLength(2);
    expect(found.stored.filter((type) => type === 'float32')).toHaveLength(4);
  },
);

test('an MLP that is not marked stays float32', async () => {
  const expected = await forward('float32', 'gelu', false);
  const found = await forward('int8', 'gelu', false);
  expect(found.values).toEqual(expected.values);
});

test('a weight channel of zeros yields its bias', async () => {
  const g = new Graph('test', { precision: 'int8' });
  const weight = g.constant('w', [4, 2], Float32Array.of(1, 0, 2, 0, 3, 0, 4, 0));
  const bias = g.constant('b', [2], Float32Array.of(0, 7));
  g.output('out', quantizedLinear(g, g.input('x', 'float32', [1, 4]), { weight, bias }));
  const { out } = await runGraph(g, { x: floatTensor(Float32Array.of(1, 1, 1, 1), [1, 4]) });
  const [first, second] = floats(out!);
  expect(first).toBeCloseTo(10, 1);
  expect(second).toBe(7);
});
