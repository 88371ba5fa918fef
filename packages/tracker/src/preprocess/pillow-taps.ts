/** How frames are shrunk or enlarged to the model's square. Both are Pillow's, antialiased when shrinking. */
export type FrameFilter = 'bilinear' | 'bicubic';

/** For every output pixel: its first input pixel, and `width` weights in 22-bit fixed point (unused ones are 0). */
export type FixedTaps = { readonly first: Int32Array; readonly width: number; readonly weights: Int32Array };

/** 32 − 8 bits of a pixel − 2 bits of headroom for the negative lobes. */
export const PRECISION_BITS = 22;

const kernels: Record<FrameFilter, { readonly support: number; readonly weight: (x: number) => number }> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys' cubic with a = −0.5.
  bicubic: {
    support: 2,
    weight: (x) => {
      const d = Math.abs(x);
      const a = -0.5;
      if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
      if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
      return 0;
    },
  },
};

/**
 * The taps of Pillow's resampling along one axis (sam2-model 2). When shrinking, the kernel widens with the scale.
 * Exact to the bit: the weights are computed in float64 in Pillow's order and rounded to fixed point as it does.
 */
export function pillowTaps(from: number, to: number, filter: FrameFilter): FixedTaps {
  const kernel = kernels[filter];
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const support = kernel.support * filterScale;
  const width = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const weights = new Int32Array(to * width);
  const exact = new Float64Array(width);
  const inverse = 1 / filterScale;
  let widest = 0;
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(from, Math.trunc(centre + support + 0.5)) - low;
    let total = 0;
    for (let k = 0; k < count; k++) {
      exact[k] = kernel.weight((k + low - centre + 0.5) * inverse);
      total += exact[k]!;
    }
    for (let k = 0; k < count; k++) {
      const weight = total !== 0 ? exact[k]! / total : exact[k]!;
      weights[i * width + k] = Math.trunc(weight * 2 ** PRECISION_BITS + (weight < 0 ? -0.5 : 0.5));
    }
    first[i] = low;
    widest = Math.max(widest, count);
  }
  return narrow({ first, width, weights }, widest, from);
}

/**
 * Cuts the table to the widest kernel that occurs, and moves the last windows back so that none reaches past the
 * input: then the loops need no check. Only weights of 0 are added or dropped.
 */
function narrow(taps: FixedTaps, width: number, from: number): FixedTaps {
  const first = taps.first.map((low) => Math.min(low, from - width));
  const weights = new Int32Array(first.length * width);
  for (let i = 0; i < first.length; i++) {
    const shift = taps.first[i]! - first[i]!;
    const used = taps.weights.subarray(i * taps.width, i * taps.width + width - shift);
    weights.set(used, i * width + shift);
  }
  return { first, width, weights };
}
