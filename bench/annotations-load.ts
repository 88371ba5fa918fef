// How long it takes to read and to save the annotations of a big job over HTTP on loopback:
//   node bench/annotations-load.ts [--engine pglite|postgresql] [--tracks 100] [--frames 3000] [--rounds 30]
// The database of `pglite` lies in a folder, as `roto serve` has it.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { annotatedTask } from '../apps/server/src/annotations/testing.ts';
import { saveTracked, trackForRun } from '../apps/server/src/annotations/tracked.ts';
import { transact } from '../apps/server/src/database/transact.ts';
import type { Engine } from '../apps/server/src/testing/databases.ts';
import { testServer } from '../apps/server/src/testing/server.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'pglite' },
    tracks: { type: 'string', default: '100' },
    frames: { type: 'string', default: '3000' },
    rounds: { type: 'string', default: '30' },
  },
});
const [tracks, frames, rounds] = [Number(values.tracks), Number(values.frames), Number(values.rounds)];

const folder = await mkdtemp(path.join(tmpdir(), 'roto-bench-'));
const server = await testServer(values.engine as Engine, { databaseFolder: path.join(folder, 'database') });
const ann = await server.user('ann');
const task = await annotatedTask(server.context.db, ann.id, [[0, frames + 499]], { width: 1920, height: 1080 });
const jobId = task.jobIds[0]!;
const at = `/api/jobs/${jobId}/annotations`;

/** Twelve points with two decimals. */
const points = () => Array.from({ length: 24 }, (_, i) => Math.round((400 + Math.random() * 600 + i) * 100) / 100);
const keyframe = (frame: number) => ({ type: 'polygon', frame, points: points() });
type Track = { id: number; revision: number; shapes: { frame: number; points: number[] }[] };

console.log(
  `${values.engine}, ${tracks} tracks x ${frames} keyframes of 12 points; Node ${process.version}, ${cpus().length} x ${cpus()[0]!.model}; ${new Date().toISOString()}`,
);
const made: Track[] = [];
const filling = performance.now();
for (let i = 0; i < tracks; i++) {
  const track = { frame: 0, label_id: task.labels.car, shapes: Array.from({ length: frames }, (_, f) => keyframe(f)) };
  const { status, body } = await ann.patch(`${at}?action=create`, { tracks: [track] });
  if (status !== 200) throw new Error(JSON.stringify(body));
  made.push(body.tracks[0]);
}
console.log(`filled in ${((performance.now() - filling) / 1000).toFixed(1)} s`);

const tell = (name: string, times: number[], more = '') => {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1);
  console.log(
    `${name.padEnd(58)} p50 ${at(0.5).padStart(7)} ms   p99 ${at(0.99).padStart(7)} ms   n ${times.length}${more}`,
  );
};
async function measure(name: string, work: (round: number) => Promise<unknown>, count = rounds) {
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    const start = performance.now();
    await work(round);
    times.push(performance.now() - start);
  }
  tell(name, times);
}
let bytes = 0;
await measure(
  'GET all (all bytes arrived)',
  async () => {
    const answer = await ann.fetch(at);
    bytes = 0;
    for await (const piece of answer.body!) bytes += piece.length;
  },
  Math.max(10, Math.floor(rounds / 2)),
);
console.log(`  ${(bytes / 1e6).toFixed(1)} MB`);

const save = async (changed: Track[]) => {
  const { status, body } = await ann.patch(`${at}?action=update`, { tracks: changed });
  if (status !== 200) throw new Error(JSON.stringify(body));
  for (const track of body.tracks as Track[]) made[made.findIndex(({ id }) => id === track.id)] = track;
};
const edited = (i: number): Track => {
  const track = made[i % tracks]!;
  const where = Math.floor(Math.random() * frames);
  return { ...track, shapes: track.shapes.map((each, f) => (f === where ? { ...each, points: points() } : each)) };
};
await measure('PATCH update of one track, one keyframe changed', (round) => save([edited(round)]));
await measure('PATCH update of three tracks, one keyframe each', (round) =>
  save([edited(round), edited(round + 1), edited(round + 2)]),
);
await measure('PATCH create of five plain polygons', async () => {
  const shapes = Array.from({ length: 5 }, (_, f) => ({ ...keyframe(f), label_id: task.labels.car }));
  const { status } = await ann.patch(`${at}?action=create`, { shapes });
  if (status !== 200) throw new Error(`${status}`);
});

const { db } = server.context;
const run = { runId: crypto.randomUUID(), userId: ann.id };
const target = made[0]!;
await transact(db, (tx) =>
  trackForRun(tx, { ...run, jobId, objectId: target.id, startFrame: frames - 1, backward: false, convert: true }),
);
let frame = frames;
await measure(
  'saveTracked: one new frame of one object',
  async () => {
    const shape = { type: 'polygon' as const, points: points() };
    const result = {
      ...run,
      objectId: target.id,
      frame: frame++,
      shape,
      presence: 4,
      predictedIou: 0.9,
      backward: false,
    };
    const outcome = await transact(db, (tx) => saveTracked(tx, result));
    if (outcome !== 'saved') throw new Error(outcome);
  },
  300,
);

await server.close();
await rm(folder, { recursive: true, force: true });
