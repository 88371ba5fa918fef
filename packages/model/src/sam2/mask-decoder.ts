import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { gelu, relu, sigmoid } from '../ops/activation.ts';
import { add, cast, div, greater, or, where } from '../ops/arithmetic.ts';
import { gather, gatherRows } from '../ops/gather.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { type Linear, linear, matMul } from '../ops/matmul.ts';
import { argMax, reduceSum } from '../ops/reduce.ts';
import { concat, reshape, slice } from '../ops/reshape.ts';
import type { Parameters } from './parameters.ts';
import { denseCode } from './prompt-encoder.ts';
import { places, rowsBetween } from './token-layout.ts';
import { twoWayTransformer } from './two-way-transformer.ts';
import { type Architecture, gridSides } from './variants.ts';

/** Mask tokens: candidate 0 is the single answer, 1 to 3 the alternatives of an ambiguous prompt. */
const candidates = 4;
/** Order of the output tokens in front of the prompt. */
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
  /** [1] bool: the best of candidates 1 to 3, or candidate 0 with the stability fallback. */
  readonly multimask: Value | true;
};

export type DecoderOutput = {
  /** [L, L] chosen logits, −1024 everywhere when the object is absent */
  readonly low: Value;
  /** [4] of all candidates */
  readonly ious: Value;
  /** [1] of the chosen one */
  readonly iou: Value;
  /** [1, D] no_obj_ptr when absent */
  readonly pointer: Value;
  /** [1] logit; present when > 0 */
  readonly presence: Value;
};

/** Prompted image in, one mask out. `w` stands at the root of the checkpoint. */
export function maskDecoder(g: Graph, input: DecoderInput, w: Parameters, a: Architecture): DecoderOutput {
  const D = a.hiddenDim;
  const d = w.at('sam_mask_decoder');
  const own = [
    d.value('obj_score_token.weight', [1, D]),
    d.value('iou_token.weight', [1, D]),
    d.value('mask_tokens.weight', [candidates, D]),
  ];
  const prompt = concat(g, [...own, input.sparse], 0, 'tokens'); // [T, D]
  const code = denseCode(w.at('sam_prompt_encoder'), a); // [N, D]
  const { tokens, image } = twoWayTransformer(g, { prompt, image: input.image, code }, d.at('transformer'), a);

  const iouToken = gather(g, tokens, g.ints([tokenAt.iou])); // [1, D]
  const scoreToken = gather(g, tokens, g.ints([tokenAt.score])); // [1, D]
  const maskTokens = gather(g, tokens, g.ints([0, 1, 2, 3].map((k) => tokenAt.masks + k))); // [4, D]
  const rawIous = head(g, iouToken, d.at('iou_prediction_head'), [D, a.decoder.headHidden, candidates]); // [1, 4]
  const ious = reshape(g, sigmoid(g, rawIous), [candidates]); // [4]
  const presence = reshape(g, head(g, scoreToken, d.at('pred_obj_score_head'), [D, D, 1]), [1]);

  const fine = upscale(g, image, input.s1, input.s0, d, D); // [16·N, D/8]
  const choice = choose(g, { fine, kernels: hypernetworks(g, maskTokens, d, D), ious, multimask: input.multimask }, D);

  const present = greater(g, presence, g.floats([0])); // [1]
  const side = gridSides(a)[0];
  const raster = rowsBetween(`arrange:${side}:4:1`, places({ side, cell: 4 }), places({ side, cell: 1 }))!;
  const low = where(g, present, gatherRows(g, choice.logits, raster), g.floats([absentLogit])); // [L², 1]
  const pointer = head(g, gather(g, maskTokens, choice.pointing), w.at('obj_ptr_proj'), [D, D, D]); // [1, D]
  return {
    low: reshape(g, low, [side, side]),
    ious,
    iou: choice.iou,
    pointer: where(g, present, pointer, w.value('no_obj_ptr', [1, D])),
    presence,
  };
}

/**
 * Which candidate answers (sam2-model 4.6). The IoUs decide before any mask is made, so one product, or two where the
 * stability of candidate 0 matters, yields the mask (identity 15).
 *   logits [16·N, 1], iou [1], pointing [1] int64: the mask token that becomes the object pointer
 */
function choose(
  g: Graph,
  { fine, kernels, ious, multimask }: { fine: Value; kernels: Value; ious: Value; multimask: Value | true },
  D: number,
): { logits: Value; iou: Value; pointing: Value } {
  const maskOf = (candidate: Value) => matMul(g, fine, reshape(g, gather(g, kernels, candidate), [D / 8, 1]));
  const best = add(g, argMax(g, slice(g, ious, 0, 1, candidates), 0), g.ints([1])); // [1], the first maximum
  const alternative = maskOf(best);
  if (multimask === true) return { logits: alternative, iou: gather(g, ious, best), pointing: best };

  const single = maskOf(g.ints([0]));
  const swap = or(g, multimask, unstable(g, single));
  return {
    logits: where(g, swap, alternative, single),
    iou: gather(g, ious, where(g, swap, best, g.ints([0]))),
    pointing: where(g, multimask, best, g.ints([0])), // stays 0 even where the fallback fires
  };
}

/**
 * [1] bool: fewer than 98 % of the logits above −0.05 are also above 0.05. Where none is above −0.05 the quotient is
 * 0/0, which compares as stable, as the original has it.
 */
function unstable(g: Graph, logits: Value): Value {
  const count = (above: number) =>
    reshape(g, reduceSum(g, cast(g, greater(g, logits, g.floats([above])), 'float32'), [0, 1]), [1]);
  return greater(g, g.floats([stability.threshold]), div(g, count(stability.delta), count(-stability.delta)));
}

/** Three linear layers with ReLU between: widths [in, hidden, out]. */
function head(g: Graph, x: Value, p: Parameters, [input, hidden, output]: readonly [number, number, number]): Value {
  const first = relu(g, linear(g, x, p.linear('layers.0', input, hidden)));
  const second = relu(g, linear(g, first, p.linear('layers.1', hidden, hidden)));
  return linear(g, second, p.linear('layers.2', hidden, output));
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
  const parts = 4;
  const weights = d.lazy(`${leaf}.weight`, [input, output, 2, 2]);
  const biases = d.lazy(`${leaf}.bias`, [output]);
  return {
    weight: d.folded(`${leaf}.weight[in,4·out]`, [input, parts * output], () => {
      const weight = weights();
      const result = new Float32Array(weight.length);
      for (let i = 0; i < input; i++)
        for (let o = 0; o < output; o++)
          for (let part = 0; part < parts; part++)
            result[(i * parts + part) * output + o] = weight[(i * output + o) * parts + part]!;
      return result;
    }),
    bias: d.folded(`${leaf}.bias[4·out]`, [parts * output], () => {
      const bias = biases();
      return Float32Array.from({ length: parts * output }, (_, i) => bias[i % output]!);
    }),
  };
}
