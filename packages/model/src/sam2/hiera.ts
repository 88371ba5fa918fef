import type { Graph } from '../graph/graph.ts';
import { knownDim, type Value } from '../graph/value.ts';
import { add } from '../ops/arithmetic.ts';
import { attention, projectedAttention } from '../ops/attention.ts';
import { conv } from '../ops/conv.ts';
import { gatherRows, type RowOrder } from '../ops/gather.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { linear } from '../ops/matmul.ts';
import { mlp } from '../ops/mlp.ts';
import { reduceMax } from '../ops/reduce.ts';
import { concat, reshape, transpose } from '../ops/reshape.ts';
import type { Parameters } from './parameters.ts';
import { backgroundMap } from './positions.ts';
import { places, pooledPlaces, rasterIndex, rowsBetween, type TokenLayout, windowPlaces } from './token-layout.ts';
import { type Architecture, gridSides, type HieraConfig } from './variants.ts';

/** Hiera's norms; the rest of the model uses 1e-5 for its transformers. */
const epsilon = 1e-6;

/** Tokens of one stage, [side², width] in the order of `layout`. */
export type Stage = { readonly tokens: Value; readonly layout: TokenLayout; readonly width: number };

export type BlockPlan = {
  readonly stage: number;
  readonly inputWidth: number;
  readonly width: number;
  readonly heads: number;
  /** Side of the attention window on the input grid; the whole grid for global attention. */
  readonly window: number;
  /** True for the first block of stages 2 to 4: queries are max-pooled 2 × 2, width doubles. */
  readonly pools: boolean;
};

/** What each block does; the first block of a stage still attends in the windows of the stage before it. */
export function planBlocks(config: HieraConfig, sides: readonly number[]): BlockPlan[] {
  const plans: BlockPlan[] = [];
  config.blocks.forEach((count, stage) => {
    for (let i = 0; i < count; i++) {
      const pools = i === 0 && stage > 0;
      const from = pools ? stage - 1 : stage;
      plans.push({
        stage,
        inputWidth: config.width * 2 ** from,
        width: config.width * 2 ** stage,
        heads: config.heads * 2 ** stage,
        window: config.globalAttention.includes(plans.length) ? sides[from]! : config.windows[from]!,
        pools,
      });
    }
  });
  return plans;
}

/**
 * The order of tokens per stage: Z-order cells as far as the windows are powers of two that divide the grid, then
 * row-major. Tiny, small and base-plus change over at stage 3 (windows of 14); large never does.
 */
export function stageLayouts(config: HieraConfig, sides: readonly number[]): TokenLayout[] {
  let cell = 1;
  let last = -1;
  for (let stage = 0; stage < 4; stage++) {
    const window = config.windows[stage]!;
    const needed = Math.max(cell, window * 2 ** stage);
    if ((window & (window - 1)) !== 0 || sides[0]! % needed !== 0) break;
    [cell, last] = [needed, stage];
  }
  return sides.map((side, stage) => ({ side, cell: stage <= last ? cell / 2 ** stage : 1 }));
}

/**
 * The image backbone.
 *   pixels   [1, 3, S, S]
 *   returns  four stages: [(S/4)², C], [(S/8)², 2C], [(S/16)², 4C], [(S/32)², 8C]
 */
export function hiera(g: Graph, pixels: Value, w: Parameters, architecture: Architecture): Stage[] {
  const sides = gridSides(architecture);
  const layouts = stageLayouts(architecture.hiera, sides);
  const plans = planBlocks(architecture.hiera, sides);
  const stages: Stage[] = [];
  let layout = layouts[0]!;
  let x = embedPatches(g, pixels, w, architecture, layout); // [(S/4)², C]
  plans.forEach((plan, i) => {
    x = block(g, x, w.at('blocks').at(i), plan, layout, layouts[plan.stage]!);
    layout = layouts[plan.stage]!;
    if (plans[i + 1]?.stage !== plan.stage) stages.push({ tokens: x, layout, width: plan.width });
  });
  return stages;
}

