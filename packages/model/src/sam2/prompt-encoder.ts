import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { cos, gelu, sin } from '../ops/activation.ts';
import { add, cast, greaterOrEqual, mul, sub } from '../ops/arithmetic.ts';
import { conv } from '../ops/conv.ts';
import { gather } from '../ops/gather.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { linear, matMul } from '../ops/matmul.ts';
import { concat, reshape, transpose } from '../ops/reshape.ts';
import type { Parameters } from './parameters.ts';
import { fourierGrid } from './positions.ts';
import { type Architecture, gridSides } from './variants.ts';

const fourierMatrix = 'pe_layer.positional_encoding_gaussian_matrix';

/** Rows: label −1 (no point), 0 negative, 1 positive, 2 box top-left, 3 box bottom-right. [5, D] */
function labelEmbeddings(w: Parameters, D: number): Value {
  const names = ['not_a_point_embed', ...[0, 1, 2, 3].map((label) => `point_embeddings.${label}`)];
  const rows = names.map((name) => w.tensor(`${name}.weight`, [1, D]));
  return w.folded('label embeddings', [5, D], () => {
    const table = new Float32Array(5 * D);
    for (const [i, row] of rows.entries()) table.set(row, i * D);
    return table;
  });
}

/**
 * Sparse prompt tokens [n, D].
 *   points  [n, 2]    x, y in model pixels, unshifted; the padding point is the caller's to append
 *   labels  [n] int64 −1 to 3
 * A point with label −1 has no position: its embedding stands alone.
 */
export function encodePoints(g: Graph, points: Value, labels: Value, w: Parameters, a: Architecture): Value {
  const D = a.hiddenDim;
  const n = points.shape[0]!;
  const matrix = w.value(fourierMatrix, [2, D / 2]);
  // (p + 0.5)/S mapped to −1 … 1, in the original's order of operations.
  const unit = sub(
    g,
    mul(g, mul(g, add(g, points, g.floats([0.5])), g.floats([1 / a.imageSize])), g.floats([2])),
    g.floats([1]),
  );
  const angles = mul(g, matMul(g, unit, matrix), g.floats([2 * Math.PI])); // [n, D/2]
  const place = concat(g, [sin(g, angles), cos(g, angles)], 1); // [n, D]
  const placed = reshape(g, cast(g, greaterOrEqual(g, labels, g.ints([0])), 'float32'), [n, 1]);
  return add(g, mul(g, place, placed), gather(g, labelEmbeddings(w, D), add(g, labels, g.ints([1]))));
}

/** The sparse prompt of a frame without points: the substituted point and the padding point, both "no point". [2, D] */
export function noPoints(w: Parameters, D: number): Value {
  const row = w.tensor('not_a_point_embed.weight', [1, D]);
  return w.folded('no points', [2, D], () => {
    const rows = new Float32Array(2 * D);
    rows.set(row, 0);
    rows.set(row, D);
    return rows;
  });
}

/** Dense prompt of a frame without mask, [1, D]: the same at every place. */
export function noMask(w: Parameters, D: number): Value {
  return w.value('no_mask_embed.weight', [1, D]);
}

/** Mask logits [1, 1, L, L] → dense prompt [N, D]. */
export function encodeMask(g: Graph, logits: Value, w: Parameters, a: Architecture): Value {
  const D = a.hiddenDim;
  const side = gridSides(a)[2];
  const down = w.at('mask_downscaling');
  let x = conv(g, logits, down.conv('0', 4, 1, 2), { stride: 2 }); // [1, 4, L/2, L/2]
  x = gelu(g, normChannels(g, x, down, '1', 4));
  x = conv(g, x, down.conv('3', 16, 4, 2), { stride: 2 }); // [1, 16, G, G]
  x = gelu(g, normChannels(g, x, down, '4', 16));
  const tokens = reshape(g, transpose(g, x, [0, 2, 3, 1]), [side * side, 16]);
  return linear(g, tokens, down.linear('6', 16, D, { kernelAxes: true })); // [N, D]
}

function normChannels(g: Graph, x: Value, w: Parameters, leaf: string, width: number): Value {
  const normed = layerNorm(g, transpose(g, x, [0, 2, 3, 1]), w.norm(leaf, width, 1e-6));
  return transpose(g, normed, [0, 3, 1, 2]);
}

/** Dense position code of the coarse grid, [N, D]. */
export function denseCode(w: Parameters, a: Architecture): Value {
  const D = a.hiddenDim;
  const side = gridSides(a)[2];
  const matrix = w.tensor(fourierMatrix, [2, D / 2]);
  return w.folded('dense code', [side * side, D], () => fourierGrid(side, matrix));
}
