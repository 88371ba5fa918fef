// Masks for the geometry benches: the same ones on every machine, from formulas and fixed seeds, 1280 × 720.
import { createMask, type Mask } from '@roto/geometry';

const WIDTH = 1280;
const HEIGHT = 720;

export type NamedMask = { readonly name: string; readonly mask: Mask };

export function benchMasks(): NamedMask[] {
  const disc = draw((x, y) => Math.hypot(x - 640, y - 360) < 200);
  const ring = draw((x, y) => Math.hypot(x - 640, (y - 360) * 1.3) < 260 && Math.hypot(x - 600, y - 340) > 120);
  const star = draw((x, y) => Math.hypot(x - 640, y - 360) < 180 + 90 * Math.cos(5 * Math.atan2(y - 360, x - 640)));
  const masks = [
    { name: 'disc', mask: disc },
    { name: 'ring', mask: ring },
    { name: 'star', mask: star },
    { name: 'speck, 12 px', mask: draw((x, y) => Math.hypot(x - 300, y - 200) < 6) },
  ];
  for (let seed = 1; seed <= 6; seed++) masks.push({ name: `blob ${seed}`, mask: blob(seed) });
  for (let seed = 1; seed <= 6; seed++) masks.push({ name: `figure ${seed}`, mask: figure(seed) });
  return masks;
}

/** Every pixel set or not by a coin: nothing to simplify, the worst case for time. */
export function noise(share: number): Mask {
  const next = random(7);
  return draw((x, y) => x >= 400 && x < 600 && y >= 200 && y < 400 && next() < share);
}

/** A soft sum of bumps with a wavy, slightly ragged rim, as masks of a network have; often with holes and islands. */
function blob(seed: number): Mask {
  const next = random(seed * 77);
  const bumps = Array.from({ length: 5 }, () => [
    WIDTH * (0.3 + 0.4 * next()),
    HEIGHT * (0.3 + 0.4 * next()),
    30 + 90 * next(),
  ]);
  const [p, q, r] = [next() * 6, next() * 6, next() * 6];
  return draw((x, y) => {
    let sum = 0.12 * Math.sin(x / 23 + p!) * Math.sin(y / 31 + q!) + 0.05 * Math.sin(x / 7 + y / 9 + r!);
    for (const [cx, cy, size] of bumps) sum += Math.exp(-((x - cx!) ** 2 + (y - cy!) ** 2) / size! ** 2);
    return sum > 0.6;
  });
}

/** A trunk, a head and four limbs: capsules at random angles, thin parts and sharp corners between them. */
function figure(seed: number): Mask {
  const next = random(seed * 131);
  const capsules = [[640, 300, 640, 460, 55 + 20 * next()]];
  capsules.push([640, 200, 640, 205, 38 + 12 * next()]);
  for (const [y, spread] of [
    [290, 0.2],
    [450, 1.1],
  ])
    for (const side of [-1, 1]) {
      const angle = spread! + 0.7 * next();
      const length = 130 + 80 * next();
      capsules.push([640, y!, 640 + side * length * Math.cos(angle), y! + length * Math.sin(angle), 10 + 18 * next()]);
    }
  return draw((x, y) =>
    capsules.some(([ax, ay, bx, by, radius]) => {
      const dx = bx! - ax!;
      const dy = by! - ay!;
      const t = Math.min(1, Math.max(0, ((x - ax!) * dx + (y - ay!) * dy) / (dx * dx + dy * dy)));
      return Math.hypot(x - ax! - t * dx, y - ay! - t * dy) < radius!;
    }),
  );
}

function draw(inside: (x: number, y: number) => boolean): Mask {
  const mask = createMask(WIDTH, HEIGHT);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) if (inside(x + 0.5, y + 0.5)) mask.data[y * WIDTH + x] = 1;
  return mask;
}

/** Numerical Recipes' linear congruential generator; 0…1. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
