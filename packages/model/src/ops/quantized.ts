import type { Graph } from '../graph/graph.ts';
import { GraphError, knownDim, type Value } from '../graph/value.ts';
import { abs, reciprocal, softmax } from './activation.ts';
import { add, maximum, mul, sub } from './arithmetic.ts';
import { type Linear, matMul } from './matmul.ts';
import { type AttentionInput, queryTiles } from './query-tiles.ts';
import { reduceMax, reduceMean } from './reduce.ts';
import { concat, reshape, split, transpose } from './reshape.ts';

/**
 * Products in 8-bit integers, for graphs of precision 'int8'. ONNX Runtime is fast for unsigned times signed bytes only
 * (2048³ on four Zen 4 cores: u8·s8 1480 GOP/s, u8·u8 550, s8·s8 130), so the left side is always uint8.
 */

/**
 * From this width on values are 8-bit, too. Rounding a probability costs about as much as it saves on 64 channels (the
 * product of 4096 × 28,736 probabilities with 64 channels takes 38 ms in float32, 58 with the rounding in 8 bits).
 */
const wideValues = 80;

/** Keeps the scale of a row or column of zeros from being zero. */
const smallestScale = 1e-20;

/**
 * x·W + b for x [T, in] and constant W: a scale per output channel for the weights, one scale and offset for x, found
 * while the graph runs.
 */
export function quantizedLinear(g: Graph, x: Value, { weight, bias }: Linear): Value {
  const [input, output] = [knownDim(weight, 0, 'DynamicQuantizeMatMul'), knownDim(weight, 1, 'DynamicQuantizeMatMul')];
  if (x.shape.length !== 2 || x.shape[1] !== input)
    throw new GraphError('DynamicQuantizeMatMul', [x, weight], 'the input needs the axes [tokens, channels]');
  const largest = () => {
    const data = g.constantData(weight) as Float32Array;
    const scales = new Float32Array(output);
    for (let row = 0; row < data.length; row += output)
      for (let i = 0; i < output; i++) scales[i] = Math.max(scales[i]!, Math.abs(data[row + i]!));
    return { data, scales: scales.map((value) => Math.max(value, smallestScale) / g.byteRange) };
  };
  // Written one after the other, so the scales need not be found twice.
  let kept: Float32Array | null = null;
  const bytes = g.constant(
    `${weight.name}:int8`,
    [input, output],
    () => {
      const { data, scales } = largest();
      const result = new Int8Array(data.length);
      for (let row = 0; row < data.length; row += output)
        for (let i = 0; i < output; i++) result[row + i] = Math.round(data[row + i]! / scales[i]!);
      kept = scales;
      return result;
    },
    'int8',
  );
  const scales = g.constant(`${weight.name}:scales`, [output], () => kept ?? largest().scales);
  return g.node(
    'DynamicQuantizeMatMul',
    bias ? [x, bytes, scales, null, bias] : [x, bytes, scales],
    [{ type: x.type, shape: [x.shape[0]!, output] }],
    {},
    'com.microsoft',
  )[0]!;
}

/**
 * softmax(q·kᵀ·scale)·v per head with scores, and the product with wide values, in 8-bit integers and the softmax in
 * float32, for one sequence [1, T, C] of queries, keys, values. Every key has a scale of its own, a tile of queries
 * shares one.
 *
 * The probabilities of a row are stored in 255ths of its largest, so thousands of small ones may vanish together.
 * Values are therefore attended to without their mean, which is added afterwards: probabilities sum to one, so this
 * changes nothing in exact arithmetic, and what vanishes no longer carries the mean away (error of the conditioned
 * features of the reference run: 4.1e-2 without, 0.7e-2 with; 0.5e-2 comes from the scores).
 */
