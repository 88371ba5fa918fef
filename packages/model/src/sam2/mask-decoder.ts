import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { gelu, relu, sigmoid } from '../ops/activation.ts';
import { add, cast, div, greater, or, where } from '../ops/arithmetic.ts';
import { attention } from '../ops/attention.ts';
import { gather, gatherRows } from '../ops/gather.ts';
import { layerNorm, type Norm, skipLayerNorm } from '../ops/layer-norm.ts';
import { type Linear, linear, matMul } from '../ops/matmul.ts';
import { argMax, reduceSum } from '../ops/reduce.ts';
import { concat, reshape, slice } from '../ops/reshape.ts';
import type { Parameters } from './parameters.ts';
import { denseCode } from './prompt-encoder.ts';
import { places, rowsBetween } from './token-layout.ts';
import { type Architecture, gridSides } from './variants.ts';

const epsilon = 1e-5;
/** Mask tokens: candidate 0 is the single answer, 1 to 3 the alternatives of an ambiguous prompt. */
const candidates = 4;
/** Order of the output tokens in front of the prompt: object score, IoU, masks. */
const tokenAt = { score: 0, iou: 1, masks: 2 } as const;
/** Logits of an absent object. */
const absentLogit = -1024;
/** A single mask that changes more than this between thresholds ±0.05 gives way to the best alternative. */
const stability = { delta: 0.05, threshold: 0.98 } as const;

export type DecoderInput = {
  /** [N, D] image features with the dense prompt already added */
  readonly image: Value;
  /** [16·N, D/8] and [4·N, D/4], see neck.ts */
  readonly s0: Value;
  readonly s1: Value;
  /** [n, D] sparse prompt tokens */
  readonly sparse: Value;
  /** Scalar bool: the best of candidates 1 to 3, or candidate 0 with the stability fallback. */
  readonly multimask: Value | true;
};

export type DecoderOutput = {
  /** [L, L] chosen logits, −1024 everywhere when the object is absent */
  readonly low: Value;
  /** [4] of all candidates, [1] of the chosen one */
  readonly ious: Value;
  readonly iou: Value;
  /** [1, D] no_obj_ptr when absent */
  readonly pointer: Value;
  /** [1] logit; present when > 0 */
  readonly presence: Value;
};

/** Prompted image in, one mask out: two-way transformer, heads, choice. `w` stands at the root of the checkpoint. */
export function maskDecoder(g: Graph, input: DecoderInput, w: Parameters, a: Architecture): DecoderOutput {
  const D = a.hiddenDim;
  const d = w.at('sam_mask_decoder');
  const own = ['obj_score_token', 'iou_token', 'mask_tokens'].map((name, i) =>
    d.value(`${name}.weight`, [i === 2 ? candidates : 1, D]),
  );
  const prompt = concat(g, [...own, input.sparse], 0, 'tokens'); // [T, D]
  const { tokens, image } = twoWay(
    g,
    prompt,
    input.image,
    d.at('transformer'),
    denseCode(w.at('sam_prompt_encoder'), a),
    a,
  );

  const ious = reshape(
    g,
    sigmoid(
      g,
      head(g, token(g, tokens, tokenAt.iou), d.at('iou_prediction_head'), [D, a.decoder.headHidden, candidates]),
    ),
    [candidates],
  );
  const presence = reshape(g, head(g, token(g, tokens, tokenAt.score), d.at('pred_obj_score_head'), [D, D, 1]), [1]);
  const maskTokens = gather(g, tokens, g.ints([0, 1, 2, 3].map((k) => tokenAt.masks + k))); // [4, D]
  const kernels = hypernetworks(g, maskTokens, d, D); // [4, D/8]
  const fine = upscale(g, image, input.s1, input.s0, d, D); // [16·N, D/8]

  const best = add(g, argMax(g, slice(g, ious, 0, 1, candidates), 0), g.ints([1])); // [1]
  const choice = input.multimask === true ? null : input.multimask;
  const alternative = matMul(g, fine, reshape(g, gather(g, kernels, best), [D / 8, 1])); // [16·N, 1]
  let [chosen, iou, pointing] = [alternative, gather(g, ious, best), best];
  if (choice) {
    const first = g.ints([0]);
    const single = matMul(g, fine, reshape(g, gather(g, kernels, first), [D / 8, 1]));
    const swap = or(g, choice, unstable(g, single));
    chosen = where(g, swap, alternative, single);
    iou = gather(g, ious, where(g, swap, best, first));
    pointing = where(g, choice, best, first); // stays 0 even where the fallback fires
  }

  const present = greater(g, presence, g.floats([0])); // [1]
  const side = gridSides(a)[0];
  const raster = rowsBetween(`arrange:${side}:4:1`, places({ side, cell: 4 }), places({ side, cell: 1 }))!;
  const low = where(g, present, gatherRows(g, chosen, raster), g.floats([absentLogit]));
  const pointer = head(g, gather(g, maskTokens, pointing), w.at('obj_ptr_proj'), [D, D, D]);
  return {
    low: reshape(g, low, [side, side]),
    ious,
    iou,
    pointer: where(g, present, pointer, w.value('no_obj_ptr', [1, D])),
    presence,
  };
}

