/** Position codes. All of them are constants, computed in float64 while a graph is built (sam2-model 3.1, 3.4, 4.1, 5.1). */

/**
 * Sine code of a square grid, [side², width], row-major: channels of y first, then of x; sine and cosine interleaved;
 * positions count from 1. Original: PositionEmbeddingSine.
 */
export function sineGrid(side: number, width: number): Float32Array {
  const perAxis = width / 2;
  const axis = new Float64Array(side * perAxis);
  for (let at = 0; at < side; at++)
    for (let i = 0; i < perAxis; i++) {
      const angle = ((at + 1) / (side + 1e-6)) * 2 * Math.PI * 10000 ** ((-2 * Math.floor(i / 2)) / perAxis);
      axis[at * perAxis + i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  const code = new Float32Array(side * side * width);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const token = (y * side + x) * width;
      code.set(axis.subarray(y * perAxis, (y + 1) * perAxis), token);
      code.set(axis.subarray(x * perAxis, (x + 1) * perAxis), token + perAxis);
    }
  return code;
}

/**
 * Random-Fourier code of the cell centres, [side², width]: all sines, then all cosines. `matrix` is [2, width/2], its
 * row 0 multiplies x. Original: PositionEmbeddingRandom.
 */
export function fourierGrid(side: number, matrix: Float32Array): Float32Array {
  const half = matrix.length / 2;
  const code = new Float32Array(side * side * half * 2);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [u, v] = [(2 * (x + 0.5)) / side - 1, (2 * (y + 0.5)) / side - 1];
      const token = (y * side + x) * half * 2;
      for (let i = 0; i < half; i++) {
        const angle = 2 * Math.PI * (u * matrix[i]! + v * matrix[half + i]!);
        code[token + i] = Math.sin(angle);
        code[token + half + i] = Math.cos(angle);
      }
    }
  return code;
}

/**
 * Rotation tables [side² + 1, width/2] of two-axis RoPE: pairs of the first half turn with x, those of the second half
 * with y (the other way round than the sine code). The last row does not turn: it is for object pointers.
 */
export function rotationTables(side: number, width: number): { cos: Float32Array; sin: Float32Array } {
  const pairs = width / 2;
  const perAxis = pairs / 2;
  const rows = side * side + 1;
  const [cos, sin] = [new Float32Array(rows * pairs), new Float32Array(rows * pairs)];
  cos.fill(1, (rows - 1) * pairs);
  for (let token = 0; token < side * side; token++)
    for (let pair = 0; pair < pairs; pair++) {
      const at = pair < perAxis ? token % side : Math.floor(token / side);
      const angle = at * 10000 ** (-(pair % perAxis) / perAxis);
      cos[token * pairs + pair] = Math.cos(angle);
      sin[token * pairs + pair] = Math.sin(angle);
    }
  return { cos, sin };
}

/** Interleaved pairs (2j, 2j + 1) → split halves (j, j + width/2): even channels first. */
export function splitHalfOrder(width: number): number[] {
  return Array.from({ length: width }, (_, i) => (i < width / 2 ? 2 * i : 2 * (i - width / 2) + 1));
}

/**
 * Hiera's position map [side², width], row-major: the background grid enlarged bicubically plus the window tile
 * repeated. background [width, grid, grid], tile [width, window, window]. Bicubic as in PyTorch: a = −0.75,
 * half-pixel centres, clamped taps, no antialias.
 */
export function backgroundMap(
  side: number,
  width: number,
  background: Float32Array,
  grid: number,
  tile: Float32Array,
  window: number,
): Float32Array {
  const taps = Array.from({ length: side }, (_, i) => cubicTaps((i + 0.5) * (grid / side) - 0.5, grid));
  const map = new Float32Array(side * side * width);
  const across = new Float64Array(grid * side);
  for (let c = 0; c < width; c++) {
    for (let y = 0; y < grid; y++)
      for (let x = 0; x < side; x++) {
        let value = 0;
        for (const { at, weight } of taps[x]!) value += weight * background[(c * grid + y) * grid + at]!;
        across[y * side + x] = value;
      }
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        let value = tile[(c * window + (y % window)) * window + (x % window)]!;
        for (const { at, weight } of taps[y]!) value += weight * across[at * side + x]!;
        map[(y * side + x) * width + c] = value;
      }
  }
  return map;
}

function cubicTaps(source: number, size: number): { at: number; weight: number }[] {
  const a = -0.75;
  const near = (t: number) => ((a + 2) * t - (a + 3)) * t * t + 1;
  const far = (t: number) => ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  const base = Math.floor(source);
  const t = source - base;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)].map((weight, i) => ({
    at: Math.min(size - 1, Math.max(0, base - 1 + i)),
    weight,
  }));
}
