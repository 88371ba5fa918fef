import { createMask, type Mask } from '../mask.ts';

/** What a property test draws to make a mask; small numbers make small masks, so that failures shrink well. */
export type MaskSeed = {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly share: number;
  readonly kind: 'noise' | 'blob';
};

/** The mask of a seed, the same on every machine: salt and pepper, or smooth bumps with holes and several parts. */
export function maskOf({ width, height, seed, share, kind }: MaskSeed): Mask {
  const next = random(seed);
  const mask = createMask(width, height);
  if (kind === 'noise') {
    for (let i = 0; i < mask.data.length; i++) mask.data[i] = next() < share ? 1 : 0;
    return mask;
  }
  const waves = Array.from({ length: 4 }, () => [next() * 0.5, next() * 0.5, next() * 6.3]);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const sum = waves.reduce((total, [a, b, c]) => total + Math.sin(a! * x + b! * y + c!), 0);
      mask.data[y * width + x] = sum / 4 < 2 * share - 1 ? 1 : 0;
    }
  return mask;
}

/** mulberry32: 0…1, the same sequence for the same seed. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
