/**
 * Resident size over a long track with the built-in model. Exit code 1 when it grows by 1 KiB a frame or more after
 * the first 200 frames.
 *
 *     node bench/memory.ts [--frames 5000] [--model builtin] [--threads 4] [--cache DIR] [--json FILE]
 *
 * One object over a rendered 1280 × 720 clip of 48 frames that is played forward and back, through an ordinary tracking
 * session. The size is read every 10 frames; the slope is a least-squares line, and Theil-Sen's median of slopes beside
 * it, which single garbage collections do not move.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { hubOptionsFromEnv, openSam2, resolveModel } from '@roto/model';
import { createSession } from '@roto/tracker';
import { sampleSource } from './sample-source.ts';

const { values: options } = parseArgs({
  options: {
    frames: { type: 'string', default: '5000' },
    model: { type: 'string', default: 'builtin' },
    threads: { type: 'string', default: '4' },
    cache: { type: 'string' },
    json: { type: 'string' },
  },
});
const frameCount = Number(options.frames);
const settled = 200;
const every = 10;
const barKiB = 1;
if (!(frameCount >= 3 * settled)) {
  console.error(
    `--frames ${options.frames} is too short for a slope after frame ${settled}; give ${3 * settled} or more.`,
  );
  process.exit(2);
}

const { weights, architecture, id } = await resolveModel(options.model, { hub: hubOptionsFromEnv(process.env) });
const cache = options.cache ? { cacheDir: options.cache } : {};
await using model = await openSam2({ weights, config: architecture, threads: Number(options.threads), ...cache });
const { source, mask } = sampleSource(frameCount, 48);
await using session = createSession(model, source);
await session.addPrompt('object', 0, { kind: 'mask', mask });

/** [frame, KiB] */
const sizes: [number, number][] = [];
const began = performance.now();
for await (const { frame } of session.propagate()) {
  if (frame % every === 0) sizes.push([frame, process.memoryUsage.rss() / 1024]);
  if (frame % 500 === 0) console.log(`frame ${frame}: ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`);
}
const seconds = (performance.now() - began) / 1000;
const after = sizes.filter(([frame]) => frame >= settled);
const slope = leastSquares(after);
const robust = theilSen(after);
const peak = Math.max(...sizes.map(([, size]) => size)) / 1024;
console.log(
  `${id}: ${frameCount} frames in ${seconds.toFixed(0)} s (${(frameCount / seconds).toFixed(1)} frames/s); resident at most ` +
    `${peak.toFixed(0)} MiB; after frame ${settled}: ${slope.toFixed(3)} KiB a frame by least squares, ` +
    `${robust.toFixed(3)} by the median of slopes (bar: under ${barKiB})`,
);
if (options.json) writeFileSync(options.json, JSON.stringify({ id, frameCount, seconds, slope, robust, peak, sizes }));
process.exitCode = slope < barKiB ? 0 : 1;

function leastSquares(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const across = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / across;
}

/** Median of the slopes between points half the track apart. */
function theilSen(points: readonly (readonly [number, number])[]): number {
  const half = Math.floor(points.length / 2);
  const slopes = points.slice(0, half).map(([frame, size], i) => {
    const [later, larger] = points[i + half]!;
    return (larger - size) / (later - frame);
  });
  return slopes.sort((a, b) => a - b)[slopes.length >> 1] ?? Number.NaN;
}
