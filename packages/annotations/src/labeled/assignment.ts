/**
 * The pairing of rows with columns that costs least in all (Hungarian algorithm with potentials, after Kuhn and Munkres;
 * O(rows² · columns)). Every row gets a column where there are enough of them; returns for each row its column, or −1.
 */
export function assign(costs: readonly (readonly number[])[]): number[] {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  if (rows > columns) {
    const columnToRow = assign(Array.from({ length: columns }, (_, c) => costs.map((row) => row[c]!)));
    const result = new Array<number>(rows).fill(-1);
    for (const [column, row] of columnToRow.entries()) result[row] = column;
    return result;
  }
  // Rows and columns count from 1; 0 is the row that is being placed.
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1);
  const cameFrom = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    const slack = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const isDone = new Uint8Array(columns + 1);
    let column = 0;
    rowOf[0] = row;
    while (rowOf[column] !== 0) {
      isDone[column] = 1;
      const at = rowOf[column]!;
      let nearest = 0;
      let step = Number.POSITIVE_INFINITY;
      for (let c = 1; c <= columns; c++) {
        if (isDone[c] === 1) continue;
        const rest = costs[at - 1]![c - 1]! - rowPotential[at]! - columnPotential[c]!;
        if (rest < slack[c]!) {
          slack[c] = rest;
          cameFrom[c] = column;
        }
        if (slack[c]! < step) {
          step = slack[c]!;
          nearest = c;
        }
      }
      for (let c = 0; c <= columns; c++) {
        if (isDone[c] === 1) {
          rowPotential[rowOf[c]!]! += step;
          columnPotential[c]! -= step;
        } else slack[c]! -= step;
      }
      column = nearest;
    }
    // Along the way back every column goes to the row that was found from the one before.
    while (column !== 0) {
      rowOf[column] = rowOf[cameFrom[column]!]!;
      column = cameFrom[column]!;
    }
  }
  const result = new Array<number>(rows).fill(-1);
  for (let c = 1; c <= columns; c++) if (rowOf[c] !== 0) result[rowOf[c]! - 1] = c - 1;
  return result;
}
