// How many points simplification needs at a given IoU, next to Douglas–Peucker at the same IoU, and how long it takes.
//   node bench/simplify.ts
// Douglas–Peucker gets the best of 160 tolerances (0.2 px to about 500 px) for every mask and bound, on two outlines:
// the corners of pixels, and the middles of pixel edges. The rasterisation rule and the IoU are the same for all.
import {
  countPoints,
  type Mask,
  type MultiPolygon,
  maskIou,
  type Point,
  type Ring,
  rasterisePolygon,
  simplifyMask,
  traceMask,
} from '@roto/geometry';
import { benchMasks, noise } from './geometry/shapes.ts';

const BOUNDS = [0.8, 0.9, 0.95, 0.98, 0.99];
const masks = benchMasks();

for (const { mask } of masks) simplifyMask(mask, { minIou: 0.95 }); // compile before the clock starts

console.log('points at IoU ≥ bound: ours / Douglas–Peucker on edge middles / on corners');
console.log(['mask'.padEnd(14), ...BOUNDS.map((bound) => String(bound).padEnd(16))].join(''));
const totals = BOUNDS.map(() => ({ ours: 0, middles: 0, corners: 0, time: 0, slowest: 0 }));
for (const { name, mask } of masks) {
  const exact = traceMask(mask, 8);
  const cells = BOUNDS.map((bound, i) => {
    const total = totals[i]!;
    const ours = simplifyMask(mask, { minIou: bound });
    const time = bestTime(() => simplifyMask(mask, { minIou: bound }));
    const middles = bestDouglasPeucker(mask, overRings(exact, edgeMiddles), bound);
    const corners = bestDouglasPeucker(mask, exact, bound);
    total.ours += ours.points;
    total.middles += middles;
    total.corners += corners;
    total.time += time;
    total.slowest = Math.max(total.slowest, time);
    return `${ours.points}/${middles}/${corners}`.padEnd(16);
  });
  console.log(name.padEnd(14) + cells.join(''));
}
console.log('all'.padEnd(14) + totals.map((t) => `${t.ours}/${t.middles}/${t.corners}`.padEnd(16)).join(''));
console.log(
  'fewer'.padEnd(14) +
    totals.map((t) => `${Math.round(100 * (1 - t.ours / Math.min(t.middles, t.corners)))} %`.padEnd(16)).join(''),
);
console.log('ms, mean'.padEnd(14) + totals.map((t) => (t.time / masks.length).toFixed(1).padEnd(16)).join(''));
console.log('ms, slowest'.padEnd(14) + totals.map((t) => t.slowest.toFixed(1).padEnd(16)).join(''));
const worst = noise(0.5);
const start = performance.now();
const result = simplifyMask(worst, { minIou: 0.95 });
console.log(
  `noise, 200 × 200 px: ${countPoints(traceMask(worst, 8))} corners to ${result.points} points at 0.95 in ${Math.round(performance.now() - start)} ms`,
);

/** Milliseconds, the best of five: what the machine's other work adds is not of interest. */
function bestTime(act: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    act();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function bestDouglasPeucker(mask: Mask, outline: MultiPolygon, bound: number): number {
  let best = countPoints(outline);
  for (let tolerance = 0.2; tolerance < 500; tolerance *= 1.05) {
    const thinned = overRings(outline, (ring) => douglasPeucker(ring, tolerance));
    const points = countPoints(thinned);
    if (points < best && maskIou(mask, rasterisePolygon(thinned, mask.width, mask.height)) >= bound) best = points;
  }
  return best;
}

function overRings(region: MultiPolygon, change: (ring: Ring) => Ring): MultiPolygon {
  return region.map((part) => ({ outer: change(part.outer), holes: part.holes.map(change) }));
}

/** The middle of every pixel edge along the outline. */
function edgeMiddles(ring: Ring): Ring {
  const out: Point[] = [];
  for (const [i, a] of ring.entries()) {
    const b = ring[(i + 1) % ring.length]!;
    const length = Math.abs(b[0] - a[0]) + Math.abs(b[1] - a[1]);
    for (let k = 0.5; k < length; k++)
      out.push([a[0] + ((b[0] - a[0]) * k) / length, a[1] + ((b[1] - a[1]) * k) / length]);
  }
  return out;
}

/** Douglas and Peucker 1973 for a closed ring: split at the first point and the one farthest from it. */
function douglasPeucker(ring: Ring, tolerance: number): Ring {
  if (ring.length <= 3) return ring;
  const [ox, oy] = ring[0]!;
  let far = 0;
  for (let i = 1; i < ring.length; i++)
    if (Math.hypot(ring[i]![0] - ox, ring[i]![1] - oy) > Math.hypot(ring[far]![0] - ox, ring[far]![1] - oy)) far = i;
  const kept = new Uint8Array(ring.length);
  kept[0] = 1;
  kept[far] = 1;
  const spans = [
    [0, far],
    [far, ring.length],
  ];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [from, to] = span as [number, number];
    const [ax, ay] = ring[from]!;
    const [bx, by] = ring[to % ring.length]!;
    const length = Math.hypot(bx - ax, by - ay) || 1;
    let worst = -1;
    let distance = tolerance;
    for (let i = from + 1; i < to; i++) {
      const d = Math.abs((bx - ax) * (ring[i]![1] - ay) - (by - ay) * (ring[i]![0] - ax)) / length;
      if (d > distance) {
        distance = d;
        worst = i;
      }
    }
    if (worst < 0) continue;
    kept[worst] = 1;
    spans.push([from, worst], [worst, to]);
  }
  const out = ring.filter((_, i) => kept[i] === 1);
  if (out.length >= 3) return out;
  // Two points have no inside: keep the one farthest from their line.
  const [a, b] = [ring[0]!, ring[far]!];
  const off = (p: Point): number => Math.abs((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]));
  const third = ring.reduce((most, p) => (off(p) > off(most) ? p : most));
  return ring.filter((p) => p === a || p === b || p === third);
}
