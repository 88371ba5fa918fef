/** Element types that our graphs use; the numbers are ONNX TensorProto.DataType. */
export const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof elementTypes;

/** A size known while building, or the name of one that is known only when the graph runs ('frames', 'points'). */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** An edge of the graph: something that a node, an input or a constant yields. */
export type Value = { readonly name: string; readonly type: ElementType; readonly shape: Shape };

export type TensorData = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function showValue(value: Value): string {
  return `${value.name} ${value.type}${showShape(value.shape)}`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Product of the sizes, or null when one of them is only a name. */
export function elementCount(shape: Shape): number | null {
  let count = 1;
  for (const dim of shape) {
    if (typeof dim !== 'number') return null;
    count *= dim;
  }
  return count;
}

/** The size of an axis that has to be known now; `axis` may be negative. */
export function knownDim(value: Value, axis: number, op: string): number {
  const dim = value.shape.at(axis);
  if (typeof dim !== 'number')
    throw new GraphError(op, [value], `axis ${axis} has to be a known size, it is "${dim ?? 'absent'}"`);
  return dim;
}

/** A graph that cannot be built: names the op, what went in, and what is wrong. */
export class GraphError extends Error {
  readonly code = 'graph-shape';
  readonly op: string;
  readonly inputs: readonly Value[];
  constructor(op: string, inputs: readonly Value[], reason: string) {
    super(`${op}(${inputs.map(showValue).join(', ')}): ${reason}.`);
    this.name = 'GraphError';
    this.op = op;
    this.inputs = inputs;
  }
}
