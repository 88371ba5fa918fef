import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { relu } from '../ops/activation.ts';
import { add } from '../ops/arithmetic.ts';
import { attention } from '../ops/attention.ts';
import { layerNorm, skipLayerNorm } from '../ops/layer-norm.ts';
import { linear, matMul } from '../ops/matmul.ts';
import { reshape } from '../ops/reshape.ts';
import type { Parameters } from './parameters.ts';
import type { Architecture } from './variants.ts';

const epsilon = 1e-5;

/** Letters: T prompt and output tokens, N image tokens, D hidden width. Cross-attention works at width D/2. */
export type TwoWayInput = {
  /** [T, D] */
  readonly prompt: Value;
  /** [N, D] */
  readonly image: Value;
  /** [N, D] position code of the image, a constant */
  readonly code: Value;
};

/**
 * Tokens and image read each other twice, then the tokens read the image once more. The tokens' own first values serve
 * as their position code and are added wherever tokens ask or answer (original: TwoWayTransformer).
 *
 * The position code of the image never joins the features: its products with the key and query weights are constants
 * (identity 12), folded by ONNX Runtime when the session opens. So are the first steps of a graph without prompts,
 * whose tokens are all constants (identity 13).
 */
export function twoWayTransformer(
  g: Graph,
  { prompt, image, code }: TwoWayInput,
  w: Parameters,
  a: Architecture,
): { tokens: Value; image: Value } {
  const { hiddenDim: D, decoder } = a;
  let [tokens, x] = [prompt, image];
  const readImage = (p: Parameters) => {
    const q = linear(g, add(g, tokens, prompt), p.linear('q_proj', D, D / 2));
    const v = linear(g, x, p.linear('v_proj', D, D / 2));
    return attend(g, { q, k: placed(g, x, code, p, 'k_proj', D), v }, p, a); // [T, D]
  };
  const readTokens = (p: Parameters) => {
    const k = linear(g, add(g, tokens, prompt), p.linear('k_proj', D, D / 2));
    const v = linear(g, tokens, p.linear('v_proj', D, D / 2));
    return attend(g, { q: placed(g, x, code, p, 'q_proj', D), k, v }, p, a); // [N, D]
  };

  for (let layer = 0; layer < decoder.layers; layer++) {
    const p = w.at(`layers.${layer}`);
    const first = layer === 0;
    const self = readSelf(g, tokens, first ? tokens : add(g, tokens, prompt), p.at('self_attn'), a);
    // The first layer has no residual around self-attention.
    tokens = first
      ? layerNorm(g, self, p.norm('norm1', D, epsilon))
      : skipLayerNorm(g, tokens, self, p.norm('norm1', D, epsilon)).normed;
    tokens = skipLayerNorm(g, tokens, readImage(p.at('cross_attn_token_to_image')), p.norm('norm2', D, epsilon)).normed;
    tokens = skipLayerNorm(g, tokens, tokenMlp(g, tokens, p.at('mlp'), a), p.norm('norm3', D, epsilon)).normed;
    x = skipLayerNorm(g, x, readTokens(p.at('cross_attn_image_to_token')), p.norm('norm4', D, epsilon)).normed;
  }
  const last = readImage(w.at('final_attn_token_to_image'));
  return { tokens: skipLayerNorm(g, tokens, last, w.norm('norm_final_attn', D, epsilon)).normed, image: x };
}

/** Projection of image plus position code; the code's part is a constant. [N, D] → [N, D/2] */
function placed(g: Graph, x: Value, code: Value, p: Parameters, name: string, D: number): Value {
  const { weight, bias } = p.linear(name, D, D / 2);
  return add(g, matMul(g, x, weight), add(g, matMul(g, code, weight), bias!));
}

function readSelf(g: Graph, tokens: Value, asking: Value, p: Parameters, a: Architecture): Value {
  const D = a.hiddenDim;
  const q = linear(g, asking, p.linear('q_proj', D, D));
  const k = linear(g, asking, p.linear('k_proj', D, D));
  const v = linear(g, tokens, p.linear('v_proj', D, D));
  return attend(g, { q, k, v }, p, a);
}

/** Multi-head attention of projected q, k, v [T, width], and the output projection → [Tq, D]. */
function attend(g: Graph, { q, k, v }: { q: Value; k: Value; v: Value }, p: Parameters, a: Architecture): Value {
  const batch = (x: Value) => reshape(g, x, [1, ...x.shape]);
  const width = q.shape[1] as number;
  const read = attention(g, { q: batch(q), k: batch(k), v: batch(v), heads: a.decoder.heads });
  return linear(g, reshape(g, read, q.shape), p.linear('out_proj', width, a.hiddenDim));
}

function tokenMlp(g: Graph, x: Value, p: Parameters, { hiddenDim: D, decoder }: Architecture): Value {
  return linear(
    g,
    relu(g, linear(g, x, p.linear('layers.0', D, decoder.hidden))),
    p.linear('layers.1', decoder.hidden, D),
  );
}
