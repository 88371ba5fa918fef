import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { World } from './world.ts';

const main = path.resolve(import.meta.dirname, '../main.ts');

/** The state in which a process of its own ended, and how often it told of the events. */
export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly frames: number;
  readonly stderr: string;
};

/** Runs `roto` with --json in a process of its own and sends it a signal when it has told `after` of the events. */
export function runAndSignal(
  world: World,
  signal: NodeJS.Signals,
  after: number,
  argv: readonly string[],
  events: readonly string[] = ['frame'],
): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...argv, '--json'], {
    env: { ...process.env, ...world.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let frames = 0;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (events.includes(JSON.parse(line).event) && ++frames === after) child.kill(signal);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, killedBy) => resolve({ code, signal: killedBy, frames, stderr }));
  });
}