export function quantizedAttention(g: Graph, { q, k, v, heads, scale }: AttentionInput & { scale: number }): Value {
  const queries = knownDim(q, 1, 'quantized attention');
  if (q.shape[0] !== 1) throw new GraphError('quantized attention', [q, k, v], 'the batch has to be one');
  const parts = (x: Value) => {
    const width = knownDim(x, -1, 'quantized attention');
    const flat = reshape(g, x, [x.shape[1]!, width]);
    return heads === 1 ? [flat] : split(g, flat, 1, new Array<number>(heads).fill(width / heads));
  };
  const [qs, ks, vs] = [parts(q), parts(k), parts(v)];
  const reads = qs.map((head, i) => {
    const keys = quantizedKeys(g, ks[i]!, scale);
    const values = knownDim(vs[i]!, 1, 'quantized attention') < wideValues ? vs[i]! : quantizedValues(g, vs[i]!);
    const tiles = queryTiles(queries, k.shape[1]!);
    return joined(
      g,
      (tiles.length === 1 ? [head] : split(g, head, 0, tiles)).map((tile) => readTile(g, tile, keys, values)),
      0,
    );
  });
  return reshape(g, joined(g, reads, 1), [1, queries, knownDim(v, -1, 'quantized attention')]);
}

type Bytes = { readonly bytes: Value; readonly scales: Value };
type CentredBytes = Bytes & { readonly mean: Value };

/** Keys [T, d] as int8 [d, T], scales [T] with the scale of the scores in them. */
function quantizedKeys(g: Graph, keys: Value, scale: number): Bytes {
  const scales = scalesOf(g, keys, 1); // [T, 1]
  const bytes = quantize(g, mul(g, keys, reciprocal(g, scales)), 'int8');
  return {
    bytes: transpose(g, bytes, [1, 0]),
    scales: reshape(g, mul(g, scales, g.floats([scale])), [keys.shape[0]!]),
  };
}

/** Values [T, d] less their mean [1, d], as int8 [T, d] with scales [d]. */
function quantizedValues(g: Graph, values: Value): CentredBytes {
  const mean = reduceMean(g, values, [0], true);
  const centred = sub(g, values, mean);
  const scales = scalesOf(g, centred, 0); // [1, d]
  const bytes = quantize(g, mul(g, centred, reciprocal(g, scales)), 'int8');
  return { bytes, scales: reshape(g, scales, [values.shape[1]!]), mean };
}

/** What one step of int8 is worth, from the largest magnitude along an axis. */
function scalesOf(g: Graph, x: Value, axis: number): Value {
  const largest = maximum(g, reduceMax(g, abs(g, x), [axis], true), g.floats([smallestScale]));
  return mul(g, largest, g.floats([1 / g.byteRange]));
}

/** One tile of queries [t, d] → [t, dv] */
function readTile(g: Graph, queries: Value, keys: Bytes, values: Value | CentredBytes): Value {
  const rows = knownDim(queries, 0, 'quantized attention');
  const scores = g.node(
    'DynamicQuantizeMatMul',
    [queries, keys.bytes, keys.scales],
    [{ type: queries.type, shape: [rows, keys.bytes.shape[1]!] }],
    {},
    'com.microsoft',
  )[0]!;
  const probabilities = softmax(g, scores);
  if (!('bytes' in values)) return matMul(g, probabilities, values);
  const largest = reduceMax(g, probabilities, [1], true); // [t, 1]
  const bytes = quantize(g, mul(g, probabilities, mul(g, reciprocal(g, largest), g.floats([255]))), 'uint8');
  const read = g.node(
    'MatMulIntegerToFloat',
    [bytes, values.bytes, g.floats([1 / 255], []), values.scales],
    [{ type: queries.type, shape: [rows, values.bytes.shape[1]!] }],
    {},
    'com.microsoft',
  )[0]!;
  return add(g, mul(g, read, largest), values.mean);
}

/**
 * Rounds to the nearest whole number. Scaling is a product in front of it: with a scale per row or column the operator
 * itself runs on one thread, for columns even without vector instructions.
 */
function quantize(g: Graph, x: Value, type: 'int8' | 'uint8'): Value {
  const attributes = { output_dtype: type === 'int8' ? 3 : 2 };
  return g.node('QuantizeLinear', [x, g.floats([1], [])], [{ type, shape: x.shape }], attributes)[0]!;
}

function joined(g: Graph, parts: readonly Value[], axis: number): Value {
  return parts.length === 1 ? parts[0]! : concat(g, parts, axis);
}
