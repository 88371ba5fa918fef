/** Slow, plain arithmetic on row-major matrices: what the operators are tested against. */
export type Matrix = { readonly rows: number; readonly columns: number; readonly data: Float32Array };

export function matrix(rows: number, columns: number, data: ArrayLike<number>): Matrix {
  return { rows, columns, data: Float32Array.from(data) };
}

export function times(a: Matrix, b: Matrix): Matrix {
  const data = new Float32Array(a.rows * b.columns);
  for (let r = 0; r < a.rows; r++)
    for (let c = 0; c < b.columns; c++) {
      let total = 0;
      for (let k = 0; k < a.columns; k++) total += a.data[r * a.columns + k]! * b.data[k * b.columns + c]!;
      data[r * b.columns + c] = total;
    }
  return { rows: a.rows, columns: b.columns, data };
}

export function flipped({ rows, columns, data }: Matrix): Matrix {
  return matrix(
    columns,
    rows,
    Array.from({ length: data.length }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!),
  );
}

/** Columns `from` to `to` (excluded). */
export function columns({ rows, columns: width, data }: Matrix, from: number, to: number): Matrix {
  const picked = Array.from({ length: rows }, (_, r) => [...data.subarray(r * width + from, r * width + to)]);
  return matrix(rows, to - from, picked.flat());
}

export function plusRow(a: Matrix, row: ArrayLike<number>): Matrix {
  return matrix(
    a.rows,
    a.columns,
    a.data.map((value, i) => value + row[i % a.columns]!),
  );
}

export function softmaxRows(a: Matrix): Matrix {
  const data = new Float32Array(a.data.length);
  for (let r = 0; r < a.rows; r++) {
    const row = a.data.subarray(r * a.columns, (r + 1) * a.columns);
    const top = Math.max(...row);
    const exponentials = Array.from(row, (value) => Math.exp(value - top));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    data.set(
      exponentials.map((value) => value / total),
      r * a.columns,
    );
  }
  return { ...a, data };
}

/** softmax(q·kᵀ·scale)·v for each head's columns. */
export function plainAttention(q: Matrix, k: Matrix, v: Matrix, heads: number, scale: number): Matrix {
  const data = new Float32Array(q.rows * v.columns);
  const [d, dv] = [q.columns / heads, v.columns / heads];
  for (let h = 0; h < heads; h++) {
    const scores = times(columns(q, h * d, (h + 1) * d), flipped(columns(k, h * d, (h + 1) * d)));
    const weights = softmaxRows({ ...scores, data: scores.data.map((value) => value * scale) });
    const read = times(weights, columns(v, h * dv, (h + 1) * dv));
    for (let r = 0; r < q.rows; r++) data.set(read.data.subarray(r * dv, (r + 1) * dv), r * v.columns + h * dv);
  }
  return { rows: q.rows, columns: v.columns, data };
}

export function plainLayerNorm(a: Matrix, scale: ArrayLike<number>, shift: ArrayLike<number>, epsilon: number): Matrix {
  const data = new Float32Array(a.data.length);
  for (let r = 0; r < a.rows; r++) {
    const row = a.data.subarray(r * a.columns, (r + 1) * a.columns);
    const mean = row.reduce((sum, value) => sum + value, 0) / a.columns;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / a.columns;
    row.forEach((value, c) => {
      data[r * a.columns + c] = ((value - mean) / Math.sqrt(variance + epsilon)) * scale[c]! + shift[c]!;
    });
  }
  return { ...a, data };
}

/** 0.5·x·(1 + erf(x/√2)); erf by its Taylor series, good for |x| below 4. */
export function plainGelu(x: number): number {
  const z = x / Math.SQRT2;
  let [term, total] = [z, z];
  for (let n = 1; n < 80; n++) {
    term *= -(z * z) / n;
    total += term / (2 * n + 1);
  }
  return 0.5 * x * (1 + (2 / Math.sqrt(Math.PI)) * total);
}
