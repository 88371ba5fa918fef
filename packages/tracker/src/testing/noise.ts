import type { Mask } from '@roto/geometry';

// Test input that Python can make again: fixtures/host-steps/dump.py has the same functions by the same names.

/** 32-bit pseudo-random numbers: a Weyl step and two rounds of xor-shift-multiply. */
export function noise(count: number, seed: number): Uint32Array {
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    let x = (Math.imul(i, 0x9e3779b9) + seed) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d) >>> 0;
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0;
    words[i] = x ^ (x >>> 16);
  }
  return words;
}

/** RGB: noise above, hard black and white below, where a bicubic kernel overshoots. */
export function noisyFrame(width: number, height: number, seed: number) {
  const half = (height >> 1) * width * 3;
  const words = noise(width * height * 3, seed);
  const rgb = new Uint8Array(words.length);
  for (let i = 0; i < rgb.length; i++) {
    const byte = words[i]! >>> 24;
    rgb[i] = i < half ? byte : byte > 127 ? 255 : 0;
  }
  return { width, height, rgb };
}

/** An ellipse, noise in the right third, marks in two corners. */
export function noisyBlob(width: number, height: number, seed: number): Mask {
  const words = noise(width * height, seed);
  const right = Math.floor((width * 2) / 3);
  const data = new Uint8Array(words.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const u = (x - width * 0.4) / (width * 0.2);
      const v = (y - height * 0.5) / (height * 0.3);
      const corner = (x < 5 && y < 4) || (x >= width - 3 && y >= height - 3);
      data[i] = corner ? 1 : x >= right ? words[i]! >>> 31 : u * u + v * v < 1 ? 1 : 0;
    }
  return { width, height, data };
}

/** [side × side] smooth enough to have regions, rough enough to have holes. */
export function noisyLogits(side: number, seed: number): Float32Array {
  const across = (side >> 2) + 1;
  const coarse = noise(across * across, seed);
  const fine = noise(side * side, seed + 1);
  return Float32Array.from(fine, (word, i) => {
    const x = i % side;
    const y = (i - x) / side;
    return (coarse[(y >> 2) * across + (x >> 2)]! / 2 ** 32 + word / 2 ** 32 - 0.72) * 8;
  });
}
