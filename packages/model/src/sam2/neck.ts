import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { add } from '../ops/arithmetic.ts';
import { gatherRows } from '../ops/gather.ts';
import { type Linear, linear } from '../ops/matmul.ts';
import { product, sum, transposed } from './fold.ts';
import type { Stage } from './hiera.ts';
import type { Parameters } from './parameters.ts';
import { places, rowsBetween, type TokenLayout } from './token-layout.ts';
import { type Architecture, gridSides } from './variants.ts';

/**
 * Feature pyramid. `w` stands at the root of the checkpoint, since the decoder's conv_s0 and conv_s1 are folded in:
 * levels 0 and 1 get no top-down signal, so lateral and skip convolution are one linear layer (identity 9).
 *   returns  features [N, D] row-major; s0 [16·N, D/8] in 4 × 4 cells, s1 [4·N, D/4] in 2 × 2 cells: the order in
 *            which the decoder's two transposed convolutions unfold a coarse token.
 */
export function neck(g: Graph, stages: readonly Stage[], w: Parameters, architecture: Architecture) {
  const { hiddenDim: D } = architecture;
  const [fine, middle, coarse, coarsest] = stages as readonly [Stage, Stage, Stage, Stage];
  const side = gridSides(architecture)[2];
  const raster: TokenLayout = { side, cell: 1 };
  const lateral = (j: number, stage: Stage) =>
    linear(g, stage.tokens, w.linear(`image_encoder.neck.convs.${j}.conv`, stage.width, D, { kernelAxes: true }));

  const level3 = enlarge(g, lateral(0, coarsest), coarsest.layout, raster); // [N, D]
  const level2 = arrange(g, lateral(1, coarse), coarse.layout, raster); // [N, D]
  return {
    features: add(g, level2, level3),
    s0: skip(g, fine, w, 3, 'conv_s0', D, D / 8, { side: side * 4, cell: 4 }),
    s1: skip(g, middle, w, 2, 'conv_s1', D, D / 4, { side: side * 2, cell: 2 }),
  };
}

function skip(
  g: Graph,
  stage: Stage,
  w: Parameters,
  j: number,
  conv: string,
  D: number,
  width: number,
  to: TokenLayout,
) {
  return arrange(g, linear(g, stage.tokens, foldedSkip(w, stage.width, j, conv, D, width)), stage.layout, to);
}

/** conv_s · lateral: one matrix [C, width]. */
function foldedSkip(w: Parameters, C: number, j: number, conv: string, D: number, width: number): Linear {
  const neck = `image_encoder.neck.convs.${j}.conv`;
  const inner = w.lazy(`${neck}.weight`, [D, C, 1, 1]);
  const innerBias = w.lazy(`${neck}.bias`, [D]);
  const outer = w.lazy(`sam_mask_decoder.${conv}.weight`, [width, D, 1, 1]);
  const outerBias = w.lazy(`sam_mask_decoder.${conv}.bias`, [width]);
  return {
    weight: w.folded(`${conv}∘${neck}.weightᵀ`, [C, width], () =>
      transposed(product(outer(), inner(), width, D, C), width, C),
    ),
    bias: w.folded(`${conv}∘${neck}.bias`, [width], () => sum(product(outer(), innerBias(), width, D, 1), outerBias())),
  };
}

function arrange(g: Graph, tokens: Value, from: TokenLayout, to: TokenLayout): Value {
  const order = rowsBetween(`arrange:${from.side}:${from.cell}:${to.cell}`, places(from), places(to));
  return order ? gatherRows(g, tokens, order) : tokens;
}

/** Nearest-neighbour enlargement by two: out[y, x] = in[y div 2, x div 2]. */
function enlarge(g: Graph, tokens: Value, from: TokenLayout, to: TokenLayout): Value {
  const order = rowsBetween(`enlarge:${from.side}:${from.cell}:${to.cell}`, places(from), places(to), { halved: true });
  return order ? gatherRows(g, tokens, order) : tokens;
}
