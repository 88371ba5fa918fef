import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

const MAIN = path.resolve(import.meta.dirname, '../../cli/src/main.ts');

export type Place = {
  /** Everything that the loop writes. */
  readonly folder: string;
  readonly database: string | undefined;
  readonly port: number;
  readonly token: string;
  readonly leaseMs: number;
};

export function serverUrl({ port }: Place): string {
  return `http://127.0.0.1:${port}`;
}

/** Starts a server and waits until it listens. */
export async function startServerProcess(place: Place): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt++) {
    const child = fork(path.join(import.meta.dirname, 'server-process.ts'), {
      env: {
        ...process.env,
        CHAOS_FOLDER: path.join(place.folder, 'server'),
        CHAOS_DATABASE: place.database ?? '',
        CHAOS_PORT: String(place.port),
        CHAOS_TOKEN: place.token,
        CHAOS_LEASE_MS: String(place.leaseMs),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    log(place, 'server', child);
    const isUp = await new Promise<boolean>((resolve) => {
      child.once('message', () => resolve(true));
      child.once('exit', () => resolve(false));
    });
    if (isUp) return child;
    if (attempt === 5) throw new Error(`The server does not start; see ${path.join(place.folder, 'server.log')}.`);
    await sleep(500);
  }
}

/** An agent as a user starts it. */
export function startAgentProcess(place: Place, name: string, functionId: number, model: string): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      MAIN,
      'function',
      'run-agent',
      String(functionId),
      '--server-host',
      serverUrl(place),
      '--state-store',
      `folder:${path.join(place.folder, 'states')}`,
      '-p',
      `model_id=str:${model}`,
      '-p',
      'threads=int:1',
    ],
    { env: { ...process.env, CVAT_ACCESS_TOKEN: place.token }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  log(place, name, child);
  return child;
}

/** The process in which an agent's model runs. */
export function inferenceOf(agent: ChildProcess): number | undefined {
  try {
    const children = execFileSync('pgrep', ['-P', String(agent.pid)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    return children.map(Number).find((pid) => pid > 0);
  } catch {
    return undefined;
  }
}

function log(place: Place, name: string, child: ChildProcess): void {
  const file = createWriteStream(path.join(place.folder, `${name}.log`), { flags: 'a' });
  child.stdout?.pipe(file, { end: false });
  child.stderr?.pipe(file, { end: false });
}

export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
