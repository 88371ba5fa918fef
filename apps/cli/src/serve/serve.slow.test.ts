import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

// What `npm start` does on a machine that has never seen it, with the built-in model. Takes a minute.

const MAIN = path.resolve(import.meta.dirname, '../main.ts');
let folder: string;
let server: ChildProcess;
let said = '';

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'roto-first-'));
});
afterEach(async () => {
  server.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function start(): void {
  said = '';
  server = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--data', path.join(folder, 'data')], {
    env: { ...process.env, XDG_CACHE_HOME: path.join(folder, 'cache') },
  });
  for (const stream of [server.stdout!, server.stderr!]) stream.on('data', (text) => (said += text));
}

async function until(text: RegExp): Promise<RegExpExecArray> {
  await expect.poll(() => said, { timeout: 240_000, interval: 200 }).toMatch(text);
  return text.exec(said)!;
}

/** Signs in by the printed link and asks as the owner. */
async function signIn() {
  const [, base, path] = await until(/(http:\/\/[\d.:]+)(\/sign-in\/\w+)/);
  const answer = await fetch(base! + path!, { redirect: 'manual' });
  const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0]!);
  const csrf = cookies[0]!.slice('csrftoken='.length);
  return async (method: string, at: string, body?: object) => {
    const reply = await fetch(base! + at, {
      method,
      headers: { Cookie: cookies.join('; '), 'X-CSRFToken': csrf, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${at}: ${reply.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
}

it('makes everything that a first run needs, follows an object, and survives the loss of its agent', async () => {
  start();
  const ask = await signIn();
  await until(/Ctrl\+C stops the server/);
  expect(said).toMatch(/Sample: task 1/);
  const run = await ask('POST', '/api/runs', {
    function: 1,
    job: 1,
    start_frame: 0,
    target_frame: 20,
    options: { convert_polygons_to_tracks: true },
  });
  const look = () => ask('GET', `/api/runs/${run.id}`);
  await expect.poll(async () => (await look()).frames_done, { timeout: 240_000 }).toBeGreaterThan(2);
  // The agent is killed as by a crash of its machine; the server starts another, which goes on.
  const agents = execFileSync('pgrep', ['-P', String(server.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  expect(agents).toHaveLength(1);
  process.kill(Number(agents[0]), 'SIGKILL');
  await until(/agent: ended \(signal SIGKILL\); started again/);
  // Until its lease is over nobody else is given the run; the next start of the server does not wait for that either.
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  expect(server.exitCode).toBe(0);
  expect(said).toMatch(/Stopped\./);

  start();
  const again = await signIn();
  await until(/Ctrl\+C stops the server/);
  expect(said).not.toMatch(/Sample: task/);
  const tasks = await again('GET', '/api/tasks');
  const functions = await again('GET', '/api/functions');
  expect([tasks.count, functions.count]).toEqual([1, 2]);
  const state = async () => again('GET', `/api/runs/${run.id}`);
  await expect.poll(async () => (await state()).state, { timeout: 500_000, interval: 1_000 }).toBe('finished');
  expect((await state()).frames_done).toBe(20);
}, 900_000);
