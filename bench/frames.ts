/**
 * Frames over HTTP: how long an import takes, and how long a client waits for a 1280 × 720 frame.
 *
 *     node bench/frames.ts [--frames 120] [--requests 120] [--json FILE]
 *
 * A rendered clip goes through upload and import of a server on the embedded database, all in this process; then one
 * client asks for frames one after the other: in order, at random, again (kept), and by its ETag (unchanged). The encoders
 * are measured beside it on one of the frames.
 */
import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeVideo } from '@roto/media';
import { makeScene, renderFrame } from '@roto/sample';
import sharp from 'sharp';
import { testServer } from '../apps/server/src/testing/server.ts';
import { attach, makeTask } from '../apps/server/src/testing/tasks.ts';

const { values: options } = parseArgs({
  options: {
    frames: { type: 'string', default: '120' },
    requests: { type: 'string', default: '120' },
    json: { type: 'string' },
  },
});
const frameCount = Number(options.frames);
const requests = Number(options.requests);
const [width, height] = [1280, 720];

const scene = makeScene({ width, height, frameCount, seed: 7 });
const folder = await mkdtemp(path.join(tmpdir(), 'roto-bench-'));
const file = path.join(folder, 'clip.mp4');
await writeVideo(
  file,
  { width, height, frameRate: 25 },
  (async function* () {
    for (let n = 0; n < frameCount; n++) yield { rgb: renderFrame(scene, n).rgb };
  })(),
);
const clip = await readFile(file);
await rm(folder, { recursive: true });

/** Processor time of this process so far, in ms: what a busy machine does not stretch. */
const processor = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const rows: { what: string; p50: number; p99: number; n: number; processor: number }[] = [];
let before = processor();
function report(what: string, times: number[]): void {
  const spent = (processor() - before) / times.length;
  before = processor();
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  rows.push({ what, p50: at(0.5), p99: at(0.99), n: times.length, processor: spent });
  const ms = (value: number): string => `${value.toFixed(1).padStart(7)} ms`;
  console.log(`${what.padEnd(44)} p50 ${ms(at(0.5))}   p99 ${ms(at(0.99))}   processor ${ms(spent)}`);
}
async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const load = loadavg()[0]!.toFixed(1);
console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} cores, load ${load}; ${frameCount} frames, ${clip.length} bytes`,
);
const { rgb } = renderFrame(scene, 10);
const raw = { raw: { width, height, channels: 3 } } as const;
for (const [name, encode] of [
  ['PNG level 1', () => sharp(rgb, raw).png({ compressionLevel: 1 }).toBuffer()],
  ['PNG level 1, filters', () => sharp(rgb, raw).png({ compressionLevel: 1, adaptiveFiltering: true }).toBuffer()],
  ['PNG level 3', () => sharp(rgb, raw).png({ compressionLevel: 3 }).toBuffer()],
  ['PNG level 6', () => sharp(rgb, raw).png({ compressionLevel: 6 }).toBuffer()],
  ['JPEG 70', () => sharp(rgb, raw).jpeg({ quality: 70 }).toBuffer()],
] as const) {
  const times: number[] = [];
  for (let n = 0; n < 20; n++) times.push(await timed(encode));
  report(`encode ${name} (${(await encode()).length} bytes)`, times);
}

const server = await testServer('pglite');
try {
  const user = await server.user('ann');
  const task = await makeTask(user);
  const importing = await timed(async () => {
    const request = await attach(user, task, [['clip.mp4', clip]]);
    if (request.status !== 'finished') throw new Error(request.message);
  });
  console.log(`upload and import of ${frameCount} frames: ${importing.toFixed(0)} ms`);
  before = processor();
  const get = async (n: number, quality: string, headers: Record<string, string> = {}): Promise<Response> => {
    const answer = await user.fetch(`/api/tasks/${task}/data/?type=frame&number=${n}&quality=${quality}`, { headers });
    await answer.arrayBuffer();
    return answer;
  };
  const pass = async (what: string, order: readonly number[], quality: string): Promise<void> => {
    const times: number[] = [];
    for (const n of order) times.push(await timed(() => get(n, quality)));
    report(what, times);
  };
  const upwards = Array.from({ length: requests }, (_, n) => n % frameCount);
  // A fixed walk that jumps about.
  const about = upwards.map((n) => (n * 37 + 11) % frameCount);
  await pass('original, in order', upwards, 'original');
  await pass('original, again (kept)', upwards.slice(-100), 'original');
  await pass('compressed, in order', upwards, 'compressed');
  await pass('compressed, again (kept)', upwards, 'compressed');
  const etag = (await get(3, 'original')).headers.get('etag')!;
  const times: number[] = [];
  for (let n = 0; n < requests; n++) times.push(await timed(() => get(3, 'original', { 'If-None-Match': etag })));
  report('unchanged (304)', times);
  const other = await makeTask(user);
  await attach(user, other, [['clip.mp4', clip]]);
  before = processor();
  const random: number[] = [];
  for (const n of about) {
    random.push(
      await timed(async () =>
        (await user.fetch(`/api/tasks/${other}/data/?type=frame&number=${n}&quality=original`)).arrayBuffer(),
      ),
    );
  }
  report('original, jumping about', random);
  if (options.json)
    writeFileSync(
      options.json,
      `${JSON.stringify({ cores: availableParallelism(), load, frameCount, importing, rows }, null, 2)}\n`,
    );
} finally {
  await server.close();
}
