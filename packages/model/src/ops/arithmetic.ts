import type { Graph } from '../graph/graph.ts';
import { type Dim, type ElementType, GraphError, type Shape, type Value } from '../graph/value.ts';

/** Elementwise operators with NumPy broadcasting. */
export const add = binary('Add');
export const sub = binary('Sub');
export const mul = binary('Mul');
export const div = binary('Div');
export const or = binary('Or');
/** The larger of the two. */
export const maximum = binary('Max');
export const greater = binary('Greater', 'bool');
export const greaterOrEqual = binary('GreaterOrEqual', 'bool');

/** condition ? a : b, elementwise. */
export function where(g: Graph, condition: Value, a: Value, b: Value): Value {
  const inputs = [condition, a, b];
  if (condition.type !== 'bool') throw new GraphError('Where', inputs, 'the condition has to be bool');
  if (a.type !== b.type) throw new GraphError('Where', inputs, 'both branches need one element type');
  const shape = broadcast('Where', inputs, broadcast('Where', inputs, condition.shape, a.shape), b.shape);
  return g.node('Where', inputs, [{ type: a.type, shape }])[0]!;
}

export function cast(g: Graph, x: Value, type: ElementType): Value {
  const code = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 }[type];
  return g.node('Cast', [x], [{ type, shape: x.shape }], { to: code })[0]!;
}

function binary(op: string, result?: ElementType) {
  return (g: Graph, a: Value, b: Value): Value => {
    if (a.type !== b.type) throw new GraphError(op, [a, b], 'both inputs need one element type');
    return g.node(op, [a, b], [{ type: result ?? a.type, shape: broadcast(op, [a, b], a.shape, b.shape) }])[0]!;
  };
}

/**
 * Sizes are matched from the last axis; 1 stretches to the other. A named size meets only itself or 1: which of two
 * different sizes wins would be known too late.
 */
export function broadcast(op: string, inputs: readonly Value[], a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const shape: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw new GraphError(op, inputs, `axis ${i - rank} is ${left} on one side and ${right} on the other`);
    shape.push(left === 1 ? right : left);
  }
  return shape;
}