/**
 * Two layers in which tokens and image read each other, and a last reading by the tokens.
 * The position code of the image never joins the features: its products with the key and query weights are constants
 * (identity 12), folded by ONNX Runtime when the session opens. So are the first steps of a prompt-free graph, whose
 * tokens are all constants (identity 13).
 */
function twoWay(g: Graph, prompt: Value, image: Value, w: Parameters, code: Value, a: Architecture) {
  const { hiddenDim: D, decoder } = a;
  let tokens = prompt;
  let x = image;
  const placed = (p: Parameters, name: string): Value => {
    const { weight, bias } = p.linear(name, D, D / 2);
    return add(g, matMul(g, x, weight), add(g, matMul(g, code, weight), bias!));
  };
  for (let layer = 0; layer < decoder.layers; layer++) {
    const p = w.at(`layers.${layer}`);
    // The first layer has neither a position add nor a residual around self-attention.
    const self = p.at('self_attn');
    const at = layer === 0 ? tokens : add(g, tokens, prompt);
    const own = attend(
      g,
      self,
      decoder.heads,
      linear(g, at, self.linear('q_proj', D, D)),
      linear(g, at, self.linear('k_proj', D, D)),
      linear(g, tokens, self.linear('v_proj', D, D)),
      D,
    );
    const norm1 = p.norm('norm1', D, epsilon);
    tokens = layer === 0 ? layerNorm(g, own, norm1) : skipLayerNorm(g, tokens, own, norm1).normed;

    tokens = readImage(g, tokens, prompt, x, placed, p.at('cross_attn_token_to_image'), p.norm('norm2', D, epsilon), a);

    const hidden = tokenMlp(g, tokens, p.at('mlp'), D, decoder.hidden);
    tokens = skipLayerNorm(g, tokens, hidden, p.norm('norm3', D, epsilon)).normed;

    const back = p.at('cross_attn_image_to_token');
    const k = linear(g, add(g, tokens, prompt), back.linear('k_proj', D, D / 2));
    const v = linear(g, tokens, back.linear('v_proj', D, D / 2));
    const read = attend(g, back, decoder.heads, placed(back, 'q_proj'), k, v, D);
    x = skipLayerNorm(g, x, read, p.norm('norm4', D, epsilon)).normed;
  }
  tokens = readImage(
    g,
    tokens,
    prompt,
    x,
    placed,
    w.at('final_attn_token_to_image'),
    w.norm('norm_final_attn', D, epsilon),
    a,
  );
  return { tokens, image: x };
}

/** LN(tokens + attention of the tokens over the image). */
function readImage(
  g: Graph,
  tokens: Value,
  prompt: Value,
  image: Value,
  placed: (p: Parameters, name: string) => Value,
  p: Parameters,
  norm: Norm,
  { hiddenDim: D, decoder }: Architecture,
): Value {
  const q = linear(g, add(g, tokens, prompt), p.linear('q_proj', D, D / 2));
  const v = linear(g, image, p.linear('v_proj', D, D / 2));
  return skipLayerNorm(g, tokens, attend(g, p, decoder.heads, q, placed(p, 'k_proj'), v, D), norm).normed;
}

