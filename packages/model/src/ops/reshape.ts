import type { Graph } from '../graph/graph.ts';
import { type Dim, elementCount, GraphError, knownDim, type Shape, showShape, type Value } from '../graph/value.ts';

/** At most one named size may appear; ONNX then works it out when the graph runs. */
export function reshape(g: Graph, x: Value, shape: Shape): Value {
  const named = shape.filter((dim) => typeof dim !== 'number');
  if (named.length > 1)
    throw new GraphError('Reshape', [x], `${showShape(shape)} has more than one size that is unknown while building`);
  const [before, after] = [elementCount(x.shape), elementCount(shape)];
  if (before !== null && after !== null && before !== after)
    throw new GraphError('Reshape', [x], `${before} elements do not fill ${showShape(shape)}`);
  const sizes = shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  return g.node('Reshape', [x, g.ints(sizes)], [{ type: x.type, shape }])[0]!;
}

export function transpose(g: Graph, x: Value, order: readonly number[]): Value {
  if ([...order].sort((a, b) => a - b).join() !== x.shape.map((_, i) => i).join())
    throw new GraphError('Transpose', [x], `[${order}] is not an order of its ${x.shape.length} axes`);
  return g.node('Transpose', [x], [{ type: x.type, shape: order.map((axis) => x.shape[axis]!) }], { perm: order })[0]!;
}

/** The joined axis gets the sum of the sizes, or the given name when one of them is only a name. */
export function concat(g: Graph, parts: readonly Value[], axis: number, named?: string): Value {
  const [first, ...rest] = parts;
  if (!first) throw new GraphError('Concat', parts, 'there is nothing to join');
  const at = axis < 0 ? axis + first.shape.length : axis;
  for (const part of rest)
    if (part.type !== first.type || part.shape.some((dim, i) => i !== at && dim !== first.shape[i]))
      throw new GraphError('Concat', parts, `only axis ${at} may differ`);
  const sizes = parts.map((part) => part.shape[at]!);
  const joined: Dim = sizes.every((dim) => typeof dim === 'number')
    ? sizes.reduce((sum, dim) => sum + dim, 0)
    : (named ?? sizes.join('+'));
  return g.node('Concat', parts, [{ type: first.type, shape: first.shape.with(at, joined) }], { axis: at })[0]!;
}

export function split(g: Graph, x: Value, axis: number, sizes: readonly number[]): Value[] {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (knownDim(x, at, 'Split') !== total)
    throw new GraphError('Split', [x], `[${sizes}] does not add up to axis ${at}`);
  return g.node(
    'Split',
    [x, g.ints(sizes)],
    sizes.map((size) => ({ type: x.type, shape: x.shape.with(at, size) })),
    { axis: at },
  );
}

/** Elements start (included) to end (excluded) of one axis of known size. */
export function slice(g: Graph, x: Value, axis: number, start: number, end: number): Value {
  const at = axis < 0 ? axis + x.shape.length : axis;
  if (!(start >= 0 && start < end && end <= knownDim(x, at, 'Slice')))
    throw new GraphError('Slice', [x], `${start} to ${end} is not within axis ${at}`);
  const shape = x.shape.with(at, end - start);
  return g.node('Slice', [x, g.ints([start]), g.ints([end]), g.ints([at])], [{ type: x.type, shape }])[0]!;
}
