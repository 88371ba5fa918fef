import type { Graph } from '../graph/graph.ts';
import { GraphError, knownDim, type Value } from '../graph/value.ts';

export type AttentionInput = {
  /** [B, Tq, heads · d] */
  readonly q: Value;
  /** [B, Tk, heads · d] */
  readonly k: Value;
  /** [B, Tk, heads · dv] */
  readonly v: Value;
  readonly heads: number;
  /** Factor of the scores before the softmax; 1/√d unless the weights carry it already. */
  readonly scale?: number;
};

/** softmax(q·kᵀ·scale)·v per head → [B, Tq, heads · dv]. The fused operator streams over keys. */
export function attention(g: Graph, { q, k, v, heads, scale }: AttentionInput): Value {
  const width = knownDim(q, -1, 'MultiHeadAttention');
  if (q.shape.length !== 3 || k.shape.length !== 3 || v.shape.length !== 3)
    throw new GraphError('MultiHeadAttention', [q, k, v], 'q, k and v need the axes [batch, tokens, channels]');
  if (k.shape[2] !== width || width % heads !== 0)
    throw new GraphError('MultiHeadAttention', [q, k, v], `q and k need one width that ${heads} heads divide`);
  if (k.shape[1] !== v.shape[1]) throw new GraphError('MultiHeadAttention', [q, k, v], 'each key needs one value');
  const shape = [q.shape[0]!, q.shape[1]!, knownDim(v, -1, 'MultiHeadAttention')];
  return g.node(
    'MultiHeadAttention',
    [q, k, v],
    [{ type: q.type, shape }],
    { num_heads: heads, scale: { float: scale ?? 1 / Math.sqrt(width / heads) } },
    'com.microsoft',
  )[0]!;
}
