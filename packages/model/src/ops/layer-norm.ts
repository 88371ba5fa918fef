import type { Graph } from '../graph/graph.ts';
import { GraphError, sameShape, type Value } from '../graph/value.ts';
import { add } from './arithmetic.ts';

export type Norm = { readonly weight: Value; readonly bias: Value; readonly epsilon: number };

/** Over the last axis, biased variance: [..., C] → [..., C]. */
export function layerNorm(g: Graph, x: Value, norm: Norm): Value {
  check('LayerNormalization', x, norm);
  return g.node('LayerNormalization', [x, norm.weight, norm.bias], [{ type: x.type, shape: x.shape }], {
    axis: -1,
    epsilon: { float: norm.epsilon },
  })[0]!;
}

/**
 * The residual add and the norm behind it: sum = x + skip, normed = LN(sum). [..., C] each.
 * Two nodes on purpose: the CPU kernel of SkipLayerNormalization is scalar code and takes seven times as long as Add
 * and LayerNormalization together.
 */
export function skipLayerNorm(g: Graph, x: Value, skip: Value, norm: Norm): { sum: Value; normed: Value } {
  if (!sameShape(x.shape, skip.shape))
    throw new GraphError('SkipLayerNormalization', [x, skip], 'the two summands need one shape');
  const sum = add(g, x, skip);
  return { sum, normed: layerNorm(g, sum, norm) };
}

function check(op: string, x: Value, norm: Norm): void {
  if (norm.weight.shape[0] !== x.shape.at(-1) || norm.bias.shape[0] !== x.shape.at(-1))
    throw new GraphError(op, [x, norm.weight, norm.bias], 'scale and shift have to match the last axis');
}
