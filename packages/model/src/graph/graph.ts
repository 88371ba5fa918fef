import {
  type Dim,
  type ElementType,
  elementCount,
  GraphError,
  type Shape,
  type TensorData,
  type Value,
} from './value.ts';

/** An attribute of a node. A bare number is an integer; a float says so. */
export type Attribute = number | { readonly float: number } | string | readonly number[];

export type GraphNode = {
  readonly op: string;
  readonly domain: Domain;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
};

/** '' is ONNX itself; 'com.microsoft' holds the fused operators that ONNX Runtime adds. */
export type Domain = '' | 'com.microsoft';

/** A constant tensor. `data` may be a function, so that a large weight is read only while it is written out. */
export type Initializer = {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: () => TensorData;
};

export type Output = { readonly type: ElementType; readonly shape: Shape };

/** How numbers are computed inside a graph; inputs and outputs are float32 either way. */
export type Precision = 'float32' | 'int8';

/**
 * Largest magnitude on the signed side of 8-bit products. Where the processor cannot sum four of them at once, two are
 * summed in 16 bits, and 2 · 255 · 63 is the most that fits.
 */
export type ByteRange = 63 | 127;

export type GraphOptions = {
  /** Default 'float32'. */
  readonly precision?: Precision;
  /** Default 63, which every processor computes exactly. */
  readonly byteRange?: ByteRange;
};

/**
 * An ONNX graph while it is being written down. Values carry their shape from the moment they exist; the op functions
 * of ../ops compute it and refuse what does not fit.
 */
export class Graph {
  readonly name: string;
  readonly precision: Precision;
  readonly byteRange: ByteRange;
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  readonly nodes: GraphNode[] = [];
  readonly initializers = new Map<string, Initializer>();
  #counter = 0;

  constructor(name: string, { precision = 'float32', byteRange = 63 }: GraphOptions = {}) {
    this.name = name;
    this.precision = precision;
    this.byteRange = byteRange;
  }

  input(name: string, type: ElementType, shape: readonly Dim[]): Value {
    const value = { name, type, shape };
    if (this.inputs.some((other) => other.name === name)) throw new GraphError('input', [value], 'the name is taken');
    this.inputs.push(value);
    return value;
  }

  /** A constant. The same name with the same dims is the same constant, so that weights are stored once. */
  constant(
    name: string,
    dims: readonly number[],
    data: TensorData | (() => TensorData),
    type: ElementType = 'float32',
  ): Value {
    const value: Value = { name, type, shape: dims };
    const before = this.initializers.get(name);
    if (before) {
      if (before.type !== type || before.dims.join() !== dims.join())
        throw new GraphError('constant', [value], `the name is taken by ${before.type}[${before.dims.join(', ')}]`);
      return value;
    }
    const read = typeof data === 'function' ? data : () => data;
    this.initializers.set(name, { name, type, dims, data: () => checked(value, read()) });
    return value;
  }

  /** Constants that some node reads. A folded or quantised weight leaves the one that it was made from unused. */
  usedInitializers(): Initializer[] {
    const read = new Set(this.nodes.flatMap((node) => node.inputs));
    return [...this.initializers.values()].filter((constant) => read.has(constant.name));
  }

  /** The numbers of a constant, to make another one from. They are computed or read again with every call. */
  constantData(value: Value): TensorData {
    const found = this.initializers.get(value.name);
    if (!found) throw new GraphError('constant', [value], 'the value is computed while the graph runs');
    return found.data();
  }

  /** A small constant that is not a weight: named after its content. */
  floats(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    return this.constant(`f32:${dims.join('x')}:${values.join()}`, dims, Float32Array.from(values));
  }

  ints(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    if (!values.every(Number.isInteger)) throw new GraphError('ints', [], `[${values}] are not all integers`);
    return this.constant(
      `i64:${dims.join('x')}:${values.join()}`,
      dims,
      () => BigInt64Array.from(values, (value) => BigInt(value)),
      'int64',
    );
  }

  /** Adds a node; `null` marks an optional input that is left out. */
  node(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: readonly Output[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Domain = '',
  ): Value[] {
    const values = outputs.map((output, i) => ({ ...output, name: `${op}_${this.#counter}${i === 0 ? '' : `_${i}`}` }));
    this.#counter += 1;
    this.nodes.push({
      op,
      domain,
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs: values.map((value) => value.name),
      attributes,
    });
    return values;
  }

  /** Names a result. An Identity node keeps the name even where the value is also used inside. */
  output(name: string, value: Value): void {
    const named = { name, type: value.type, shape: value.shape };
    if (this.outputs.some((other) => other.name === name)) throw new GraphError('output', [named], 'the name is taken');
    this.nodes.push({ op: 'Identity', domain: '', inputs: [value.name], outputs: [name], attributes: {} });
    this.outputs.push(named);
  }
}

function checked(value: Value, data: TensorData): TensorData {
  const expected = elementCount(value.shape);
  if (data.length !== expected)
    throw new GraphError('constant', [value], `${expected} elements are declared, ${data.length} are given`);
  return data;
}
