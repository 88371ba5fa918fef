/**
 * Wall time of a run through server and agent over that of `roto track` on the same file, with the same model and threads.
 * Exit code 1 when the median ratio is above 1.10.
 *
 *     node bench/server-overhead.ts [--frames 200] [--pairs 3] [--threads 4] [--size 1280x720] [--json FILE]
 *
 * A rendered clip; one object by its outline on frame 0, the built-in model. `roto track` is timed from the start of its
 * process to its end, writing its polygons (`--format cvat`); the run from the request that makes it to the event that it
 * is finished. Server, agent and inference are processes of their own, and the agent is up, as an agent is. `tracking` is
 * what `roto track` says of its frames alone, without the start of the process and of the model: the stricter measure.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createNodeClient, type NodeClient } from '@roto/client/node';
import { ringToFlat, traceMask } from '@roto/geometry';
import { writeVideo } from '@roto/media';
import { makeScene, renderFrame } from '@roto/sample';
import { DEFAULT_SERVER_LIMITS, firstOwner, replaceAccessToken, startServer } from '@roto/server';

const { values: options } = parseArgs({
  options: {
    frames: { type: 'string', default: '200' },
    pairs: { type: 'string', default: '3' },
    threads: { type: 'string', default: '4' },
    size: { type: 'string', default: '1280x720' },
    json: { type: 'string' },
    /** Set for the process of the server: its folder. */
    server: { type: 'string' },
  },
});
const bar = 1.1;
const roto = path.resolve(import.meta.dirname, '../apps/cli/src/main.ts');

if (options.server) await serve(options.server);
else await measure();

/** The server alone, in a process of its own; tells where it is and how to sign in, and ends when its input does. */
async function serve(folder: string): Promise<void> {
  const config = { folder, host: '127.0.0.1', port: 0, limits: DEFAULT_SERVER_LIMITS };
  const server = await startServer(config, (error, where) => console.error(`fault at ${where}:`, error));
  const owner = await firstOwner(server.context.db);
  const { value: token } = await replaceAccessToken(server.context.db, { userId: owner.id, name: 'bench' });
  console.log(JSON.stringify({ url: server.url, token }));
  for await (const _ of process.stdin);
  await server.close();
}

async function measure(): Promise<void> {
  const frameCount = Number(options.frames) + 1;
  const [width, height] = options.size.split('x').map(Number) as [number, number];
  const folder = mkdtempSync(path.join(tmpdir(), 'roto-overhead-'));
  const processes: ChildProcess[] = [];
  try {
    const scene = makeScene({ seed: 2, width, height, frameCount });
    const clip = path.join(folder, 'clip.mp4');
    const first = renderFrame(scene, 0);
    const frames = (function* () {
      for (let i = 0; i < frameCount; i++) yield renderFrame(scene, i);
    })();
    console.error(`rendering ${frameCount} frames of ${width} × ${height} …`);
    await writeVideo(clip, scene, frames);
    const [largest] = [...traceMask(first.masks[0]!, 8)].sort((a, b) => b.outer.length - a.outer.length);
    const outline = ringToFlat(largest!.outer);

    const env = { ...process.env, ROTO_CACHE: path.join(folder, 'cache') };
    const server = spawn(process.execPath, [import.meta.filename, '--server', path.join(folder, 'data')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    processes.push(server);
    const { url, token } = JSON.parse(await line(server.stdout!, (text) => text.startsWith('{')));
    const client = await createNodeClient({ host: url, credentials: { kind: 'token', token } });
    const { id: taskId } = await client.tasks.create({ name: 'clip', labels: [{ name: 'thing' }] });
    await client.tasks.attach(taskId, [clip], {});
    const shapes = ['mask', 'polygon', 'rectangle'];
    const { id: functionId } = await client.functions.create({
      provider: 'native',
      name: 'SAM2',
      kind: 'tracker',
      supported_shape_types: shapes,
    });
    const agent = spawn(
      process.execPath,
      [roto, 'function', 'run-agent', String(functionId), '--server-host', url, '-p', `threads=int:${options.threads}`],
      { env: { ...env, CVAT_ACCESS_TOKEN: token }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    processes.push(agent);
    await line(agent.stderr!, (text) => text.includes('Connected to the queue'));

    const pairs = [];
    // The first pair fills the caches on both sides: built graphs, the file of the task.
    for (let pair = 0; pair <= Number(options.pairs); pair++) {
      const command = await timeCommand(clip, outline, path.join(folder, `out-${pair}`), env);
      const run = await timeRun(client, taskId, functionId, outline, frameCount - 1);
      console.error(
        `${pair === 0 ? 'warm-up' : `pair ${pair}`}: roto track ${command.wall.toFixed(2)} s (tracking ${command.tracking.toFixed(2)} s), run ${run.toFixed(2)} s`,
      );
      if (pair > 0) pairs.push({ command: command.wall, tracking: command.tracking, run });
    }
    const ratio = median(pairs.map(({ run, command }) => run / command));
    const strict = median(pairs.map(({ run, tracking }) => run / tracking));
    const report = { date: new Date().toISOString(), ...options, pairs, ratio, ratioToTracking: strict, bar };
    console.log(`run / roto track: ${ratio.toFixed(3)} (bar ${bar}); run / tracking alone: ${strict.toFixed(3)}`);
    if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
    process.exitCode = ratio <= bar ? 0 : 1;
  } finally {
    for (const child of processes.reverse()) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.stdin) child.stdin.end();
      else child.kill('SIGTERM');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timeCommand(clip: string, outline: readonly number[], out: string, env: NodeJS.ProcessEnv) {
  const polygon = outline.map((value, i) => `${value}${i % 2 === 0 ? ',' : ' '}`).join('');
  const argv = [roto, 'track', clip, '--polygon', polygon, '--threads', options.threads];
  const began = performance.now();
  const child = spawn(process.execPath, [...argv, '--format', 'cvat', '-o', out, '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let tracking = 0;
  createInterface({ input: child.stdout! }).on('line', (text) => {
    const event = JSON.parse(text);
    if (event.event === 'done') tracking = event.seconds;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`roto track ended with ${code}`);
  return { wall: (performance.now() - began) / 1000, tracking };
}

async function timeRun(
  client: NodeClient,
  taskId: number,
  functionId: number,
  outline: readonly number[],
  last: number,
): Promise<number> {
  const [label] = await Array.fromAsync(client.tasks.labels(taskId));
  const [job] = await Array.fromAsync(client.tasks.jobs(taskId));
  const track = { frame: 0, label_id: label!.id, shapes: [{ type: 'polygon' as const, frame: 0, points: outline }] };
  const made = await client.patchJobAnnotations(job!.id, 'create', { tracks: [track] });
  const { id } = made.tracks[0]!;
  const began = performance.now();
  const run = await client.runs.create({
    function: functionId,
    job: job!.id,
    start_frame: 0,
    target_frame: last,
    objects: [{ id }],
  });
  let state = '';
  for await (const event of client.runs.follow(run.id)) if (event.kind === 'progress') state = event.run.state;
  if (state !== 'finished') throw new Error(`the run is ${state}`);
  return (performance.now() - began) / 1000;
}

/** The first line that says what is waited for. */
function line(stream: NodeJS.ReadableStream, wanted: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stream });
    const last: string[] = [];
    lines.on('line', (text) => {
      last.push(text);
      if (wanted(text)) resolve(text);
    });
    lines.once('close', () => reject(new Error(`the process ended: ${last.slice(-5).join('\n')}`)));
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
