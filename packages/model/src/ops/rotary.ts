import type { Graph } from '../graph/graph.ts';
import { GraphError, type Value } from '../graph/value.ts';
import { reshape } from './reshape.ts';

/** cos and sin [positions, width / 2] */
export type RotaryTable = { readonly cos: Value; readonly sin: Value };

/**
 * Rotates channel pairs (i, i + width/2) of x [T, width] by the angles of the table row that `positions` [T] int64
 * picks for the token: the split-half pairing. Weights that feed it have their output channels reordered (even ones
 * first), which leaves all dot products as they are (sam2-model 9.5, identity 6).
 *
 * Each token is a sequence of its own to the operator, because it refuses sequences longer than its table.
 */
export function rotary(g: Graph, x: Value, positions: Value, table: RotaryTable): Value {
  const [tokens, width] = x.shape;
  const half = table.cos.shape[1];
  if (x.shape.length !== 2 || typeof width !== 'number' || half !== width / 2)
    throw new GraphError('RotaryEmbedding', [x, table.cos], 'the table has to hold half as many columns as x [T, C]');
  if (positions.type !== 'int64' || positions.shape[0] !== tokens)
    throw new GraphError('RotaryEmbedding', [x, positions], 'each token needs one position');
  const shape = [tokens!, 1, width];
  const rotated = g.node(
    'RotaryEmbedding',
    [reshape(g, x, shape), reshape(g, positions, [tokens!, 1]), table.cos, table.sin],
    [{ type: x.type, shape }],
    { num_heads: 1, interleaved: 0 },
    'com.microsoft',
  )[0]!;
  return reshape(g, rotated, [tokens!, width]);
}
