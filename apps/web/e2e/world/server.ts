import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MAIN = path.resolve(import.meta.dirname, '../../../cli/src/main.ts');

/** `roto serve` in a process of its own, on a free port and with a folder that goes away with it. */
export type RotoServer = {
  readonly url: string;
  /** What it printed so far. */
  readonly said: () => string;
  readonly pid: number;
  /** Of its database and media. */
  readonly folder: string;
  /** A link that signs in once; each start prints one. */
  readonly link: () => string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same folder and port. */
  start(): Promise<void>;
  close(): Promise<void>;
};

export async function startRoto(
  options: { readonly agent?: boolean; readonly sample?: boolean; readonly page?: boolean } = {},
): Promise<RotoServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-web-'));
  let child: ChildProcess;
  let text = '';
  let port = '0';

  const start = async (): Promise<void> => {
    text = '';
    const argv = ['serve', '--port', port, '--data', path.join(folder, 'data')];
    if (options.agent === false) argv.push('--no-agent');
    if (options.sample === false) argv.push('--no-sample');
    if (options.page === false) argv.push('--no-page');
    child = spawn(process.execPath, [MAIN, ...argv], {
      env: { ...process.env, XDG_CACHE_HOME: path.join(folder, 'cache') },
    });
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (piece) => (text += piece));
    await until(
      () => /Ctrl\+C stops/.test(text),
      240_000,
      () => text,
    );
    port = new URL(urlIn(text)).port;
  };
  const exited = () =>
    new Promise((resolve) =>
      child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve(0),
    );
  await start();
  return {
    get url() {
      return urlIn(text);
    },
    get pid() {
      return child.pid!;
    },
    folder,
    said: () => text,
    link: () => /http:\S+\/sign-in\/\w+/.exec(text)![0],
    async kill() {
      child.kill('SIGKILL');
      await exited();
    },
    start,
    async close() {
      child.kill('SIGTERM');
      const impatient = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await exited();
      clearTimeout(impatient);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const urlIn = (text: string): string => /running at (http:\S+)/.exec(text)![1]!;

export async function until(holds: () => boolean | Promise<boolean>, ms: number, said: () => string): Promise<void> {
  for (const end = Date.now() + ms; !(await holds()); await sleep(100))
    if (Date.now() > end) throw new Error(`It did not come about in ${ms / 1000} s. ${said().slice(-2_000)}`);
}
