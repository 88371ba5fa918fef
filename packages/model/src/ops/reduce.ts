import type { Graph } from '../graph/graph.ts';
import { GraphError, type Shape, type Value } from '../graph/value.ts';

/** Reductions over the given axes, which disappear unless `keep` is set. */
export const reduceMax = reduction('ReduceMax');
export const reduceMean = reduction('ReduceMean');
export const reduceSum = reduction('ReduceSum');

function reduction(op: string) {
  return (g: Graph, x: Value, axes: readonly number[], keep = false): Value => {
    const at = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
    if (at.some((axis) => axis < 0 || axis >= x.shape.length))
      throw new GraphError(op, [x], `there is no axis [${axes}]`);
    const shape: Shape = keep
      ? x.shape.map((dim, i) => (at.includes(i) ? 1 : dim))
      : x.shape.filter((_, i) => !at.includes(i));
    return g.node(op, [x, g.ints(at)], [{ type: x.type, shape }], { keepdims: keep ? 1 : 0 })[0]!;
  };
}

/** Index (int64) of the largest element of one axis, the first one on ties. */
export function argMax(g: Graph, x: Value, axis: number): Value {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const shape = x.shape.filter((_, i) => i !== at);
  return g.node('ArgMax', [x], [{ type: 'int64', shape }], { axis: at, keepdims: 0, select_last_index: 0 })[0]!;
}
