import { describe, expect, test } from 'vitest';
import { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { runGraph } from '../runtime/run-graph.ts';
import { floats, floatTensor } from '../runtime/session.ts';
import { fillValues } from '../weights/fill.ts';
import { gelu, relu, softmax } from './activation.ts';
import { attention } from './attention.ts';
import { layerNorm, skipLayerNorm } from './layer-norm.ts';
import { linear, matMul, matMulTransposed } from './matmul.ts';
import { mlp } from './mlp.ts';
import {
  flipped,
  type Matrix,
  matrix,
  plainAttention,
  plainGelu,
  plainLayerNorm,
  plusRow,
  softmaxRows,
  times,
} from './plain.ts';

const noise = (name: string, rows: number, columns: number, scale = 1) =>
  matrix(rows, columns, fillValues(name, rows * columns, scale));

/** Builds one op on matrix inputs and returns its result. */
async function run(
  inputs: Record<string, { value: Matrix; shape?: readonly number[] }>,
  build: (g: Graph, values: Record<string, Value>) => Value,
): Promise<{ data: Float32Array; dims: readonly number[]; shape: readonly unknown[] }> {
  const g = new Graph('test');
  const shapeOf = ({ value, shape }: { value: Matrix; shape?: readonly number[] }) =>
    shape ?? [value.rows, value.columns];
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, g.input(name, 'float32', shapeOf(input))]),
  );
  const result = build(g, values);
  g.output('out', result);
  const feeds = Object.entries(inputs).map(([name, input]) => [name, floatTensor(input.value.data, shapeOf(input))]);
  const { out } = await runGraph(g, Object.fromEntries(feeds));
  expect(out!.dims).toEqual(result.shape);
  return { data: floats(out!), dims: out!.dims, shape: result.shape };
}

function close(found: Float32Array, wanted: Float32Array, bound = 1e-5): void {
  expect(found.length).toBe(wanted.length);
  const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
  expect(worst).toBeLessThan(bound);
}

const constantRow = (g: Graph, name: string, m: Matrix) => g.constant(name, [m.columns], m.data);

describe('products', () => {
  const [a, b] = [noise('a', 5, 7), noise('b', 7, 3)];

  test('matMul', async () => {
    close((await run({ a: { value: a }, b: { value: b } }, (g, v) => matMul(g, v.a!, v.b!))).data, times(a, b).data);
  });

  test('matMul broadcasts leading axes', async () => {
    const { dims } = await run({ a: { value: a, shape: [1, 5, 7] }, b: { value: b } }, (g, v) => matMul(g, v.a!, v.b!));
    expect(dims).toEqual([1, 5, 3]);
  });

  test('matMulTransposed reads the second matrix by rows and scales', async () => {
    const found = await run({ a: { value: a }, b: { value: flipped(b) } }, (g, v) =>
      matMulTransposed(g, v.a!, v.b!, 0.5),
    );
    close(
      found.data,
      times(a, b).data.map((value) => value / 2),
    );
  });

  test('linear adds its bias', async () => {
    const bias = noise('bias', 1, 3);
    const found = await run({ a: { value: a } }, (g, v) =>
      linear(g, v.a!, { weight: g.constant('w', [7, 3], b.data), bias: constantRow(g, 'bias', bias) }),
    );
    close(found.data, plusRow(times(a, b), bias.data).data);
  });

  test('a product that does not fit names both shapes', () => {
    const g = new Graph('test');
    const [x, y] = [g.input('x', 'float32', [4, 8]), g.input('y', 'float32', [9, 2])];
    expect(() => matMul(g, x, y)).toThrow('MatMul(x float32[4, 8], y float32[9, 2]): 8 columns meet 9 rows.');
  });
});

