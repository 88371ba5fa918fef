/**
 * `npm run test:chaos`: tracking runs, while everything that takes part in them is killed at random.
 *   node apps/server/chaos/run.ts [--engine pglite|postgresql|both] [--rounds 30] [--frames 60] [--seed 1]
 *                                 [--model miniature|builtin|ID]
 * Each round kills one of: an agent, the server, the inference process of an agent (all with SIGKILL), or, on PostgreSQL,
 * every connection of the server's database. Two agents serve the one function all the time. A person edits meanwhile.
 * Afterwards: every frame that was ever shown as done is there and unchanged, no frame was written under an older lease than
 * one before it, the person's edits are as they were left, and the masks equal those of a run that nobody disturbed. A
 * listener reads the stream of the job all the time: what it has from events alone equals the job, after each kill.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { maskOutline } from '@roto/annotations';
import { createNodeClient } from '@roto/client/node';
import { writeVideo } from '@roto/media';
import { makeScene, renderFrame } from '@roto/sample';
import { asc } from 'drizzle-orm';
import pg from 'pg';
import { miniatureFiles } from '../../../packages/model/src/weights/miniature.ts';
import { newSecret } from '../src/auth/secrets.ts';
import { openDatabase } from '../src/database/open.ts';
import { runFrames } from '../src/database/schema/index.ts';
import { JobListener } from './listener.ts';
import {
  ended,
  freePort,
  inferenceOf,
  type Place,
  serverUrl,
  sleep,
  startAgentProcess,
  startServerProcess,
} from './processes.ts';
import { createAsker, type Run, type Track, Witness } from './watcher.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'both' },
    rounds: { type: 'string', default: '30' },
    frames: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    model: { type: 'string', default: 'miniature' },
    keep: { type: 'boolean' },
  },
});
const POSTGRES = process.env.ROTO_TEST_POSTGRES ?? 'postgresql://postgres@127.0.0.1:5432/postgres';
const SIZE = { width: 320, height: 180 };
const frames = Number(values.frames);
const rounds = Number(values.rounds);

let state = Number(values.seed) >>> 0;
/** The same numbers for the same seed; the moments of the kills still depend on the machine. */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}
const say = (text: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
console.log(`seed ${values.seed}, model ${values.model}, ${rounds} rounds, ${frames} frames a run`);
for (const engine of values.engine === 'both' ? ['pglite', 'postgresql'] : [values.engine]) await chaos(engine);

async function chaos(engine: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-chaos-'));
  const database = engine === 'postgresql' ? await makeDatabase() : undefined;
  const place: Place = { folder, database, port: await freePort(), token: newSecret(), leaseMs: 4_000 };
  const ask = createAsker(place);
  const model = await modelFolder(folder);
  let server = await startServerProcess(place);
  const agents: ChildProcess[] = [];
  let stopping = false;
  let listener: JobListener | undefined;
  // However the loop ends, it leaves no process behind.
  process.on('exit', () => {
    for (const agent of agents) agent.kill('SIGKILL');
  });
  try {
    const { jobId, labelId, outlines } = await makeTask(place);
    listener = new JobListener(place, jobId);
    const fn = await ask<{ id: number }>('POST', '/api/functions', {
      provider: 'native',
      name: 'SAM 2',
      kind: 'tracker',
      supported_shape_types: ['mask', 'polygon', 'rectangle'],
    });
    const startAgent = (at: number): void => {
      const child = startAgentProcess(place, `agent${at}`, fn.id, model);
      agents[at] = child;
      // A server that is away longer than an agent waits ends it; whoever runs agents starts them again.
      void ended(child)
        .then(() => sleep(300))
        .then(() => {
          if (!stopping && agents[at] === child) startAgent(at);
        });
    };
    const startRun = async (): Promise<Run> => {
      const shapes = outlines.map((points) => ({
        type: 'polygon',
        frame: 0,
        label_id: labelId,
        points,
        attributes: [],
      }));
      const made = await ask<{ shapes: { id: number }[] }>('PATCH', `/api/jobs/${jobId}/annotations?action=create`, {
        version: 0,
        tags: [],
        tracks: [],
        shapes,
      });
      return ask<Run>('POST', '/api/runs', {
        job: jobId,
        function: fn.id,
        objects: made.shapes.map(({ id }) => ({ id })),
        start_frame: 0,
        target_frame: frames - 1,
        options: { convert_polygons_to_tracks: true },
      });
    };
    const finish = async (run: Run): Promise<Run> => {
      for (;;) {
        const now = await ask<Run>('GET', `/api/runs/${run.id}`);
        if (now.state === 'finished') return now;
        if (now.state !== 'queued' && now.state !== 'running')
          throw new Error(`Run ${run.id} ${now.state}: ${now.message}`);
        await sleep(200);
      }
    };

    startAgent(0);
    const undisturbed = await finish(await startRun());
    startAgent(1);
    const witness = new Witness(ask, jobId);
    const expected = await masksOf(witness, undisturbed);
    const found = expected.flat().filter((points) => points !== 'outside').length;
    if (found < frames)
      throw new Error(`The model finds too little to compare: ${found} of ${expected.flat().length}.`);
    say(
      `${engine}: undisturbed run of ${frames - 1} frames, ${outlines.length} objects, found on ${found} of ${expected.flat().length}`,
    );

    const kinds = ['agent', 'server', 'inference', ...(database ? ['connections'] : [])];
    const kills = new Map<string, number>();
    let done = 0;
    let runs = 0;
    while (done < rounds) {
      const run = await startRun();
      runs++;
      for (let now = run; ; ) {
        const target = Math.min(frames - 1, now.frames_done + 1 + Math.floor(random() * (frames / 6)));
        while (now.state !== 'finished' && now.frames_done < target) {
          await sleep(30 + random() * 200);
          now = await ask<Run>('GET', `/api/runs/${run.id}`);
          if (now.state === 'failed' || now.state === 'cancelled') throw new Error(`Run ${now.state}: ${now.message}`);
        }
        await witness.look(run);
        await listener.compare(ask);
        if (now.state === 'finished') break;
        if (random() < 0.3) await witness.edit(now, labelId, random);
        const kind = kinds[Math.floor(random() * kinds.length)]!;
        const at = Math.floor(random() * 2);
        let killed = true;
        if (kind === 'agent') agents[at]!.kill('SIGKILL');
        else if (kind === 'inference') {
          const pid = inferenceOf(agents[at]!);
          if (pid === undefined) killed = false;
          else process.kill(pid, 'SIGKILL');
        } else if (kind === 'server') {
          server.kill('SIGKILL');
          await ended(server);
          server = await startServerProcess(place);
        } else await endConnections(database!);
        if (!killed) continue;
        kills.set(kind, (kills.get(kind) ?? 0) + 1);
        say(`${engine}: round ${++done}, ${kind} killed at frame ${now.done_frame} of run ${runs}`);
      }
      const finished = await finish(run);
      compare(await masksOf(witness, finished), expected, finished, witness);
    }
    const shapes = (await ask<{ shapes: { id: number }[] }>('GET', `/api/jobs/${jobId}/annotations`)).shapes;
    const there = new Set(shapes.map(({ id }) => id));
    const lost = witness.drawn.filter((id) => !there.has(id));
    if (lost.length > 0) throw new Error(`Shapes that a person drew are gone: ${lost.join(', ')}.`);

    await listener.compare(ask);
    listener.stop();
    stopping = true;
    for (const agent of agents) agent.kill('SIGKILL');
    server.kill('SIGTERM');
    setTimeout(() => server.kill('SIGKILL'), 2_000).unref();
    await ended(server);
    const saved = await checkFences(place);
    const edits = [...witness.edits.values()].reduce((sum, each) => sum + each.size, 0);
    say(
      `${engine}: ${done} kills (${[...kills].map(([kind, count]) => `${kind} ${count}`).join(', ')}) in ${runs} runs; ` +
        `${saved} saved results with growing fences, ${witness.checks} looks without a loss, ${edits} edited keyframes and ` +
        `${witness.drawn.length} drawn shapes kept, all masks equal the undisturbed run; the stream of the job equalled it ` +
        `${listener.comparisons} times, over ${listener.connections} connections and ${listener.events} events`,
    );
    if (!values.keep) await rm(folder, { recursive: true, force: true });
  } catch (error) {
    console.error(`Logs of the processes: ${folder}`);
    throw error;
  } finally {
    stopping = true;
    listener?.stop();
    for (const agent of agents) agent.kill('SIGKILL');
    server.kill('SIGKILL');
    await ended(server);
    if (database && !values.keep)
      await administer(`drop database if exists ${new URL(database).pathname.slice(1)} with (force)`);
  }
}

/** Points by object and frame as text; `outside` where it is not seen. */
async function masksOf(witness: Witness, run: Run): Promise<string[][]> {
  const tracks = new Map<number, Track>((await witness.tracks()).map((track) => [track.id, track]));
  return run.objects.map(({ object }) =>
    Array.from({ length: frames }, (_, frame) => {
      const shape = tracks.get(object)!.shapes.findLast((each) => each.frame <= frame);
      return !shape || shape.outside ? 'outside' : JSON.stringify(shape.points);
    }),
  );
}

function compare(masks: string[][], expected: string[][], run: Run, witness: Witness): void {
  for (const [at, { object }] of run.objects.entries()) {
    const edits = witness.edits.get(object) ?? new Map<number, string>();
    for (let frame = 0; frame < frames; frame++) {
      const wanted = edits.get(frame) ?? expected[at]![frame];
      if (masks[at]![frame] !== wanted)
        throw new Error(
          `Frame ${frame} of track ${object} differs from the undisturbed run:\n${masks[at]![frame]}\n${wanted}`,
        );
    }
  }
}

/** Along each run, no frame was written under an older lease than the one before it. Returns how many results there are. */
async function checkFences(place: Place): Promise<number> {
  const options = place.database ? { url: place.database } : { folder: path.join(place.folder, 'server', 'database') };
  const database = await openDatabase(options);
  try {
    const rows = await database.db
      .select()
      .from(runFrames)
      .orderBy(asc(runFrames.runId), asc(runFrames.ordinal), asc(runFrames.frame));
    for (const [at, row] of rows.entries()) {
      const before = rows[at - 1];
      if (before?.runId !== row.runId || before.ordinal !== row.ordinal) continue;
      if (row.fence < before.fence)
        throw new Error(`Frame ${row.frame} of run ${row.runId} was written by a stale holder.`);
      if (row.frame !== before.frame + 1)
        throw new Error(`Frame ${before.frame + 1} of run ${row.runId} has no results.`);
    }
    return rows.length;
  } finally {
    await database.close();
  }
}

async function modelFolder(folder: string): Promise<string> {
  if (values.model !== 'miniature') return values.model;
  const at = path.join(folder, 'model');
  await mkdir(at, { recursive: true });
  const { config, weights } = miniatureFiles();
  await writeFile(path.join(at, 'config.json'), config);
  await writeFile(path.join(at, 'model.safetensors'), weights);
  return at;
}

/** A rendered clip as a task, and outlines of two of its objects on the first frame. */
async function makeTask(place: Place): Promise<{ jobId: number; labelId: number; outlines: number[][] }> {
  const scene = {
    ...makeScene({ seed: 1, difficulty: 'plain', frameCount: Math.max(120, frames), ...SIZE }),
    frameCount: frames,
  };
  const file = path.join(place.folder, 'clip.mp4');
  await writeVideo(
    file,
    scene,
    (async function* () {
      for (let frame = 0; frame < frames; frame++) yield { rgb: renderFrame(scene, frame).rgb };
    })(),
  );
  const outlines = renderFrame(scene, 0).masks.flatMap((mask) => {
    const points = maskOutline(mask);
    return points ? [points] : [];
  });
  const client = await createNodeClient({ host: serverUrl(place), credentials: { kind: 'token', token: place.token } });
  const task = await client.tasks.create({ name: 'chaos', labels: [{ name: 'thing' }] });
  await client.tasks.attach(task.id, [file], { image_quality: 70 });
  let jobId = 0;
  let labelId = 0;
  for await (const job of client.tasks.jobs(task.id)) jobId = job.id;
  for await (const label of client.tasks.labels(task.id)) labelId = label.id;
  return { jobId, labelId, outlines: outlines.slice(0, 2) };
}

async function makeDatabase(): Promise<string> {
  const name = `roto_chaos_${process.pid}`;
  await administer(`drop database if exists ${name} with (force)`);
  await administer(`create database ${name}`);
  const url = new URL(POSTGRES);
  url.pathname = `/${name}`;
  return url.href;
}

async function endConnections(database: string): Promise<void> {
  const name = new URL(database).pathname.slice(1);
  await administer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: POSTGRES });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
