import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@roto/client';
import type { NodeClient } from '@roto/client/node';

/** The command line itself, started as a process of its own; its ending is `.js` in an installed package. */
const MAIN = path.resolve(import.meta.dirname, `../main${path.extname(import.meta.filename)}`);

/** Pause before an agent that ended is started again; doubles each time, up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** An agent that lived as long was well; the next pause is the first again. */
const WELL_MS = 60_000;
/** An agent that does not stop when it is asked to is ended after this. */
const PATIENCE_MS = 10_000;

/** What local agents serve: objects followed over frames, and objects found by clicks. */
export const LOCAL_FUNCTIONS = {
  tracker: {
    provider: 'native',
    // Clients show 'AI Tracker: ' before it.
    name: 'SAM2',
    kind: 'tracker',
    visibility: 'public',
    supported_shape_types: ['mask', 'polygon', 'rectangle'],
  },
  interactor: {
    provider: 'native',
    name: 'SAM2 clicks',
    kind: 'interactor',
    visibility: 'public',
    min_pos_points: 0,
    min_neg_points: 0,
    startswith_box_optional: true,
  },
} as const;

/** The function that a local agent serves: the noted one, else a new one. */
export async function findFunction(
  client: NodeClient,
  kind: keyof typeof LOCAL_FUNCTIONS,
  noted: number | undefined,
  signal: AbortSignal,
): Promise<number> {
  if (noted !== undefined) {
    try {
      return (await client.functions.get(noted, signal)).id;
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }
  const { id } = await client.functions.create(LOCAL_FUNCTIONS[kind], signal);
  return id;
}

export type LocalAgent = {
  /** Stops the agent and starts no other. */
  stop(): Promise<void>;
};

/**
 * Runs `roto function run-agent` in a process of its own, so that whatever happens to the model does not happen to the
 * server, and starts it again whenever it ends. `say` is given its lines and what became of it.
 */
export function startLocalAgent(options: {
  readonly functionId: number;
  readonly server: string;
  readonly token: string;
  readonly arguments: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}): LocalAgent {
  const stopping = new AbortController();
  let child: ChildProcess | undefined;

  const running = (async () => {
    let pause = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const began = Date.now();
      child = start();
      const end = await ended(child);
      child = undefined;
      if (stopping.signal.aborted) return;
      pause = Date.now() - began >= WELL_MS ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, pause * 2);
      options.say(`ended (${end}); started again in ${Math.round(pause / 1000)} s`);
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();

  function start(): ChildProcess {
    const argv = ['function', 'run-agent', String(options.functionId), '--server-host', options.server];
    const next = spawn(process.execPath, [MAIN, ...argv, ...options.arguments], {
      env: { ...options.env, CVAT_ACCESS_TOKEN: options.token },
      // The channel says nothing: it breaks when this process is killed, and the agent ends.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl+C of the terminal is the server's alone; it stops its agent when it is ready to.
      detached: process.platform !== 'win32',
    });
    for (const stream of [next.stdout!, next.stderr!]) createInterface({ input: stream }).on('line', options.say);
    return next;
  }

  return {
    async stop() {
      stopping.abort();
      child?.kill('SIGTERM');
      const impatient = setTimeout(() => child?.kill('SIGKILL'), PATIENCE_MS);
      await running;
      clearTimeout(impatient);
    },
  };
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
}
