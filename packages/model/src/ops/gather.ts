import type { Graph } from '../graph/graph.ts';
import { GraphError, knownDim, type Value } from '../graph/value.ts';
import { concat } from './reshape.ts';

/** Picks entries of one axis: the axis is replaced by the shape of `indices` (int64). */
export function gather(g: Graph, x: Value, indices: Value, axis = 0): Value {
  if (indices.type !== 'int64') throw new GraphError('Gather', [x, indices], 'indices have to be int64');
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return g.node('Gather', [x, indices], [{ type: x.type, shape }], { axis })[0]!;
}

/** A row order known while building; −1 stands for a row of zeros. */
export type RowOrder = { readonly name: string; readonly rows: Int32Array };

/** [T, C] → [rows, C]. Each row is one block copy, so any order costs the same as a plain copy. */
export function gatherRows(g: Graph, x: Value, order: RowOrder): Value {
  const count = knownDim(x, 0, 'Gather');
  const width = knownDim(x, 1, 'Gather');
  let padded = false;
  for (const row of order.rows) {
    if (row < -1 || row >= count) throw new GraphError('Gather', [x], `order "${order.name}" asks for row ${row}`);
    padded ||= row === -1;
  }
  const indices = g.constant(
    `rows:${order.name}`,
    [order.rows.length],
    () => BigInt64Array.from(order.rows, (row) => BigInt(row === -1 ? count : row)),
    'int64',
  );
  const zeros = () => g.constant(`zeros:${width}`, [1, width], new Float32Array(width));
  return gather(g, padded ? concat(g, [x, zeros()], 0) : x, indices);
}