/** 7 × 7 patches every four pixels, plus the position map, in the layout of stage 1. */
function embedPatches(g: Graph, pixels: Value, w: Parameters, { hiera: config }: Architecture, layout: TokenLayout) {
  const { side } = layout;
  const { width, backgroundGrid: grid } = config;
  const tile = config.windows[0];
  const patches = conv(g, pixels, w.conv('patch_embed.proj', width, 3, 7), { stride: 4, pad: 3 }); // [1, C, side, side]
  const tokens = transpose(g, reshape(g, patches, [width, side * side]), [1, 0]); // [side², C], row-major
  const order = rowsBetween(`patches:${side}:${layout.cell}`, places({ side, cell: 1 }), places(layout));
  const background = w.tensor('pos_embed', [1, width, grid, grid]);
  const window = w.tensor('pos_embed_window', [1, width, tile, tile]);
  const map = w.folded(`pos_embed+pos_embed_window`, [side * side, width], () => {
    const raster = backgroundMap(side, width, background, grid, window, tile);
    const arranged = new Float32Array(raster.length);
    places(layout).forEach((at, token) => {
      const row = rasterIndex(at, side);
      arranged.set(raster.subarray(row * width, (row + 1) * width), token * width);
    });
    return arranged;
  });
  return add(g, pick(g, tokens, order), map);
}

/**
 * One transformer block, [side², d] → [side², d'], or [(side/2)², d'] where it pools.
 * Window padding enters after the norm as rows of zeros and is not masked: padded keys take part in the softmax, as in
 * the original (sam2-model 3.2).
 */
export function block(
  g: Graph,
  x: Value,
  w: Parameters,
  plan: BlockPlan,
  layout: TokenLayout,
  outLayout: TokenLayout,
): Value {
  const { stage, inputWidth, width, heads, window, pools } = plan;
  const label = `${layout.side}:${layout.cell}:${outLayout.cell}:${window}${pools ? ':pool' : ''}`;
  const inWindows = windowPlaces(layout, window, pools);
  const outWindows = pools ? pooledPlaces(inWindows) : inWindows;
  const gatherWindows = rowsBetween(`windows:${label}`, places(layout), inWindows);
  const leaveWindows = rowsBetween(`grid:${label}`, outWindows, places(outLayout));
  const windowCount = inWindows.length / window ** 2;
  const queries = pools ? window ** 2 / 4 : window ** 2;

  const normed = pick(g, layerNorm(g, x, w.norm('norm1', inputWidth, epsilon)), gatherWindows); // [windows·window², d]
  const pool = (tokens: Value) => {
    const [count, channels] = [knownDim(tokens, 0, 'pool'), knownDim(tokens, 1, 'pool')];
    return pools ? reduceMax(g, reshape(g, tokens, [count / 4, 4, channels]), [1]) : tokens;
  };
  const inWindow = (tokens: Value, count: number) =>
    reshape(g, tokens, [windowCount, count, knownDim(tokens, -1, 'windows')]);
  /** Attention of `count` heads from head `first` on, [windows, queries, count · d'/heads]. */
  const readHeads = (first: number, count: number) => {
    const channels = (count * width) / heads;
    const project = (part: number) => {
      const from = part * width + (first * width) / heads;
      const order = Array.from({ length: channels }, (_, i) => from + i);
      const name = `${'qkv'[part]}${count === heads ? '' : first}`;
      return linear(g, normed, w.linear('attn.qkv', inputWidth, 3 * width, { channels: { name, order } }));
    };
    return attention(g, {
      q: inWindow(pool(project(0)), queries),
      k: inWindow(project(1), window ** 2),
      v: inWindow(project(2), window ** 2),
      heads: count,
      quantizable: windowCount === 1,
    });
  };
  // Many windows whose queries are pooled: a projection of its own for each head leaves nothing to rearrange, which
  // would happen on one thread.
  const read =
    windowCount === 1
      ? readHeads(0, heads)
      : pools
        ? concat(
            g,
            Array.from({ length: heads }, (_, head) => readHeads(head, 1)),
            2,
          )
        : projectedAttention(g, inWindow(normed, window ** 2), w.linear('attn.qkv', width, 3 * width), heads);
  const tokens = reshape(g, read, [windowCount * queries, width]);
  const attended = linear(g, tokens, w.linear('attn.proj', width, width));

  // The shortcut of a pooling block reads the normed input, projected first and pooled then.
  const sum = pools
    ? pick(g, add(g, attended, pool(linear(g, normed, w.linear('proj', inputWidth, width)))), leaveWindows)
    : add(g, x, pick(g, attended, leaveWindows));
  return add(
    g,
    sum,
    mlp(g, layerNorm(g, sum, w.norm('norm2', width, epsilon)), {
      up: w.linear('mlp.layers.0', width, 4 * width),
      down: w.linear('mlp.layers.1', 4 * width, width),
      activation: 'gelu',
      // The first two stages feed the decoder's skips and all later stages: rounding there costs masks most (0.98 IoU
      // by itself) and saves least, an eighth of the products.
      quantizable: stage >= 2,
    }),
  );
}

function pick(g: Graph, tokens: Value, order: RowOrder | null): Value {
  return order ? gatherRows(g, tokens, order) : tokens;
}
