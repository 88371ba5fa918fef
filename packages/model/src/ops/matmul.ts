import type { Graph } from '../graph/graph.ts';
import { GraphError, type Value } from '../graph/value.ts';
import { add, broadcast } from './arithmetic.ts';

/** [..., m, k] × [..., k, n] → [..., m, n]; leading axes broadcast. */
export function matMul(g: Graph, a: Value, b: Value): Value {
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new GraphError('MatMul', [a, b], 'both inputs need at least two axes');
  if (a.shape.at(-1) !== b.shape.at(-2))
    throw new GraphError('MatMul', [a, b], `${a.shape.at(-1)} columns meet ${b.shape.at(-2)} rows`);
  const batch = broadcast('MatMul', [a, b], a.shape.slice(0, -2), b.shape.slice(0, -2));
  return g.node('MatMul', [a, b], [{ type: a.type, shape: [...batch, a.shape.at(-2)!, b.shape.at(-1)!] }])[0]!;
}

/** [..., m, k] × [..., n, k]ᵀ → [..., m, n] · scale, without a transposed copy of b. */
export function matMulTransposed(g: Graph, a: Value, b: Value, scale = 1): Value {
  if (a.shape.at(-1) !== b.shape.at(-1))
    throw new GraphError('FusedMatMul', [a, b], `${a.shape.at(-1)} columns meet ${b.shape.at(-1)} columns`);
  const batch = broadcast('FusedMatMul', [a, b], a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, a.shape.at(-2)!, b.shape.at(-2)!];
  const attributes = { transA: 0, transB: 1, alpha: { float: scale } };
  return g.node('FusedMatMul', [a, b], [{ type: a.type, shape }], attributes, 'com.microsoft')[0]!;
}

/** Weights of y = x·W + b. `weight` is [in, out]: transposed once while building, as MatMul wants it. */
export type Linear = { readonly weight: Value; readonly bias: Value | null };

/** [..., in] → [..., out] */
export function linear(g: Graph, x: Value, { weight, bias }: Linear): Value {
  const product = matMul(g, x, weight);
  return bias ? add(g, product, bias) : product;
}
