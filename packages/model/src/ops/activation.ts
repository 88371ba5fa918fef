import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';

const same = (op: string) => (g: Graph, x: Value) => g.node(op, [x], [{ type: x.type, shape: x.shape }])[0]!;

export const relu = same('Relu');
export const abs = same('Abs');
export const sigmoid = same('Sigmoid');
export const tanh = same('Tanh');
export const sin = same('Sin');
export const cos = same('Cos');
export const sqrt = same('Sqrt');
export const reciprocal = same('Reciprocal');

/** The exact form, 0.5·x·(1 + erf(x/√2)); the tanh approximation is 1.6e-4 off (sam2-model 11.2). */
export const gelu = same('Gelu');

export function softmax(g: Graph, x: Value, axis = -1): Value {
  return g.node('Softmax', [x], [{ type: x.type, shape: x.shape }], { axis })[0]!;
}
