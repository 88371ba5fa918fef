/**
 * Chunks over HTTP, as the stock SDK fetches them: in turn, and four at once.
 *
 *     node bench/chunks.ts [--frames 201] [--at-once 4] [--json FILE]
 *
 * A rendered 1280 × 720 clip goes through upload and import of a server on the embedded database, all in this process; then
 * one client fetches all its chunks in original quality (PNG), one after the other, then with so many under way at a time.
 * Every picture that comes is compared with the same one of the other way.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeVideo } from '@roto/media';
import { makeScene, renderFrame } from '@roto/sample';
import { testServer } from '../apps/server/src/testing/server.ts';
import { attach, makeTask } from '../apps/server/src/testing/tasks.ts';

const { values: options } = parseArgs({
  options: {
    frames: { type: 'string', default: '201' },
    'at-once': { type: 'string', default: '4' },
    json: { type: 'string' },
  },
});
const frameCount = Number(options.frames);
const atOnce = Number(options['at-once']);
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

const server = await testServer('pglite');
const user = await server.user('ann');
const taskId = await makeTask(user, {});
await attach(user, taskId, [['clip.mp4', clip]]);
const { body: meta } = await user.get(`/api/tasks/${taskId}/data/meta`);
const chunkCount = Math.ceil(meta.size / meta.chunk_size);

/** Seconds to fetch all chunks, `workers` under way at a time, and the checksum of each. */
async function fetchAll(workers: number): Promise<{ seconds: number; bytes: number; sums: string[] }> {
  const sums: string[] = new Array(chunkCount).fill('');
  let next = 0;
  let bytes = 0;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (next < chunkCount) {
      const number = next++;
      const answer = await user.fetch(`/api/tasks/${taskId}/data?type=chunk&number=${number}&quality=original`, {});
      const hash = createHash('sha256');
      for await (const block of answer.body as unknown as AsyncIterable<Uint8Array>) {
        hash.update(block);
        bytes += block.length;
      }
      sums[number] = hash.digest('hex');
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return { seconds: (performance.now() - started) / 1000, bytes, sums };
}

console.log(`${meta.size} frames of ${width} × ${height} in ${chunkCount} chunks of ${meta.chunk_size}`);
const rows: { what: string; seconds: number }[] = [];
let sums: string[] | undefined;
for (const [what, workers] of [
  ['one after the other', 1],
  [`${atOnce} at once`, atOnce],
  ['one after the other, again', 1],
] as const) {
  const result = await fetchAll(workers);
  if (sums && String(sums) !== String(result.sums)) throw new Error(`${what}: the chunks differ`);
  sums = result.sums;
  rows.push({ what, seconds: result.seconds });
  console.log(`${what.padEnd(32)} ${result.seconds.toFixed(1).padStart(6)} s   ${(result.bytes / 1e6).toFixed(0)} MB`);
}
await server.close();
const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), load: loadavg()[0] };
console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.load?.toFixed(1)}`);
if (options.json) writeFileSync(options.json, JSON.stringify({ frameCount, chunkCount, rows, machine }, null, 2));
process.exit(0);