/** Multi-head attention of projected q, k, v [T, width], and the output projection → [Tq, D]. */
function attend(g: Graph, p: Parameters, heads: number, q: Value, k: Value, v: Value, D: number): Value {
  const batch = (x: Value) => reshape(g, x, [1, ...x.shape]);
  const width = q.shape[1] as number;
  const read = attention(g, { q: batch(q), k: batch(k), v: batch(v), heads });
  return linear(g, reshape(g, read, q.shape), p.linear('out_proj', width, D));
}

function tokenMlp(g: Graph, x: Value, p: Parameters, D: number, hidden: number): Value {
  return linear(g, relu(g, linear(g, x, p.linear('layers.0', D, hidden))), p.linear('layers.1', hidden, D));
}

/** Three linear layers with ReLU between: widths [in, hidden, out]. */
function head(g: Graph, x: Value, p: Parameters, [input, hidden, output]: readonly [number, number, number]): Value {
  const first = relu(g, linear(g, x, p.linear('layers.0', input, hidden)));
  const second = relu(g, linear(g, first, p.linear('layers.1', hidden, hidden)));
  return linear(g, second, p.linear('layers.2', hidden, output));
}

function token(g: Graph, tokens: Value, at: number): Value {
  return gather(g, tokens, g.ints([at])); // [1, D]
}

/** The four mask kernels, each by its own network on its own token. [4, D] → [4, D/8] */
function hypernetworks(g: Graph, maskTokens: Value, d: Parameters, D: number): Value {
  const kernels = Array.from({ length: candidates }, (_, k) =>
    head(g, gather(g, maskTokens, g.ints([k])), d.at(`output_hypernetworks_mlps.${k}`), [D, D, D / 8]),
  );
  return concat(g, kernels, 0);
}

/**
 * Two transposed convolutions 2 × 2 with stride 2. Their taps do not overlap, so each is a linear layer from a token to
 * its four parts; tokens stay in cells (see neck.ts) and nothing is moved between the two.
 *   image [N, D], s1 [4·N, D/4], s0 [16·N, D/8] → [16·N, D/8]
 */
function upscale(g: Graph, image: Value, s1: Value, s0: Value, d: Parameters, D: number): Value {
  const N = image.shape[0] as number;
  const first = linear(g, image, unfolding(d, 'output_upscaling.0', D, D / 4)); // [N, 4·D/4]
  const half = add(g, reshape(g, first, [4 * N, D / 4]), s1);
  const normed = gelu(g, layerNorm(g, half, d.norm('output_upscaling.1', D / 4, 1e-6)));
  const second = linear(g, normed, unfolding(d, 'output_upscaling.3', D / 4, D / 8)); // [4·N, 4·D/8]
  return gelu(g, add(g, reshape(g, second, [16 * N, D / 8]), s0));
}

/** Transposed-convolution weight [in, out, 2, 2] → [in, (dy, dx, out)]; the bias once per part. */
function unfolding(d: Parameters, leaf: string, input: number, output: number): Linear {
  const weight = d.tensor(`${leaf}.weight`, [input, output, 2, 2]);
  const bias = d.tensor(`${leaf}.bias`, [output]);
  return {
    weight: d.folded(`${leaf}.weight[in,4·out]`, [input, 4 * output], () => {
      const result = new Float32Array(weight.length);
      for (let i = 0; i < input; i++)
        for (let o = 0; o < output; o++)
          for (let part = 0; part < 4; part++)
            result[(i * 4 + part) * output + o] = weight[(i * output + o) * 4 + part]!;
      return result;
    }),
    bias: d.folded(`${leaf}.bias[4·out]`, [4 * output], () => {
      const result = new Float32Array(4 * output);
      for (let part = 0; part < 4; part++) result.set(bias, part * output);
      return result;
    }),
  };
}

/** [1] bool: fewer than 98 % of the logits above −0.05 are also above 0.05. None above −0.05 counts as stable. */
function unstable(g: Graph, logits: Value): Value {
  const count = (above: number) =>
    reshape(g, reduceSum(g, cast(g, greater(g, logits, g.floats([above])), 'float32'), [0, 1]), [1]);
  const [sure, possible] = [count(stability.delta), count(-stability.delta)];
  // With nothing above −0.05 both counts are 0: comparing products instead of a quotient needs no special case,
  // but the quotient is what the original rounds, so it is kept, and 0/0 (NaN) compares as stable.
  return greater(g, g.floats([stability.threshold]), div(g, sure, possible));
}