describe('norms and activations', () => {
  const x = noise('x', 6, 8, 3);
  const [scale, shift] = [noise('scale', 1, 8), noise('shift', 1, 8)];
  const norm = (g: Graph) => ({
    weight: constantRow(g, 'scale', scale),
    bias: constantRow(g, 'shift', shift),
    epsilon: 1e-5,
  });

  test('layerNorm', async () => {
    const found = await run({ x: { value: x } }, (g, v) => layerNorm(g, v.x!, norm(g)));
    close(found.data, plainLayerNorm(x, scale.data, shift.data, 1e-5).data);
  });

  test('skipLayerNorm gives the sum and its norm', async () => {
    const skip = noise('skip', 6, 8, 2);
    const total = matrix(
      6,
      8,
      x.data.map((value, i) => value + skip.data[i]!),
    );
    const inputs = { x: { value: x }, skip: { value: skip } };
    close((await run(inputs, (g, v) => skipLayerNorm(g, v.x!, v.skip!, norm(g)).sum)).data, total.data);
    close(
      (await run(inputs, (g, v) => skipLayerNorm(g, v.x!, v.skip!, norm(g)).normed)).data,
      plainLayerNorm(total, scale.data, shift.data, 1e-5).data,
    );
  });

  test('a norm of another width is refused', () => {
    const g = new Graph('test');
    const narrow = g.constant('scale', [7], new Float32Array(7));
    expect(() => layerNorm(g, g.input('x', 'float32', [6, 8]), { weight: narrow, bias: narrow, epsilon: 1 })).toThrow(
      'scale and shift have to match the last axis',
    );
  });

  test('gelu is the exact form', async () => {
    close((await run({ x: { value: x } }, (g, v) => gelu(g, v.x!))).data, x.data.map(plainGelu), 1e-6);
  });

  test('softmax', async () => {
    close((await run({ x: { value: x } }, (g, v) => softmax(g, v.x!))).data, softmaxRows(x).data, 1e-6);
  });

  test('relu', async () => {
    close(
      (await run({ x: { value: x } }, (g, v) => relu(g, v.x!))).data,
      x.data.map((value) => Math.max(0, value)),
    );
  });
});

describe('attention', () => {
  test('heads, and values of another width than keys', async () => {
    const [q, k, v] = [noise('q', 5, 8, 2), noise('k', 9, 8, 2), noise('v', 9, 4)];
    const found = await run(
      { q: { value: q, shape: [1, 5, 8] }, k: { value: k, shape: [1, 9, 8] }, v: { value: v, shape: [1, 9, 4] } },
      (g, x) => attention(g, { q: x.q!, k: x.k!, v: x.v!, heads: 2 }),
    );
    close(found.data, plainAttention(q, k, v, 2, 1 / 2).data);
  });

  test('large scores do not overflow', async () => {
    const [q, k, v] = [noise('q', 3, 4, 200), noise('k', 6, 4, 200), noise('v', 6, 4)];
    const found = await run(
      { q: { value: q, shape: [1, 3, 4] }, k: { value: k, shape: [1, 6, 4] }, v: { value: v, shape: [1, 6, 4] } },
      (g, x) => attention(g, { q: x.q!, k: x.k!, v: x.v!, heads: 1 }),
    );
    close(found.data, plainAttention(q, k, v, 1, 1 / 2).data);
  });

  test('keys without values are refused', () => {
    const g = new Graph('test');
    const input = (name: string, tokens: number) => g.input(name, 'float32', [1, tokens, 8]);
    expect(() => attention(g, { q: input('q', 5), k: input('k', 9), v: input('v', 8), heads: 2 })).toThrow(
      'each key needs one value',
    );
  });
});

describe('mlp', () => {
  const layer = (g: Graph, name: string, w: Matrix, b: Matrix) => ({
    weight: g.constant(`${name}.w`, [w.rows, w.columns], w.data),
    bias: constantRow(g, `${name}.b`, b),
  });

  test.each(['gelu', 'relu'] as const)('%s between two linear layers', async (activation) => {
    const [x, up, down] = [noise('x', 10, 6), noise('up', 6, 12), noise('down', 12, 6)];
    const [b, c] = [noise('b', 1, 12), noise('c', 1, 6)];
    const found = await run({ x: { value: x } }, (g, v) =>
      mlp(g, v.x!, { up: layer(g, 'up', up, b), down: layer(g, 'down', down, c), activation }),
    );
    const hidden = plusRow(times(x, up), b.data);
    const active = hidden.data.map((value) => (activation === 'gelu' ? plainGelu(value) : Math.max(0, value)));
    close(found.data, plusRow(times({ ...hidden, data: active }, down), c.data).data);
  });

  test('many tokens go through in tiles and come back in order', async () => {
    const tokens = 70_000; // above the size of one tile, whatever the hidden width
    const x = noise('x', tokens, 2);
    const [up, down] = [noise('up', 2, 64), noise('down', 64, 2)];
    const zero = (columns: number) => matrix(1, columns, new Float32Array(columns));
    const found = await run({ x: { value: x } }, (g, v) =>
      mlp(g, v.x!, { up: layer(g, 'up', up, zero(64)), down: layer(g, 'down', down, zero(2)), activation: 'relu' }),
    );
    for (const token of [0, 1, 16_383, 16_384, 65_535, 65_536, tokens - 1]) {
      const row = matrix(1, 2, x.data.subarray(2 * token, 2 * token + 2));
      const hidden = times(row, up);
      const wanted = times({ ...hidden, data: hidden.data.map((value) => Math.max(0, value)) }, down);
      close(found.data.subarray(2 * token, 2 * token + 2), wanted.data);
    }
  });
});
