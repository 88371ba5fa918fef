import type { Graph } from '../graph/graph.ts';
import { GraphError, knownDim, type Value } from '../graph/value.ts';
import { softmax } from './activation.ts';
import { type Linear, matMul, matMulTransposed } from './matmul.ts';
import { quantizedAttention } from './quantized.ts';
import { type AttentionInput, queryTiles } from './query-tiles.ts';
import { concat, split } from './reshape.ts';

/**
 * softmax(q·kᵀ·scale)·v per head → [B, Tq, heads · dv]. The fused operator streams over keys and never holds more than
 * a block of scores, but brings heads in front of tokens on one thread. For one head plain products over tiles of queries
 * are faster where values are narrow (4096 × 28,736 tokens with keys of 256 and values of 64 channels: 210 ms instead of
 * 243) and where there are many windows, whose scores are small.
 */
export function attention(g: Graph, input: AttentionInput): Value {
  const { q, k, v, heads, scale, quantizable = false } = input;
  const width = knownDim(q, -1, 'MultiHeadAttention');
  if (q.shape.length !== 3 || k.shape.length !== 3 || v.shape.length !== 3)
    throw new GraphError('MultiHeadAttention', [q, k, v], 'q, k and v need the axes [batch, tokens, channels]');
  if (k.shape[2] !== width || width % heads !== 0)
    throw new GraphError('MultiHeadAttention', [q, k, v], `q and k need one width that ${heads} heads divide`);
  if (k.shape[1] !== v.shape[1]) throw new GraphError('MultiHeadAttention', [q, k, v], 'each key needs one value');
  const factor = scale ?? 1 / Math.sqrt(width / heads);
  if (g.precision === 'int8' && quantizable) return quantizedAttention(g, { q, k, v, heads, scale: factor });
  if (heads === 1 && (q.shape[0] !== 1 || knownDim(v, -1, 'attention') < width))
    return tiledAttention(g, q, k, v, factor);
  const shape = [q.shape[0]!, q.shape[1]!, knownDim(v, -1, 'MultiHeadAttention')];
  return g.node(
    'MultiHeadAttention',
    [q, k, v],
    [{ type: q.type, shape }],
    { num_heads: heads, scale: { float: factor } },
    'com.microsoft',
  )[0]!;
}

/** One head: softmax(q·kᵀ·scale)·v over tiles of queries. */
function tiledAttention(g: Graph, q: Value, k: Value, v: Value, scale: number): Value {
  const tiles = queryTiles(knownDim(q, 1, 'attention'), k.shape[1]!);
  const read = (tile: Value) => matMul(g, softmax(g, matMulTransposed(g, tile, k, scale)), v);
  if (tiles.length === 1) return read(q);
  return concat(g, split(g, q, 1, tiles).map(read), 1);
}

/**
 * Self-attention with its own projection: x·W + b is q, k, v side by side (each C wide), then softmax(q·kᵀ/√d)·v per
 * head. x [B, T, C], W [C, 3·C] → [B, T, C].
 * The operator projects straight into the layout in which it attends: 1024 windows of 64 tokens take 21 ms where
 * projection, split and MultiHeadAttention take 39 (docs/decisions/0007-graph-forms.md). It keeps whole score
 * matrices, so it is for windows, not for a whole image.
 */
export function projectedAttention(g: Graph, x: Value, { weight, bias }: Linear, heads: number): Value {
  const width = knownDim(x, -1, 'Attention');
  if (x.shape.length !== 3 || weight.shape[0] !== width || weight.shape[1] !== 3 * width || width % heads !== 0)
    throw new GraphError(
      'Attention',
      [x, weight],
      `x needs the axes [batch, tokens, channels], the weight three times its channels, divided by ${heads} heads`,
    );
  const output = { type: x.type, shape: x.shape };
  return g.node('Attention', [x, weight, bias], [output], { num_heads: heads }, 'com.microsoft')[0]!;
}
