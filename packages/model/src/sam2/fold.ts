/** Small dense algebra on weights while a graph is built. Sums run in float64 and are rounded once. */

/** [rows, columns] → [columns, rows] */
export function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c]!;
  return result;
}

/** [m, k] × [k, n] → [m, n] */
export function product(a: Float32Array, b: Float32Array, m: number, k: number, n: number): Float32Array {
  const result = new Float32Array(m * n);
  const row = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    row.fill(0);
    for (let j = 0; j < k; j++) {
      const factor = a[i * k + j]!;
      for (let c = 0; c < n; c++) row[c]! += factor * b[j * n + c]!;
    }
    result.set(row, i * n);
  }
  return result;
}

export function sum(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + b[i]!);
}

export function scaled(a: Float32Array, factor: number): Float32Array {
  return a.map((value) => value * factor);
}

/** Row r times factors[r]; [rows, …] */
export function scaledRows(a: Float32Array, factors: Float32Array): Float32Array {
  const width = a.length / factors.length;
  return a.map((value, i) => value * factors[Math.floor(i / width)]!);
}
