import type { Graph } from '../graph/graph.ts';
import { GraphError, sameShape, type Value } from '../graph/value.ts';

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
 * The residual add and the norm behind it in one pass: sum = x + skip (+ bias), normed = LN(sum). [..., C] each.
 * x and skip need one shape: [T, C] or [B, T, C].
 */
export function skipLayerNorm(
  g: Graph,
  x: Value,
  skip: Value,
  norm: Norm,
  bias: Value | null = null,
): { sum: Value; normed: Value } {
  check('SkipLayerNormalization', x, norm);
  if (!sameShape(x.shape, skip.shape))
    throw new GraphError('SkipLayerNormalization', [x, skip], 'the two summands need one shape');
  const output = { type: x.type, shape: x.shape };
  // Outputs 1 and 2 are the mean and the inverse deviation, which only training reads.
  const [normed, , , sum] = g.node(
    'SkipLayerNormalization',
    bias ? [x, skip, norm.weight, norm.bias, bias] : [x, skip, norm.weight, norm.bias],
    [output, output, output, output],
    { epsilon: { float: norm.epsilon } },
    'com.microsoft',
  );
  return { sum: sum!, normed: normed! };
}

function check(op: string, x: Value, norm: Norm): void {
  if (norm.weight.shape[0] !== x.shape.at(-1) || norm.bias.shape[0] !== x.shape.at(-1))
    throw new GraphError(op, [x, norm.weight, norm.bias], 'scale and shift have to match the last axis');
}
