import { describe, expect, test } from 'vitest';
import { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { runGraph } from '../runtime/run-graph.ts';
import { boolTensor, floats, floatTensor, intTensor } from '../runtime/session.ts';
import { add, broadcast, cast, div, greater, greaterOrEqual, or, sub, where } from './arithmetic.ts';
import { conv } from './conv.ts';
import { gather, gatherRows } from './gather.ts';
import { argMax, reduceMax, reduceMean, reduceSum } from './reduce.ts';
import { concat, reshape, slice, split, transpose } from './reshape.ts';
import { rotary } from './rotary.ts';

/** Runs `build` on the numbers 0, 1, 2 … in the given shape. */
async function counting(shape: readonly number[], build: (g: Graph, x: Value) => Value): Promise<number[]> {
  const g = new Graph('test');
  const result = build(g, g.input('x', 'float32', shape));
  g.output('out', result);
  const size = shape.reduce((a, b) => a * b, 1);
  const { out } = await runGraph(g, {
    x: floatTensor(
      Float32Array.from({ length: size }, (_, i) => i),
      shape,
    ),
  });
  expect(out!.dims).toEqual(result.shape);
  return Array.from(out!.data as ArrayLike<number | bigint>, Number);
}

describe('moving numbers', () => {
  test('reshape keeps the order', async () => {
    expect(await counting([2, 3], (g, x) => reshape(g, x, [3, 2]))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('reshape refuses another number of elements', () => {
    const g = new Graph('test');
    expect(() => reshape(g, g.input('x', 'float32', [2, 3]), [4, 2])).toThrow(
      'Reshape(x float32[2, 3]): 6 elements do not fill [4, 2].',
    );
  });

  test('reshape refuses two unknown sizes', () => {
    const g = new Graph('test');
    expect(() => reshape(g, g.input('x', 'float32', ['a', 'b']), ['a', 'b', 1])).toThrow('more than one size');
  });

  test('transpose', async () => {
    expect(await counting([2, 3], (g, x) => transpose(g, x, [1, 0]))).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('transpose refuses what is no order', () => {
    const g = new Graph('test');
    expect(() => transpose(g, g.input('x', 'float32', [2, 3]), [1, 1])).toThrow('is not an order of its 2 axes');
  });

  test('split and concat undo each other', async () => {
    expect(await counting([4, 2], (g, x) => concat(g, split(g, x, 0, [1, 3]), 0))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('concat refuses parts that differ elsewhere', () => {
    const g = new Graph('test');
    const parts = [g.input('x', 'float32', [2, 3]), g.input('y', 'float32', [2, 4])];
    expect(() => concat(g, parts, 0)).toThrow('only axis 0 may differ');
  });

  test('slice', async () => {
    expect(await counting([2, 4], (g, x) => slice(g, x, 1, 1, 3))).toEqual([1, 2, 5, 6]);
  });

  test('slice refuses to reach past the end', () => {
    const g = new Graph('test');
    expect(() => slice(g, g.input('x', 'float32', [2, 4]), 1, 1, 5)).toThrow('1 to 5 is not within axis 1');
  });

  test('gather picks entries of an axis', async () => {
    expect(await counting([2, 3], (g, x) => gather(g, x, g.ints([2, 0]), 1))).toEqual([2, 0, 5, 3]);
  });

  test('gatherRows pads with zeros', async () => {
    const order = { name: 'test', rows: Int32Array.of(1, -1, 0) };
    expect(await counting([2, 2], (g, x) => gatherRows(g, x, order))).toEqual([2, 3, 0, 0, 0, 1]);
  });

  test('gatherRows refuses rows that are not there', () => {
    const g = new Graph('test');
    const order = { name: 'test', rows: Int32Array.of(2) };
    expect(() => gatherRows(g, g.input('x', 'float32', [2, 2]), order)).toThrow('order "test" asks for row 2');
  });
});

describe('reducing', () => {
  test('over inner and outer axes', async () => {
    expect(await counting([2, 2, 2], (g, x) => reduceMax(g, x, [1]))).toEqual([2, 3, 6, 7]);
    expect(await counting([2, 2, 2], (g, x) => reduceSum(g, x, [0, 2], true))).toEqual([10, 18]);
    expect(await counting([2, 2], (g, x) => reduceMean(g, x, [-1]))).toEqual([0.5, 2.5]);
  });

  test('argMax takes the first of equals', async () => {
    expect(
      await counting([3], (g, x) => argMax(g, where(g, greater(g, x, g.floats([0])), g.floats([1]), x), 0)),
    ).toEqual([1]);
  });
});

describe('elementwise', () => {
  test('broadcasting', async () => {
    expect(await counting([2, 2], (g, x) => add(g, x, g.floats([10, 20], [2, 1])))).toEqual([10, 11, 22, 23]);
    expect(await counting([2], (g, x) => sub(g, g.floats([1]), x))).toEqual([1, 0]);
  });

  test('sizes that do not match are refused with their axis', () => {
    const g = new Graph('test');
    const [x, y] = [g.input('x', 'float32', [2, 3]), g.input('y', 'float32', [2, 4])];
    expect(() => add(g, x, y)).toThrow(
      'Add(x float32[2, 3], y float32[2, 4]): axis -1 is 3 on one side and 4 on the other.',
    );
  });

  test('a named size meets itself and 1', () => {
    expect(broadcast('Add', [], ['frames', 1], ['frames', 4])).toEqual(['frames', 4]);
    expect(() => broadcast('Add', [], ['frames'], ['pointers'])).toThrow('frames on one side');
  });

  test('comparisons, or, where, cast', async () => {
    const pick = (g: Graph, x: Value) =>
      where(g, or(g, greater(g, x, g.floats([2])), greaterOrEqual(g, g.floats([0]), x)), x, g.floats([-1]));
    expect(await counting([4], pick)).toEqual([0, -1, -1, 3]);
    expect(await counting([2], (g, x) => cast(g, greater(g, x, g.floats([0])), 'int64'))).toEqual([0, 1]);
  });

  test('0/0 compares as not greater, which the stability rule relies on', async () => {
    expect(await counting([1], (g, x) => cast(g, greater(g, g.floats([0.98]), div(g, x, x)), 'float32'))).toEqual([0]);
  });

  test('element types must agree', () => {
    const g = new Graph('test');
    expect(() => add(g, g.input('x', 'float32', [1]), g.ints([1]))).toThrow('one element type');
  });

  test('where needs a bool', async () => {
    const g = new Graph('test');
    const flag = g.input('flag', 'bool', [1]);
    g.output('out', where(g, flag, g.floats([1]), g.floats([2])));
    expect(floats((await runGraph(g, { flag: boolTensor(false) })).out!)).toEqual(Float32Array.of(2));
    expect(() => where(g, g.floats([1]), g.floats([1]), g.floats([2]))).toThrow('has to be bool');
  });
});

describe('conv', () => {
  test('stride, padding and bias', async () => {
    // A 3 × 3 kernel of ones sums the neighbourhood; zeros lie outside.
    const found = await counting([1, 1, 3, 3], (g, x) =>
      conv(
        g,
        x,
        { weight: g.floats(new Array(9).fill(1), [1, 1, 3, 3]), bias: g.floats([100]) },
        { stride: 2, pad: 1 },
      ),
    );
    expect(found).toEqual([108, 112, 120, 124]);
  });

  test('groups keep channels apart', async () => {
    const found = await counting([1, 2, 1, 2], (g, x) =>
      conv(g, x, { weight: g.floats([1, 10], [2, 1, 1, 1]), bias: null }, { groups: 2 }),
    );
    expect(found).toEqual([0, 1, 20, 30]);
  });

  test('a kernel for other channels is refused', () => {
    const g = new Graph('test');
    const kernel = { weight: g.constant('w', [1, 3, 1, 1], new Float32Array(3)), bias: null };
    expect(() => conv(g, g.input('x', 'float32', [1, 2, 4, 4]), kernel)).toThrow('2 channels meet a kernel for 3');
  });
});

describe('rotary', () => {
  test('turns pairs of the two halves by the row that the position names', async () => {
    const g = new Graph('test');
    const x = g.input('x', 'float32', ['tokens', 4]);
    const positions = g.input('positions', 'int64', ['tokens']);
    // Row 0 does not turn; row 1 turns the first pair by 90°, the second by 180°.
    const table = { cos: g.floats([1, 1, 0, -1], [2, 2]), sin: g.floats([0, 0, 1, 0], [2, 2]) };
    g.output('out', rotary(g, x, positions, table));
    const { out } = await runGraph(g, {
      x: floatTensor(Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8), [3, 4]),
      positions: intTensor([1, 0, 1], [3]),
    });
    expect([...floats(out!)]).toEqual([-3, -2, 1, -4, 1, 2, 3, 4, -7, -6, 5, -8]);
  });

  test('a table of another width is refused', () => {
    const g = new Graph('test');
    const table = { cos: g.floats([1], [1, 1]), sin: g.floats([0], [1, 1]) };
    expect(() => rotary(g, g.input('x', 'float32', [1, 4]), g.ints([0]), table)).toThrow('half as many columns');
  });
});
