import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RedisOptions } from '../states/redis.ts';

/** A reason why no Redis can be started here; undefined where one can. In CI a missing one is a failure. */
export function redisProblem(): string | undefined {
  if (process.env.CI || !spawnSync('redis-server', ['--version']).error) return undefined;
  return 'redis-server is not installed';
}

export type RedisProcess = AsyncDisposable & {
  readonly options: RedisOptions;
  /** Kills it and starts it again on the same folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** A redis-server of one test, on a free port, with these settings. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const values = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...settings];
    child = spawn('redis-server', values, { stdio: 'ignore' });
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries > 200) throw new Error('redis-server does not answer');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  await start();
  return {
    options: {
      host: '127.0.0.1',
      port,
      username: undefined,
      password: undefined,
      db: 0,
      tls: false,
      prefix: 'roto-test:',
    },
    async restart() {
      await stop();
      await start();
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
