/**
 * torch's `interpolate(mode='bilinear', antialias=True, align_corners=False)` on one float32 plane: the tap rule of
 * Pillow in float32, columns first, then rows, both sums in ascending order. Every rounding of torch is repeated
 * (products are fused into the sums, as its compiled loops do), since a mask is cut at exactly 0.5 afterwards.
 */
export function resizeAntialiased(
  source: Float32Array,
  width: number,
  height: number,
  toWidth: number,
  toHeight: number,
): Float32Array {
  const wide = width === toWidth ? source : resizeColumns(source, width, height, floatTaps(width, toWidth));
  return height === toHeight ? wide : resizeRows(wide, toWidth, floatTaps(height, toHeight));
}

type FloatTaps = {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly width: number;
  readonly weights: Float32Array;
};

function floatTaps(from: number, to: number): FloatTaps {
  const { fround } = Math;
  const scale = fround(from / to);
  const support = Math.max(1, scale);
  const width = Math.ceil(support) * 2 + 1;
  const inverse = scale >= 1 ? fround(1 / scale) : 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float32Array(to * width);
  for (let i = 0; i < to; i++) {
    const centre = fround(scale * (i + 0.5));
    const low = Math.max(0, Math.trunc(fround(fround(centre - support) + 0.5)));
    const high = Math.min(from, Math.trunc(fround(fround(centre + support) + 0.5)));
    let total = 0;
    for (let k = 0; k < high - low; k++) {
      const x = Math.abs(fround(fround(fround(k + low - centre) + 0.5) * inverse));
      const weight = x < 1 ? fround(1 - x) : 0;
      weights[i * width + k] = weight;
      total = fround(total + weight);
    }
    for (let k = 0; k < high - low; k++) weights[i * width + k] = fround(weights[i * width + k]! / total);
    first[i] = low;
    count[i] = high - low;
  }
  return { first, count, width, weights };
}

function resizeColumns(source: Float32Array, width: number, height: number, taps: FloatTaps): Float32Array {
  const columns = taps.first.length;
  const out = new Float32Array(height * columns);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < columns; x++) {
      const from = y * width + taps.first[x]!;
      let sum = Math.fround(source[from]! * taps.weights[x * taps.width]!);
      for (let k = 1; k < taps.count[x]!; k++)
        sum = Math.fround(sum + source[from + k]! * taps.weights[x * taps.width + k]!);
      out[y * columns + x] = sum;
    }
  return out;
}

function resizeRows(source: Float32Array, width: number, taps: FloatTaps): Float32Array {
  const rows = taps.first.length;
  const out = new Float32Array(rows * width);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < width; x++) {
      const from = taps.first[y]! * width + x;
      let sum = Math.fround(source[from]! * taps.weights[y * taps.width]!);
      for (let k = 1; k < taps.count[y]!; k++)
        sum = Math.fround(sum + source[from + k * width]! * taps.weights[y * taps.width + k]!);
      out[y * width + x] = sum;
    }
  return out;
}
