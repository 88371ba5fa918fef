import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { add } from '../ops/arithmetic.ts';
import { runGraph } from '../runtime/run-graph.ts';
import { floats, floatTensor } from '../runtime/session.ts';
import { Graph } from './graph.ts';
import { GraphError } from './value.ts';
import { writeModel } from './write.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'roto-graph-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('Graph', () => {
  test('names may be used once', () => {
    const g = new Graph('test');
    const x = g.input('x', 'float32', [1]);
    expect(() => g.input('x', 'float32', [2])).toThrow('input(x float32[2]): the name is taken.');
    g.output('y', x);
    expect(() => g.output('y', x)).toThrow(GraphError);
  });

  test('the same constant is stored once, another of that name is refused', () => {
    const g = new Graph('test');
    g.constant('w', [2], Float32Array.of(1, 2));
    g.constant('w', [2], Float32Array.of(1, 2));
    expect(g.initializers.size).toBe(1);
    expect(() => g.constant('w', [1, 2], Float32Array.of(1, 2))).toThrow('the name is taken by float32[2]');
  });

  test('a constant with too few numbers is told when it is written', async () => {
    const g = new Graph('test');
    g.output('y', add(g, g.input('x', 'float32', [3]), g.constant('w', [3], Float32Array.of(1, 2))));
    await expect(writeModel(g, folder, 'short')).rejects.toThrow('3 elements are declared, 2 are given');
  });

  test('a value may be an output under several names', async () => {
    const g = new Graph('test');
    const x = g.input('x', 'float32', [1]);
    g.output('a', x);
    g.output('b', x);
    const { a, b } = await runGraph(g, { x: floatTensor(Float32Array.of(4), [1]) });
    expect([...floats(a!), ...floats(b!)]).toEqual([4, 4]);
  });

  test('named sizes are free when the graph runs', async () => {
    const g = new Graph('test');
    g.output('y', add(g, g.input('x', 'float32', ['rows', 2]), g.floats([1, 2])));
    for (const rows of [0, 1, 3]) {
      const { y } = await runGraph(g, { x: floatTensor(new Float32Array(rows * 2), [rows, 2]) });
      expect(y!.dims).toEqual([rows, 2]);
    }
  });
});

describe('writeModel', () => {
  test('large constants lie page-aligned in the data file, and the folder can be moved', async () => {
    const g = new Graph('test');
    const weights = Float32Array.from({ length: 5000 }, (_, i) => i);
    const x = g.input('x', 'float32', [5000]);
    const first = add(g, x, g.constant('first', [5000], weights));
    g.output(
      'y',
      add(
        g,
        first,
        g.constant('second', [5000], () => weights),
      ),
    );
    await writeModel(g, folder, 'two');
    expect((await readFile(path.join(folder, 'two.bin'))).byteLength).toBe(20480 + 20000);
    const moved = `${folder}-moved`;
    await rename(folder, moved);
    try {
      const session = await InferenceSession.create(path.join(moved, 'two.onnx'));
      const { y } = await session.run({ x: floatTensor(new Float32Array(5000), [5000]) });
      expect((y!.data as Float32Array)[4999]).toBe(9998);
      await session.release();
    } finally {
      await rename(moved, folder);
    }
  });
});
