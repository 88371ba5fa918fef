import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import type { Conv } from '../ops/conv.ts';
import type { Norm } from '../ops/layer-norm.ts';
import type { Linear } from '../ops/matmul.ts';
import { WeightMissingError, WeightShapeError, type WeightSource, type WeightTensor } from '../weights/source.ts';
import { transposed } from './fold.ts';

export type LinearOptions = {
  /** Which output channels, in which order; all of them when left out. `name` tells the selections apart. */
  readonly channels?: { readonly name: string; readonly order: readonly number[] };
  /** 1×1 convolutions are linear layers whose weight has two more axes of size 1. */
  readonly kernelAxes?: boolean;
};

/**
 * The weights of one module: names are looked up under a prefix, shapes are checked against what the text of the model
 * expects, and constants enter the graph under the checkpoint's own names.
 */
export class Parameters {
  readonly graph: Graph;
  readonly source: WeightSource;
  readonly prefix: string;

  constructor(graph: Graph, source: WeightSource, prefix = '') {
    this.graph = graph;
    this.source = source;
    this.prefix = prefix;
  }

  at(path: string | number): Parameters {
    return new Parameters(this.graph, this.source, this.name(String(path)));
  }

  name(leaf: string): string {
    return this.prefix ? `${this.prefix}.${leaf}` : leaf;
  }

  /** The numbers of a tensor, at once; for a plain constant use `value`, for folding `lazy`. */
  tensor(leaf: string, dims: readonly number[]): Float32Array {
    return this.checked(leaf, dims).data;
  }

  /** The tensor after its shape was compared. A file is only read when `data` is looked at. */
  private checked(leaf: string, dims: readonly number[]): WeightTensor {
    const name = this.name(leaf);
    if (!this.source.has(name)) throw new WeightMissingError(name, this.source.origin);
    const found = this.source.get(name);
    if (found.dims.join() !== dims.join()) throw new WeightShapeError(name, dims, found.dims, this.source.origin);
    return found;
  }

  /** Compares the shape now and reads the numbers when it is called: for folding while a graph is written. */
  lazy(leaf: string, dims: readonly number[]): () => Float32Array {
    this.checked(leaf, dims);
    return () => this.tensor(leaf, dims);
  }

  value(leaf: string, dims: readonly number[], as: readonly number[] = dims): Value {
    this.checked(leaf, dims);
    const name = as === dims ? this.name(leaf) : `${this.name(leaf)}[${as}]`;
    return this.graph.constant(name, as, () => this.tensor(leaf, dims));
  }

  /** A constant computed from weights. It is computed when the graph is written, so a large one does not linger. */
  folded(leaf: string, dims: readonly number[], compute: () => Float32Array): Value {
    return this.graph.constant(this.name(leaf), dims, compute);
  }

  /** `<leaf>.weight` [out, in] and `<leaf>.bias` [out], transposed for MatMul. */
  linear(leaf: string, input: number, output: number, options: LinearOptions = {}): Linear {
    const { channels, kernelAxes = false } = options;
    const dims = kernelAxes ? [output, input, 1, 1] : [output, input];
    this.checked(`${leaf}.weight`, dims);
    this.checked(`${leaf}.bias`, [output]);
    const order = channels?.order ?? Array.from({ length: output }, (_, i) => i);
    const label = channels ? `{${channels.name}}` : '';
    return {
      weight: this.folded(`${leaf}.weight${label}ᵀ`, [input, order.length], () =>
        transposed(pickRows(this.tensor(`${leaf}.weight`, dims), order, input), order.length, input),
      ),
      bias: this.folded(`${leaf}.bias${label}`, [order.length], () =>
        pickRows(this.tensor(`${leaf}.bias`, [output]), order, 1),
      ),
    };
  }

  norm(leaf: string, width: number, epsilon: number): Norm {
    return { weight: this.value(`${leaf}.weight`, [width]), bias: this.value(`${leaf}.bias`, [width]), epsilon };
  }

  conv(leaf: string, output: number, inputPerGroup: number, kernel: number): Conv {
    return {
      weight: this.value(`${leaf}.weight`, [output, inputPerGroup, kernel, kernel]),
      bias: this.value(`${leaf}.bias`, [output]),
    };
  }
}

function pickRows(data: Float32Array, rows: readonly number[], width: number): Float32Array {
  const picked = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) picked.set(data.subarray(row * width, (row + 1) * width), i * width);
  return picked;
}
