/**
 * Ways to write the same block as an ONNX graph, timed against each other: the study behind
 * docs/decisions/0007-graph-forms.md. Shapes are those of tiny at 1024 pixels, memory bank full.
 *
 *     node bench/forms.ts [--threads 4] [--rounds 9] [--only windows,cross-attention]
 *
 * The forms of a block take turns, round by round, so that a busy machine disturbs all of them alike. Printed are the
 * fastest and the median round, and the arithmetic rate of the fastest.
 */
import { parseArgs } from 'node:util';
import { fillValues } from '@roto/model';
import { InferenceSession, Tensor } from 'onnxruntime-node';
// Below the package's index: single operators are of no use to anyone but a benchmark.
import { Graph, type Precision } from '../packages/model/src/graph/graph.ts';
import type { Value } from '../packages/model/src/graph/value.ts';
import { modelBytes } from '../packages/model/src/graph/write.ts';
import { gelu, relu, softmax } from '../packages/model/src/ops/activation.ts';
import { attention, projectedAttention } from '../packages/model/src/ops/attention.ts';
import { layerNorm, skipLayerNorm } from '../packages/model/src/ops/layer-norm.ts';
import { linear, matMul, matMulTransposed } from '../packages/model/src/ops/matmul.ts';
import { mlp } from '../packages/model/src/ops/mlp.ts';
import { reduceMax } from '../packages/model/src/ops/reduce.ts';
import { concat, reshape, split } from '../packages/model/src/ops/reshape.ts';

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '9' },
    only: { type: 'string' },
  },
});
const threads = Number(options.threads);
const rounds = Number(options.rounds);

/** A graph under construction with random inputs and weights at hand. */
class Bench {
  readonly g: Graph;
  readonly feeds: Record<string, Tensor> = {};

  constructor(precision: Precision) {
    this.g = new Graph('bench', { precision });
  }

  input(name: string, ...dims: number[]): Value {
    this.feeds[name] = new Tensor('float32', fillValues(name, product(dims), 1.7), dims);
    return this.g.input(name, 'float32', dims);
  }

  weight(name: string, ...dims: number[]): Value {
    return this.g.constant(name, dims, () => fillValues(name, product(dims), Math.sqrt(3 / dims[0]!)));
  }

  layer(name: string, from: number, to: number) {
    return { weight: this.weight(name, from, to), bias: this.weight(`${name}.bias`, to) };
  }

  norm(width: number) {
    return { weight: this.weight('norm', width), bias: this.weight('norm.bias', width), epsilon: 1e-6 };
  }
}

type Form = { readonly precision?: Precision; readonly build: (b: Bench) => Value };
type Block = { readonly title: string; readonly gflop: number; readonly forms: Record<string, Form> };

const blocks: Record<string, Block> = {
  mlp: {
    title: 'MLP of stage 1, 65,536 × 96 → 384 → 96, with its norm',
    gflop: (4 * 65536 * 96 * 384) / 1e9,
    forms: {
      'MatMul, Add, Gelu, MatMul, Add': { build: (b) => forward(b, 65536, 96, 384, 'plain') },
      'BiasGelu, tiles (ops/mlp.ts)': { build: (b) => forward(b, 65536, 96, 384, 'ours') },
    },
  },
  'coarse-mlp': {
    title: 'MLP of stage 3, 4096 × 384 → 1536 → 384, with its norm',
    gflop: (4 * 4096 * 384 * 1536) / 1e9,
    forms: {
      'MatMul, Add, Gelu, MatMul, Add': { build: (b) => forward(b, 4096, 384, 1536, 'plain') },
      'BiasGelu, tiles (ops/mlp.ts)': { build: (b) => forward(b, 4096, 384, 1536, 'ours') },
      '8-bit products': { precision: 'int8', build: (b) => forward(b, 4096, 384, 1536, 'ours') },
    },
  },
  windows: {
    title: 'Attention in 1024 windows of 64 tokens, 96 channels, with its projection',
    gflop: (2 * 65536 * 96 * 288 + 4 * 65536 * 64 * 96) / 1e9,
    forms: {
      'MatMul, Split, MultiHeadAttention': { build: (b) => windows(b, 1024, 64, 96, 1, false) },
      'Attention (ops/attention.ts)': { build: (b) => windows(b, 1024, 64, 96, 1, true) },
    },
  },
  'padded-windows': {
    title: 'Attention in 25 windows of 196 tokens, 384 channels, 4 heads, with its projection',
    gflop: (2 * 4900 * 384 * 1152 + 4 * 4900 * 196 * 384) / 1e9,
    forms: {
      'MatMul, Split, MultiHeadAttention': { build: (b) => windows(b, 25, 196, 384, 4, false) },
      'Attention (ops/attention.ts)': { build: (b) => windows(b, 25, 196, 384, 4, true) },
    },
  },
  'residual-norm': {
    title: 'Residual add and LayerNorm, 4096 × 256',
    gflop: 0,
    forms: {
      SkipLayerNormalization: { build: (b) => residualNorm(b, true) },
      'Add, LayerNormalization (ops/layer-norm.ts)': { build: (b) => residualNorm(b, false) },
    },
  },
  'global-attention': {
    title: 'Global attention, 4096 × 4096 tokens, 4 heads of 96',
    gflop: (4 * 4096 * 4096 * 384) / 1e9,
    forms: {
      MultiHeadAttention: { build: (b) => attend(b, 4096, 384, 384, 4) },
      '8-bit products (ops/quantized.ts)': { precision: 'int8', build: (b) => attend(b, 4096, 384, 384, 4) },
    },
  },
  'cross-attention': {
    title: 'Memory cross-attention, 4096 × 28,736 tokens, keys 256 wide, values 64 wide',
    gflop: (2 * 4096 * 28736 * (256 + 64)) / 1e9,
    forms: {
      MultiHeadAttention: { build: (b) => attend(b, 28736, 256, 64, 1) },
      'MatMul, Softmax, MatMul in 8 tiles of queries': { build: (b) => tiledCrossAttention(b, 8) },
      'the same in 32 tiles': { build: (b) => tiledCrossAttention(b, 32) },
      '8-bit products (ops/quantized.ts)': { precision: 'int8', build: (b) => attend(b, 28736, 256, 64, 1) },
    },
  },
};

