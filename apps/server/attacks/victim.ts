import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

const MAIN = path.resolve(import.meta.dirname, '../../cli/src/main.ts');

/** A server as people start it, in a process of its own, and somebody who uses it meanwhile. */
export type Victim = {
  readonly url: string;
  /** An administrator's token. */
  readonly token: string;
  /** Does `work` while another user asks all the time. Returns what came of it, and how the others fared. */
  attack<T>(work: () => Promise<T>): Promise<{ readonly result: T } & Harm>;
  close(): Promise<void>;
};

export type Harm = {
  /** Milliseconds that another user waited for an answer, at most. */
  readonly slowestMs: number;
  /** Answers to others that were none, or not as they should be. */
  readonly failures: number;
  readonly isAlive: boolean;
  /** Bytes of memory, the most since the start. */
  readonly memory: number;
};

const PROBE_MS = 50;

export async function startVictim(): Promise<Victim> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-attack-'));
  const data = path.join(folder, 'data');
  const env = { ...process.env, HOME: folder };
  // Made before the server has the data for itself.
  const token = (await run(['token', 'create', 'attack', '--data', data], env)).trim();
  const server = spawn(
    process.execPath,
    [MAIN, 'serve', '--port', '0', '--no-agent', '--no-sample', '--data', data, '--log-level', 'error'],
    { env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [server.stdout!, server.stderr!]) stream.on('data', (text) => (said += text));
  const url = await new Promise<string>((resolve, reject) => {
    server.stdout!.on('data', () => {
      const found = /running at (http:\/\/\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
    server.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${said}`)));
  });
  console.log(`peak memory before any attack: ${Math.round(peakMemory(server) / 1e6)} MB`);
  return {
    url,
    token,
    async attack(work) {
      const probe = startProbe(url, token);
      const result = await work();
      // What the attack left behind is felt a moment later.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const harm = await probe.stop();
      return { result, ...harm, isAlive: server.exitCode === null, memory: peakMemory(server) };
    },
    async close() {
      server.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** In a thread of its own: an attack keeps this one busy. */
const PROBE = `
const { parentPort, workerData: { url, token, everyMs } } = require('node:worker_threads');
let slowestMs = 0, failures = 0, stopped = false;
parentPort.once('message', () => { stopped = true; });
(async () => {
  while (!stopped) {
    const began = performance.now();
    try {
      const answer = await fetch(url + '/api/users/self', {
        headers: { Authorization: 'Bearer ' + token }, signal: AbortSignal.timeout(60000),
      });
      await answer.arrayBuffer();
      if (answer.status !== 200) failures++;
    } catch { failures++; }
    slowestMs = Math.max(slowestMs, performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  parentPort.postMessage({ slowestMs: Math.round(slowestMs), failures });
})();`;

function startProbe(url: string, token: string) {
  const worker = new Worker(PROBE, { eval: true, workerData: { url, token, everyMs: PROBE_MS } });
  return {
    async stop(): Promise<Pick<Harm, 'slowestMs' | 'failures'>> {
      const said = once(worker, 'message');
      worker.postMessage('stop');
      const [harm] = (await said) as [Pick<Harm, 'slowestMs' | 'failures'>];
      await worker.terminate();
      return harm;
    },
  };
}

function peakMemory({ pid }: ChildProcess): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return Number.NaN;
  }
}

function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...argv], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout!.on('data', (text) => (said += text));
    child.once('exit', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`${argv.join(' ')} ended with ${code}`)),
    );
  });
}
