import type { Random } from './random.ts';

/** A tile of colour that repeats without a seam in both directions: side × side × 3 bytes; `side` is a power of two. */
export type Texture = { readonly side: number; readonly rgb: Uint8Array };

export type Colour = readonly [red: number, green: number, blue: number];

const kinds = ['stripes', 'checks', 'clouds', 'cells', 'dots', 'rings', 'plaid'] as const;
export type TextureKind = (typeof kinds)[number];

/** A texture in two or three colours; `contrast` in 0…1 says how far the colours lie apart. */
export function makeTexture(random: Random, side: number, contrast: number, base: Colour = anyColour(random)): Texture {
  const kind = random.pick(kinds);
  const other = awayFrom(random, base, contrast);
  const third = awayFrom(random, base, contrast);
  const value = pattern(kind, random, side);
  const grain = clouds(random, side, 5);
  const rgb = new Uint8Array(side * side * 3);
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const v = value(x, y);
      const g = grain(x, y);
      const [from, to, mix] = v < 0.5 ? [base, other, v * 2] : [other, third, v * 2 - 1];
      for (let c = 0; c < 3; c++) rgb[at++] = clampByte(from[c]! + (to[c]! - from[c]!) * mix + (g - 0.5) * 50);
    }
  }
  return { side, rgb };
}

export function anyColour(random: Random): Colour {
  return [random.between(20, 235), random.between(20, 235), random.between(20, 235)];
}

function awayFrom(random: Random, from: Colour, contrast: number): Colour {
  return [0, 1, 2].map((c) =>
    clampByte(from[c]! + (random.chance(0.5) ? 1 : -1) * random.between(0.4, 1) * 170 * contrast),
  ) as unknown as Colour;
}

/** A field over the tile with values in 0…1 that repeats with the tile. */
type Field = (x: number, y: number) => number;

function pattern(kind: TextureKind, random: Random, side: number): Field {
  const across = random.whole(2, 6);
  const along = random.whole(0, 4);
  const wobble = clouds(random, side, 3);
  const phase = (x: number, y: number) => ((across * x + along * y) / side) * 2 * Math.PI + wobble(x, y) * 3;
  switch (kind) {
    case 'stripes':
      return (x, y) => smoothStep(0.5 + 0.5 * Math.sin(phase(x, y)));
    case 'checks': {
      const count = 2 * random.whole(2, 5);
      return (x, y) =>
        ((Math.floor((x * count) / side) + Math.floor((y * count) / side)) % 2) * 0.8 + wobble(x, y) * 0.2;
    }
    case 'clouds':
      return clouds(random, side, 5);
    case 'cells':
      return cells(random, side, random.whole(10, 40));
    case 'dots': {
      const count = random.whole(4, 9);
      return (x, y) => {
        const dx = ((x * count) / side) % 1;
        const dy = ((y * count) / side) % 1;
        return Math.hypot(dx - 0.5, dy - 0.5) < 0.3 ? 0.9 : 0.1 + wobble(x, y) * 0.2;
      };
    }
    case 'rings':
      return (x, y) =>
        smoothStep(
          0.5 +
            0.5 * Math.sin((Math.hypot(wrapped(x, side), wrapped(y, side)) / side) * across * 12 + wobble(x, y) * 2),
        );
    case 'plaid':
      return (x, y) =>
        0.25 * (2 + Math.sin((across * x * 2 * Math.PI) / side) + Math.sin(((along + 1) * y * 2 * Math.PI) / side));
  }
}

/** Sum of smooth value noise over octaves, each half as strong and twice as fine as the one before. */
function clouds(random: Random, side: number, octaves: number): Field {
  const layers = Array.from({ length: octaves }, (_, octave) => {
    const count = Math.min(4 << octave, side);
    return {
      count,
      weight: 0.5 ** octave,
      grid: Float32Array.from({ length: count * count }, () => random.between(0, 1)),
    };
  });
  const total = layers.reduce((sum, layer) => sum + layer.weight, 0);
  return (x, y) => {
    let sum = 0;
    for (const { count, weight, grid } of layers) {
      const u = (x / side) * count;
      const v = (y / side) * count;
      const x0 = Math.floor(u);
      const y0 = Math.floor(v);
      const fx = smoothStep(u - x0);
      const fy = smoothStep(v - y0);
      const at = (i: number, j: number) => grid[(j % count) * count + (i % count)]!;
      const top = at(x0, y0) + (at(x0 + 1, y0) - at(x0, y0)) * fx;
      const bottom = at(x0, y0 + 1) + (at(x0 + 1, y0 + 1) - at(x0, y0 + 1)) * fx;
      sum += weight * (top + (bottom - top) * fy);
    }
    return sum / total;
  };
}

/** Flat shades around scattered seeds (Voronoi cells). */
function cells(random: Random, side: number, count: number): Field {
  const seeds = Array.from({ length: count }, () => ({
    x: random.between(0, side),
    y: random.between(0, side),
    shade: random.between(0, 1),
  }));
  return (x, y) => {
    let best = Number.POSITIVE_INFINITY;
    let shade = 0;
    for (const seed of seeds) {
      const distance = wrapped(x - seed.x, side) ** 2 + wrapped(y - seed.y, side) ** 2;
      if (distance < best) {
        best = distance;
        shade = seed.shade;
      }
    }
    return shade;
  };
}

/** The shortest signed way along a tile that repeats. */
function wrapped(distance: number, side: number): number {
  const d = ((distance % side) + side) % side;
  return d > side / 2 ? d - side : d;
}

function smoothStep(t: number): number {
  return t * t * (3 - 2 * t);
}

function clampByte(value: number): number {
  return Math.min(Math.max(value, 0), 255);
}