for (const [name, block] of Object.entries(blocks))
  if (options.only?.split(',').includes(name) ?? true) await compete(block);

function forward(b: Bench, tokens: number, width: number, hidden: number, form: 'plain' | 'ours'): Value {
  const x = layerNorm(b.g, b.input('x', tokens, width), b.norm(width));
  const [up, down] = [b.layer('up', width, hidden), b.layer('down', hidden, width)];
  if (form === 'ours') return mlp(b.g, x, { up, down, activation: 'gelu', quantizable: true });
  return linear(b.g, gelu(b.g, linear(b.g, x, up)), down);
}

function windows(b: Bench, count: number, tokens: number, width: number, heads: number, fused: boolean): Value {
  const qkv = b.layer('qkv', width, 3 * width);
  const x = b.input('x', count, tokens, width);
  if (fused) return projectedAttention(b.g, x, qkv, heads);
  const [q, k, v] = split(b.g, linear(b.g, x, qkv), 2, [width, width, width]);
  return attention(b.g, { q: q!, k: k!, v: v!, heads });
}

function residualNorm(b: Bench, fused: boolean): Value {
  const [x, skip] = [b.input('x', 4096, 256), b.input('skip', 4096, 256)];
  const norm = b.norm(256);
  if (!fused) return skipLayerNorm(b.g, x, skip, norm).normed;
  const inputs = [x, skip, norm.weight, norm.bias];
  return b.g.node('SkipLayerNormalization', inputs, [x], { epsilon: { float: 1e-6 } }, 'com.microsoft')[0]!;
}

function attend(b: Bench, keys: number, width: number, valueWidth: number, heads: number): Value {
  const q = b.input('q', 1, 4096, width);
  const [k, v] = [b.input('k', 1, keys, width), b.input('v', 1, keys, valueWidth)];
  return attention(b.g, { q, k, v, heads, quantizable: true });
}

function tiledCrossAttention(b: Bench, tiles: number): Value {
  const [q, k, v] = [b.input('q', 4096, 256), b.input('k', 28736, 256), b.input('v', 28736, 64)];
  const rows = split(b.g, q, 0, new Array<number>(tiles).fill(4096 / tiles));
  const read = (tile: Value) => matMul(b.g, softmax(b.g, matMulTransposed(b.g, tile, k, 1 / 16)), v);
  return concat(b.g, rows.map(read), 0);
}

async function compete({ title, gflop, forms }: Block): Promise<void> {
  const entries = [];
  for (const [name, { precision = 'float32', build }] of Object.entries(forms)) {
    const b = new Bench(precision);
    const out = build(b);
    // One number per graph comes back, so that copying the result is no part of the time.
    b.g.output('out', reduceMax(b.g, relu(b.g, reshape(b.g, out, [product(out.shape as number[])])), [0]));
    const session = await InferenceSession.create(modelBytes(b.g), {
      intraOpNumThreads: threads,
      logSeverityLevel: 3,
      extra: { session: { force_spinning_stop: '1' } },
    });
    await session.run(b.feeds); // the first run also allocates
    entries.push({ name, session, feeds: b.feeds, times: [] as number[] });
  }
  for (let round = 0; round < rounds; round++)
    for (const { session, feeds, times } of entries) {
      const began = performance.now();
      await session.run(feeds);
      times.push(performance.now() - began);
    }
  console.log(`\n${title}`);
  for (const { name, session, times } of entries) {
    times.sort((a, b) => a - b);
    const [best, middle] = [times[0]!, times[times.length >> 1]!];
    const rate = gflop > 0 ? `   ${(gflop / (best / 1000)).toFixed(0).padStart(5)} GFLOP/s` : '';
    console.log(
      `  ${name.padEnd(46)} ${best.toFixed(1).padStart(7)} ms, median ${middle.toFixed(1).padStart(7)}${rate}`,
    );
    await session.release();
  }
}

function product(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}
