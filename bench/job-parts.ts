// What a page asks of a big job over HTTP on loopback, client and server in two processes: a window of frames, what changed
// since a version, one keyframe changed, and how long it takes from a saved frame to its event at listeners:
//   node bench/job-parts.ts [--engine pglite|postgresql] [--tracks 100] [--frames 3000] [--rounds 100] [--listeners 20]
// Exit code 1 when a bar is missed. The database of `pglite` lies in a folder, as `roto serve` has it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
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
    rounds: { type: 'string', default: '100' },
    listeners: { type: 'string', default: '20' },
    serve: { type: 'boolean', default: false },
  },
});
const [tracks, frames, rounds] = [Number(values.tracks), Number(values.frames), Number(values.rounds)];
const OBJECTS = 3;
if (values.serve) await serve();
else await drive();

type Started = { readonly url: string; readonly token: string; readonly jobId: number; readonly label: number };

/** Twelve points with two decimals. */
function points(): number[] {
  return Array.from({ length: 24 }, (_, i) => Math.round((400 + Math.random() * 600 + i) * 100) / 100);
}

/** The child: the server. Told a frame, it saves it for three objects in one transaction, as a run does. */
async function serve(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-bench-'));
  const server = await testServer(values.engine as Engine, { databaseFolder: path.join(folder, 'database') });
  const ann = await server.user('ann');
  const { db } = server.context;
  const task = await annotatedTask(db, ann.id, [[0, frames + 999]], { width: 1920, height: 1080 });
  const jobId = task.jobIds[0]!;
  const run = { runId: crypto.randomUUID(), userId: ann.id, backward: false };
  process.on('message', async (message: { objects?: number[]; frame?: number; cpu?: true; stop?: true }) => {
    if (message.cpu) {
      const { user, system } = process.cpuUsage();
      return process.send!({ took: (user + system) / 1_000 });
    }
    if (message.stop) {
      await server.close();
      await rm(folder, { recursive: true, force: true });
      return process.disconnect();
    }
    const objects = message.objects!;
    if (message.frame === undefined) {
      for (const objectId of objects)
        await transact(db, (tx) => trackForRun(tx, { ...run, jobId, objectId, startFrame: frames - 1, convert: true }));
      return process.send!({ took: 0 });
    }
    const { frame } = message;
    const start = performance.now();
    await transact(db, async (tx) => {
      for (const objectId of objects) {
        const shape = { type: 'polygon' as const, points: points() };
        await saveTracked(tx, { ...run, objectId, frame, shape, presence: 4, predictedIou: 0.9 });
      }
    });
    process.send!({ took: performance.now() - start });
  });
  process.send!({ url: server.url, token: ann.token, jobId, label: task.labels.car } satisfies Started);
}

type Measured = { readonly p50: number; readonly p95: number; readonly p99: number };

