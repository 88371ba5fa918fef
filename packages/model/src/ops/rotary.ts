import type { Graph } from '../graph/graph.ts';
import { GraphError, type Value } from '../graph/value.ts';

/** cos and sin [positions, width / 2]; positions [1, T] int64 picks the row of each token. */
export type RotaryTable = { readonly cos: Value; readonly sin: Value };

/**
 * Rotates channel pairs (i, i + width/2) of x [1, T, width] by the angles of the token's row: the split-half pairing.
 * Weights that feed it have their output channels reordered (even ones first), which leaves all dot products as they
 * are (sam2-model 9.5, identity 6).
 */
export function rotary(g: Graph, x: Value, positions: Value, table: RotaryTable): Value {
  const width = x.shape.at(-1);
  const half = table.cos.shape[1];
  if (x.shape.length !== 3 || typeof width !== 'number' || half !== width / 2)
    throw new GraphError('RotaryEmbedding', [x, table.cos], 'the table has to hold half as many columns as x');
  if (positions.type !== 'int64' || positions.shape[1] !== x.shape[1])
    throw new GraphError('RotaryEmbedding', [x, positions], 'each token needs one position');
  return g.node(
    'RotaryEmbedding',
    [x, positions, table.cos, table.sin],
    [{ type: x.type, shape: x.shape }],
    { num_heads: 1, interleaved: 0 },
    'com.microsoft',
  )[0]!;
}
