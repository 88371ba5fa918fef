import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { cos, sin } from '../ops/activation.ts';
import { add, mul } from '../ops/arithmetic.ts';
import { attention } from '../ops/attention.ts';
import { gather } from '../ops/gather.ts';
import { layerNorm, skipLayerNorm } from '../ops/layer-norm.ts';
import { type Linear, linear } from '../ops/matmul.ts';
import { mlp } from '../ops/mlp.ts';
import { concat, reshape } from '../ops/reshape.ts';
import { type RotaryTable, rotary } from '../ops/rotary.ts';
import { product, scaled, sum, transposed } from './fold.ts';
import type { Parameters } from './parameters.ts';
import { rotationTables, sineGrid, splitHalfOrder } from './positions.ts';
import { type Architecture, gridSides } from './variants.ts';

const epsilon = 1e-5;

/** The memory bank as the attention layers read it: T = F·N + P·D/M tokens, frames first, then object pointers. */
export type Bank = {
  /** [T, M] what is read */
  readonly values: Value;
  /** [T, M] what is matched: values plus their position code */
  readonly keys: Value;
  /** [T] int64: the row of the rotation table of each token; the last row (no rotation) for pointers. */
  readonly positions: Value;
};

/** State between two layers: tokens x [N, D] and their second norm's queries, projected and rotated, q [1, N, D]. */
export type AttentionState = { readonly x: Value; readonly q: Value };

/**
 * What of memory attention depends on the image alone: the position code, all of layer 0's self-attention and its
 * cross-attention queries (identity 3). It runs once per frame in the image graph.
 */
export function memoryAttentionStart(g: Graph, features: Value, w: Parameters, a: Architecture): AttentionState {
  const side = gridSides(a)[2];
  const code = w.folded('0.1·sine', [side * side, a.hiddenDim], () => scaled(sineGrid(side, a.hiddenDim), 0.1));
  const x = add(g, features, code); // [N, D]
  return selfAttention(g, x, layerNorm(g, x, w.at('layers.0').norm('norm1', a.hiddenDim, epsilon)), w, 0, a);
}

/** The rest: layer 0's cross-attention and MLP, the further layers, the final norm. Returns tokens [N, D]. */
export function memoryAttention(g: Graph, start: AttentionState, bank: Bank, w: Parameters, a: Architecture): Value {
  const { layers } = a.memoryAttention;
  let { x, q } = start;
  for (let layer = 0; ; layer++) {
    const p = w.at(`layers.${layer}`);
    const read = crossAttention(g, q, bank, p, a); // [N, D]
    const crossed = skipLayerNorm(g, x, read, p.norm('norm3', a.hiddenDim, epsilon));
    const forward = mlp(g, crossed.normed, {
      up: p.linear('linear1', a.hiddenDim, a.memoryAttention.hidden),
      down: p.linear('linear2', a.memoryAttention.hidden, a.hiddenDim),
      activation: 'relu',
      quantizable: true,
    });
    const last = layer === layers - 1;
    const next = last
      ? w.norm('norm', a.hiddenDim, epsilon)
      : w.at(`layers.${layer + 1}`).norm('norm1', a.hiddenDim, epsilon);
    const { sum: after, normed } = skipLayerNorm(g, crossed.sum, forward, next);
    if (last) return normed;
    ({ x, q } = selfAttention(g, after, normed, w, layer + 1, a));
  }
}

/** x + SelfAttn(y), then the queries of the cross-attention that follows. y = LN1(x) [N, D]. */
function selfAttention(g: Graph, x: Value, y: Value, w: Parameters, layer: number, a: Architecture): AttentionState {
  const { hiddenDim: D } = a;
  const N = gridSides(a)[2] ** 2;
  const p = w.at(`layers.${layer}`);
  const table = rotaryTable(w, a);
  const positions = g.constant(
    `positions:${N}`,
    [N],
    () => BigInt64Array.from({ length: N }, (_, i) => BigInt(i)),
    'int64',
  );
  const split = { channels: { name: 'rope', order: splitHalfOrder(D) } };
  const rotated = (tokens: Value, name: string) =>
    reshape(g, rotary(g, linear(g, tokens, p.linear(name, D, D, split)), positions, table), [1, N, D]);

  const v = reshape(g, linear(g, y, foldedValues(p.at('self_attn'), D, D)), [1, N, D]);
  const read = attention(g, {
    q: rotated(y, 'self_attn.q_proj'),
    k: rotated(y, 'self_attn.k_proj'),
    v,
    heads: 1,
    quantizable: true,
  });
  const { sum, normed } = skipLayerNorm(g, x, reshape(g, read, [N, D]), p.norm('norm2', D, epsilon));
  return { x: sum, q: rotated(normed, 'cross_attn_image.q_proj') };
}