async function drive(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--serve']);
  const [started] = (await once(child, 'message')) as [Started];
  const job = `${started.url}/api/jobs/${started.jobId}`;
  const headers = { Authorization: `Bearer ${started.token}` };
  const save = async (objects: number[], frame?: number): Promise<number> => {
    const answer = once(child, 'message');
    child.send({ objects, ...(frame === undefined ? {} : { frame }) });
    return ((await answer)[0] as { took: number }).took;
  };
  /** Milliseconds of processor time that the server has taken so far: a busy machine changes it less than wall time. */
  const cpu = async (): Promise<number> => {
    const answer = once(child, 'message');
    child.send({ cpu: true });
    return ((await answer)[0] as { took: number }).took;
  };
  const patch = async <T>(at: string, data: unknown): Promise<{ body: T; bytes: number }> => {
    const sent = JSON.stringify(data);
    const answer = await fetch(`${job}/annotations${at}`, {
      method: 'PATCH',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: sent,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return { body: JSON.parse(text) as T, bytes: sent.length + text.length };
  };
  /** Milliseconds to the first byte and to the last, and bytes; not compressed. */
  const read = (at: string) =>
    new Promise<{ first: number; last: number; bytes: number; status: number }>((resolve, reject) => {
      const start = performance.now();
      get(`${job}${at}`, { headers }, (answer: IncomingMessage) => {
        const first = performance.now() - start;
        let bytes = 0;
        answer.on('data', (piece: Buffer) => {
          bytes += piece.length;
        });
        answer.on('end', () => resolve({ first, last: performance.now() - start, bytes, status: answer.statusCode! }));
        answer.on('error', reject);
      }).on('error', reject);
    });

  const load = () => `load ${loadavg()[0]!.toFixed(1)}`;
  console.log(
    `${values.engine}, ${tracks} tracks x ${frames} keyframes of 12 points; Node ${process.version}, ${cpus().length} x ${cpus()[0]!.model.trim()}, ${load()}; ${new Date().toISOString()}`,
  );
  type Made = { tracks: { id: number; revision: number }[] };
  const made: number[] = [];
  for (let i = 0; i < tracks; i++) {
    const shapes = Array.from({ length: frames }, (_, frame) => ({ type: 'polygon', frame, points: points() }));
    const { body } = await patch<Made>('?action=create', { tracks: [{ frame: 0, label_id: started.label, shapes }] });
    made.push(body.tracks[0]!.id);
  }
  const whole = await read('/annotations');
  console.log(`the job: ${(whole.bytes / 1e6).toFixed(1)} MB, read in ${whole.last.toFixed(0)} ms`);

  let isMissed = false;
  const tell = (name: string, times: readonly number[], which: keyof Measured, bar: number, more = ''): void => {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    const measured: Measured = { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
    const isMet = measured[which] <= bar;
    isMissed ||= !isMet;
    const text = (Object.entries(measured) as [string, number][]).map(([n, v]) => `${n} ${v.toFixed(1)}`).join('  ');
    console.log(
      `${name.padEnd(54)} ${text} ms  ${isMet ? 'meets' : 'MISSES'} ${which} ${bar} ms  n ${times.length}, ${load()}${more}`,
    );
  };
  const reads = async (name: string, at: () => string, bar: number, of: 'first' | 'last', which: keyof Measured) => {
    const times: number[] = [];
    let most = 0;
    const before = await cpu();
    for (let round = 0; round < rounds; round++) {
      const answer = await read(at());
      if (answer.status !== 200) throw new Error(`${at()}: ${answer.status}`);
      times.push(answer[of]);
      most = Math.max(most, answer.bytes);
    }
    const each = ((await cpu()) - before) / rounds;
    tell(name, times, which, bar, `, server cpu ${each.toFixed(1)} ms, at most ${(most / 1e6).toFixed(3)} MB`);
  };

  await reads(
    'window of 200 frames',
    () => {
      const from = Math.floor(Math.random() * (frames - 200));
      return `/annotations?from=${from}&to=${from + 199}`;
    },
    60,
    'last',
    'p50',
  );
  const { body: now } = await patch<{ version: number }>('?action=batch', {});
  await reads('since, nothing changed, first byte', () => `/annotations?since=${now.version}`, 10, 'first', 'p50');
  if ((await read('/annotations/summary')).status === 200)
    await reads('summary', () => '/annotations/summary', 60, 'last', 'p50');

  const times: number[] = [];
  let bytes = 0;
  const before = await cpu();
  for (let round = 0; round < rounds; round++) {
    const frame = Math.floor(Math.random() * frames);
    const start = performance.now();
    const answer = await patch(`/${made[round % made.length]}/keyframes`, {
      set: [{ type: 'polygon', frame, points: points() }],
    });
    times.push(performance.now() - start);
    bytes = Math.max(bytes, answer.bytes);
  }
  const each = ((await cpu()) - before) / rounds;
  tell(
    'one keyframe changed',
    times,
    'p99',
    40,
    `, server cpu ${each.toFixed(1)} ms, at most ${bytes} bytes both ways`,
  );

  await listen();
  child.send({ stop: true });
  await once(child, 'exit');
  process.exitCode = isMissed ? 1 : 0;

  /** From before the save of a frame of three objects to its shapes at each listener. */
  async function listen(): Promise<void> {
    const objects = made.slice(0, OBJECTS);
    await save(objects);
    const heard = new Map<number, number[]>();
    const leave = new AbortController();
    const count = Number(values.listeners);
    for (let i = 0; i < count; i++) {
      const answer = await fetch(`${job}/events?objects=${objects.join(',')}`, { headers, signal: leave.signal });
      (async () => {
        let text = '';
        for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
          text += chunk;
          const messages = text.split('\n\n');
          text = messages.pop()!;
          for (const message of messages)
            if (message.startsWith('event: keyframes') && message.includes(`"id":${objects.at(-1)},`)) {
              const frame = Number(/"shapes":\[\{"frame":(\d+)/.exec(message)?.[1]);
              heard.get(frame)?.push(performance.now());
            }
        }
      })().catch(() => undefined);
    }
    const [saves, latencies]: [number[], number[]] = [[], []];
    for (let frame = frames; frame < frames + rounds; frame++) {
      const times: number[] = [];
      heard.set(frame, times);
      const start = performance.now();
      saves.push(await save(objects, frame));
      while (times.length < count) {
        if (performance.now() - start > 10_000) throw new Error(`Frame ${frame} reached ${times.length} of ${count}.`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      latencies.push(...times.map((at) => at - start));
    }
    tell(`a frame of ${OBJECTS} tracks saved, in the server`, saves, 'p99', 100);
    tell(`from the start of that save to its shapes, ${count} listeners`, latencies, 'p95', 150);
    leave.abort();
  }
}
