// How long it takes to read and to save the annotations of a big job over HTTP on loopback, client and server in two
// processes; beside each time the processor time that the server took for it, which a busy machine changes less:
//   node bench/annotations-load.ts [--engine pglite|postgresql] [--tracks 100] [--frames 3000] [--rounds 30]
// The database of `pglite` lies in a folder, as `roto serve` has it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { annotatedTask } from '../apps/server/src/annotations/testing/annotated-task.ts';
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
    serve: { type: 'boolean', default: false },
  },
});
const [tracks, frames, rounds] = [Number(values.tracks), Number(values.frames), Number(values.rounds)];
if (values.serve) await serve();
else await drive();

type Started = { readonly url: string; readonly token: string; readonly jobId: number; readonly label: number };
type Answer = { readonly cpu: number; readonly times?: number[] };

/** Twelve points with two decimals. */
function points(): number[] {
  return Array.from({ length: 24 }, (_, i) => Math.round((400 + Math.random() * 600 + i) * 100) / 100);
}

/** The child: the server. It is asked for its processor time, and to save frames as a run does. */
async function serve(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-bench-'));
  const server = await testServer(values.engine as Engine, { databaseFolder: path.join(folder, 'database') });
  const ann = await server.user('ann');
  const { db } = server.context;
  const task = await annotatedTask(db, ann.id, [[0, frames + 499]], { width: 1920, height: 1080 });
  const jobId = task.jobIds[0]!;
  const run = { runId: crypto.randomUUID(), userId: ann.id, backward: false };
  const saveFrames = async (objectId: number): Promise<number[]> => {
    const target = { ...run, jobId, objectId, startFrame: frames - 1, convert: true };
    await transact(db, (tx) => trackForRun(tx, target));
    const times: number[] = [];
    for (let frame = frames; frame < frames + 300; frame++) {
      const start = performance.now();
      const shape = { type: 'polygon' as const, points: points() };
      const result = { ...run, objectId, frame, shape, presence: 4, predictedIou: 0.9 };
      if ((await transact(db, (tx) => saveTracked(tx, result))) !== 'saved')
        throw new Error(`frame ${frame} was not saved`);
      times.push(performance.now() - start);
    }
    return times;
  };
  process.on('message', async (message: { track?: number; stop?: true }) => {
    if (message.stop) {
      await server.close();
      await rm(folder, { recursive: true, force: true });
      process.disconnect();
      return;
    }
    const times = message.track === undefined ? undefined : await saveFrames(message.track);
    const { user, system } = process.cpuUsage();
    process.send!({ cpu: (user + system) / 1_000, times } satisfies Answer);
  });
  process.send!({ url: server.url, token: ann.token, jobId, label: task.labels.car } satisfies Started);
}

type Track = { readonly id: number; readonly revision: number; readonly shapes: { frame: number; points: number[] }[] };

async function drive(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--serve']);
  const [started] = (await once(child, 'message')) as [Started];
  const at = `${started.url}/api/jobs/${started.jobId}/annotations`;
  const headers = { Authorization: `Bearer ${started.token}` };
  const ask = async (message: { track?: number } = {}): Promise<Answer> => {
    const answer = once(child, 'message');
    child.send(message);
    return (await answer)[0] as Answer;
  };
  const patch = async (action: string, data: unknown): Promise<{ tracks: Track[] }> => {
    const answer = await fetch(`${at}?action=${action}`, {
      method: 'PATCH',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(data),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as { tracks: Track[] };
  };
  const readAll = () =>
    new Promise<number>((resolve, reject) => {
      get(at, { headers }, (answer) => {
        let bytes = 0;
        answer.on('data', (piece: Buffer) => {
          bytes += piece.length;
        });
        answer.on('end', () => resolve(bytes)).on('error', reject);
      }).on('error', reject);
    });

  const machine = `Node ${process.version}, ${cpus().length} x ${cpus()[0]!.model.trim()}`;
  const load = () => `load ${loadavg()[0]!.toFixed(1)}`;
  console.log(
    `${values.engine}, ${tracks} tracks x ${frames} keyframes of 12 points; ${machine}, ${load()}; ${new Date().toISOString()}`,
  );
  const made: Track[] = [];
  const filling = performance.now();
  for (let i = 0; i < tracks; i++) {
    const shapes = Array.from({ length: frames }, (_, frame) => ({ type: 'polygon', frame, points: points() }));
    made.push((await patch('create', { tracks: [{ frame: 0, label_id: started.label, shapes }] })).tracks[0]!);
  }
  console.log(`filled in ${((performance.now() - filling) / 1000).toFixed(1)} s`);

  const tell = (name: string, times: number[], cpu: number) => {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number) =>
      `${sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1)} ms`;
    const mean = `${(cpu / times.length).toFixed(1)} ms`;
    console.log(
      `${name.padEnd(52)} p50 ${at(0.5).padStart(10)}  p99 ${at(0.99).padStart(10)}  server cpu ${mean.padStart(9)}  n ${times.length}, ${load()}`,
    );
  };
  const measure = async (name: string, count: number, work: (round: number) => Promise<unknown>) => {
    const before = await ask();
    const times: number[] = [];
    for (let round = 0; round < count; round++) {
      const start = performance.now();
      await work(round);
      times.push(performance.now() - start);
    }
    tell(name, times, (await ask()).cpu - before.cpu);
  };
  let bytes = 0;
  const read = async () => {
    bytes = await readAll();
  };
  await measure('GET all, for the first time', 1, read);
  await measure('GET all, after that', Math.max(10, Math.floor(rounds / 2)), read);
  console.log(`  ${(bytes / 1e6).toFixed(1)} MB`);

  const save = async (changed: Track[]) => {
    for (const track of (await patch('update', { tracks: changed })).tracks)
      made[made.findIndex(({ id }) => id === track.id)] = track;
  };
  const edited = (i: number): Track => {
    const track = made[i % tracks]!;
    const where = Math.floor(Math.random() * frames);
    return { ...track, shapes: track.shapes.map((each, f) => (f === where ? { ...each, points: points() } : each)) };
  };
  await measure('PATCH update of one track, one keyframe changed', rounds, (round) => save([edited(round)]));
  await measure('PATCH update of three tracks, one keyframe each', rounds, (round) =>
    save([edited(3 * round), edited(3 * round + 1), edited(3 * round + 2)]),
  );
  await measure('PATCH create of five plain polygons', rounds, () => {
    const shapes = [0, 1, 2, 3, 4].map((frame) => ({
      type: 'polygon',
      frame,
      points: points(),
      label_id: started.label,
    }));
    return patch('create', { shapes });
  });
  const before = await ask();
  const after = await ask({ track: made[0]!.id });
  tell('saveTracked: one new frame of one object', after.times!, after.cpu - before.cpu);
  child.send({ stop: true });
  await once(child, 'exit');
}