/**
 * Attends over the raw memory tokens and projects the result: rows of a softmax sum to one, so value and output
 * projection are one linear layer behind it (identity 1). That spares values of width D for every memory token.
 */
function crossAttention(g: Graph, q: Value, bank: Bank, p: Parameters, a: Architecture): Value {
  const { hiddenDim: D, memoryDim: M } = a;
  const N = gridSides(a)[2] ** 2;
  const tokens = bank.keys.shape[0]!;
  const channels = { name: 'rope', order: splitHalfOrder(D) };
  const unrotated = linear(g, bank.keys, p.linear('cross_attn_image.k_proj', M, D, { channels })); // [T, D]
  const k = reshape(g, rotary(g, unrotated, bank.positions, rotaryTable(p, a)), [1, tokens, D]);
  const read = attention(g, { q, k, v: reshape(g, bank.values, [1, tokens, M]), heads: 1, quantizable: true }); // [1, N, M]
  return linear(g, reshape(g, read, [N, M]), foldedValues(p.at('cross_attn_image'), M, D));
}

/** out_proj · v_proj, [input, D] (identities 1 and 2; one head, so nothing stands between the two). */
function foldedValues(p: Parameters, input: number, D: number): Linear {
  const values = p.lazy('v_proj.weight', [D, input]);
  const valuesBias = p.lazy('v_proj.bias', [D]);
  const out = p.lazy('out_proj.weight', [D, D]);
  const outBias = p.lazy('out_proj.bias', [D]);
  return {
    weight: p.folded('out_proj∘v_proj.weightᵀ', [input, D], () =>
      transposed(product(out(), values(), D, D, input), D, input),
    ),
    bias: p.folded('out_proj∘v_proj.bias', [D], () => sum(product(out(), valuesBias(), D, D, 1), outBias())),
  };
}

/**
 * Builds the bank inside the graph.
 *   memory     [F, N, M]  remembered frames
 *   slots      [F] int64  row of maskmem_tpos_enc of each
 *   pointers   [P, D]     object pointers
 *   distances  [P]        in units of the longest distance; each pointer becomes D/M tokens of M channels
 * `w` stands at the root of the checkpoint.
 */
export function buildBank(
  g: Graph,
  input: { memory: Value; slots: Value; pointers: Value; distances: Value; positions: Value },
  w: Parameters,
  a: Architecture,
): Bank {
  const { hiddenDim: D, memoryDim: M, memorySlots } = a;
  const side = gridSides(a)[2];
  const [F, P] = [input.memory.shape[0]!, input.pointers.shape[0]!];
  const pieces = D / M;
  const sine = w.folded('sine', [side * side, M], () => sineGrid(side, M));
  const slotCode = gather(g, w.value('maskmem_tpos_enc', [memorySlots, 1, 1, M], [memorySlots, 1, M]), input.slots); // [F, 1, M]
  const frameKeys = add(g, input.memory, add(g, slotCode, sine)); // [F, N, M]
  const pointerValues = reshape(g, input.pointers, [P, pieces, M]);
  const pointerKeys = w.source.has('obj_ptr_tpos_proj.weight')
    ? add(g, pointerValues, reshape(g, pointerCode(g, input.distances, w, a), [P, 1, M])) // [P, D/M, M]
    : pointerValues; // 2.0 gives pointers no position
  const flat = (x: Value, name: string) =>
    reshape(g, x, [typeof x.shape[0] === 'number' ? x.shape[0] * Number(x.shape[1]) : name, M]);
  const join = (frames: Value, points: Value) =>
    concat(g, [flat(frames, `${F}·N`), flat(points, `${P}·${pieces}`)], 0, 'tokens');
  return { values: join(input.memory, pointerValues), keys: join(frameKeys, pointerKeys), positions: input.positions };
}

/** obj_ptr_tpos_proj of the sine code of a distance: all sines, then all cosines. [P] → [P, M] */
function pointerCode(g: Graph, distances: Value, w: Parameters, { hiddenDim: D, memoryDim: M }: Architecture): Value {
  const half = D / 2;
  const rates = Array.from({ length: half }, (_, i) => 10000 ** ((-2 * Math.floor(i / 2)) / half));
  const angles = mul(
    g,
    reshape(g, distances, [distances.shape[0]!, 1]),
    g.constant('pointer rates', [1, half], Float32Array.from(rates)),
  );
  return linear(g, concat(g, [sin(g, angles), cos(g, angles)], 1), w.linear('obj_ptr_tpos_proj', D, M));
}

function rotaryTable(w: Parameters, a: Architecture): RotaryTable {
  const side = gridSides(a)[2];
  const dims = [side * side + 1, a.hiddenDim / 2];
  const constant = (part: 'cos' | 'sin') =>
    w.graph.constant(`rope:${part}`, dims, () => rotationTables(side, a.hiddenDim)[part]);
  return { cos: constant('cos'), sin: constant('sin') };
}
