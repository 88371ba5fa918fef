import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { gelu, tanh } from '../ops/activation.ts';
import { add, greater, mul, where } from '../ops/arithmetic.ts';
import { type Conv, conv } from '../ops/conv.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { linear, matMul } from '../ops/matmul.ts';
import { mlp } from '../ops/mlp.ts';
import { reshape, transpose } from '../ops/reshape.ts';
import { scaled, scaledRows, transposed } from './fold.ts';
import type { Parameters } from './parameters.ts';
import { type Architecture, gridSides } from './variants.ts';

const epsilon = 1e-6;
/** The mask enters as 20·g − 10 with g in 0 … 1, so in −10 … 10. */
const maskAmplitude = 10;

/**
 * What depends on the image alone: its projection, [N, D] (identity 16). `w` stands at `memory_encoder`.
 */
export function projectImage(g: Graph, features: Value, w: Parameters, { hiddenDim: D }: Architecture): Value {
  return linear(g, features, w.linear('pix_feat_proj', D, D, { kernelAxes: true }));
}

/**
 * One frame and its mask as memory tokens.
 *   projected [N, D]   from projectImage
 *   low       [L, L]   mask logits
 *   binarize  [1] bool prompted frames: ±10 by the sign; tracked frames: 20·sigmoid − 10
 *   presence  [1]      object score logit
 *   returns   [N, M]   not yet rounded to bfloat16
 * `w` stands at the root of the checkpoint.
 */
export function memoryEncoder(
  g: Graph,
  input: { projected: Value; low: Value; binarize: Value; presence: Value },
  w: Parameters,
  a: Architecture,
): Value {
  const { hiddenDim: D, memoryDim: M } = a;
  const side = gridSides(a)[2];
  const m = w.at('memory_encoder');
  const mask = downsampleMask(g, input.low, input.binarize, m.at('mask_downsampler.encoder'), a); // [N, D]
  let z = add(g, input.projected, mask);
  for (let layer = 0; layer < a.fuser.layers; layer++) z = convNext(g, z, m.at(`fuser.layers.${layer}`), side, a);
  const memory = linear(g, z, m.linear('out_proj', D, M, { kernelAxes: true })); // [N, M]
  if (!w.source.has('no_obj_embed_spatial')) return memory; // 2.0
  const absent = add(g, memory, w.value('no_obj_embed_spatial', [1, M]));
  return where(g, greater(g, input.presence, g.floats([0])), memory, absent);
}

/**
 * [L, L] logits → [N, D]. 20·sigmoid(x) − 10 is 10·tanh(x/2): the halving happens before the enlargement, where there
 * is a sixteenth of the pixels, and the 10 goes into the first kernel. Zero padding stays what it was, since the
 * original pads the scaled mask, too.
 */
function downsampleMask(g: Graph, low: Value, binarize: Value, w: Parameters, a: Architecture): Value {
  const S = a.imageSize;
  const high = enlarge(g, mul(g, low, g.floats([0.5])), S); // [S, S]
  const sign = where(g, greater(g, high, g.floats([0])), g.floats([1]), g.floats([-1]));
  let x = reshape(g, where(g, binarize, sign, tanh(g, high)), [1, 1, S, S]);
  for (let level = 0; level < 4; level++) {
    const [input, output] = [4 ** level, 4 ** (level + 1)];
    const kernel = level === 0 ? amplifiedKernel(w) : w.conv(String(3 * level), output, input, 3);
    x = conv(g, x, kernel, { stride: 2, pad: 1 });
    x = transpose(g, x, [0, 2, 3, 1]);
    x = gelu(g, layerNorm(g, x, w.norm(String(3 * level + 1), output, epsilon)));
    if (level < 3) x = transpose(g, x, [0, 3, 1, 2]);
  }
  return linear(g, reshape(g, x, [(S / 16) ** 2, 256]), w.linear('12', 256, a.hiddenDim, { kernelAxes: true }));
}

/** The first kernel reads −1 … 1 where the original reads −10 … 10. */
function amplifiedKernel(w: Parameters): Conv {
  const weight = w.lazy('0.weight', [4, 1, 3, 3]);
  return {
    weight: w.folded('10·0.weight', [4, 1, 3, 3], () => scaled(weight(), maskAmplitude)),
    bias: w.value('0.bias', [4]),
  };
}

/**
 * Bilinear enlargement by four (half-pixel centres, clamped) as two products with a banded matrix: U·low·Uᵀ. On the
 * CPU that is several times faster than the Resize operator, which runs a single channel on a single thread.
 */
function enlarge(g: Graph, low: Value, size: number): Value {
  const from = size / 4;
  const matrix = () => {
    const rows = new Float32Array(size * from);
    for (let i = 0; i < size; i++) {
      const at = Math.max(0, (i + 0.5) / 4 - 0.5);
      const base = Math.floor(at);
      rows[i * from + base]! += 1 - (at - base);
      rows[i * from + Math.min(base + 1, from - 1)]! += at - base;
    }
    return rows;
  };
  const up = g.constant(`bilinear:${from}:${size}`, [size, from], matrix);
  const upT = g.constant(`bilinear:${from}:${size}ᵀ`, [from, size], () => {
    return transposed(matrix(), size, from);
  });
  return matMul(g, matMul(g, up, low), upT);
}

/** z + γ·MLP(LN(depthwise 7 × 7 (z))), tokens [N, D]; γ is folded into the last linear layer. */
function convNext(g: Graph, z: Value, w: Parameters, side: number, a: Architecture): Value {
  const D = a.hiddenDim;
  const hidden = a.fuser.hidden;
  const image = reshape(g, transpose(g, z, [1, 0]), [1, D, side, side]);
  const spread = conv(g, image, w.conv('dwconv', D, 1, 7), { pad: 3, groups: D });
  const tokens = transpose(g, reshape(g, spread, [D, side * side]), [1, 0]);
  const gamma = w.lazy('gamma', [D]);
  const down = w.lazy('pwconv2.weight', [D, hidden]);
  const downBias = w.lazy('pwconv2.bias', [D]);
  const branch = mlp(g, layerNorm(g, tokens, w.norm('norm', D, epsilon)), {
    up: w.linear('pwconv1', D, hidden),
    down: {
      weight: w.folded('γ·pwconv2.weightᵀ', [hidden, D], () => transposed(scaledRows(down(), gamma()), D, hidden)),
      bias: w.folded('γ·pwconv2.bias', [D], () => scaledRows(downBias(), gamma())),
    },
    activation: 'gelu',
  });
  return add(g, z, branch);
}
