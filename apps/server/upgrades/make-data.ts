/**
 * Makes the data of an older release, for the test that opens it: with the code of that release, which is checked out
 * somewhere and installed.
 *
 *     node apps/server/upgrades/make-data.ts --checkout DIR --postgres postgresql://postgres@127.0.0.1/postgres
 *
 * DIR/apps/server is started as its own process would start it, once on the embedded database and once on a new database
 * of that PostgreSQL, and is used as a client uses it: images, shapes, tracks and tags, people, an organization, a function
 * and a run that an agent followed to its end. What the server then answers is kept beside the data. Needs pg_dump.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import pg from 'pg';
import sharp from 'sharp';

const { values } = parseArgs({
  options: {
    checkout: { type: 'string' },
    postgres: { type: 'string', default: 'postgresql://postgres@127.0.0.1:5432/postgres' },
    name: { type: 'string' },
  },
});
if (!values.checkout || !values.name) throw new Error('Give --checkout DIR and --name NAME.');
const into = path.join(import.meta.dirname, values.name);
mkdirSync(into, { recursive: true });

type Answer = { readonly status: number; readonly body: unknown };
type Ask = (method: string, at: string, body?: unknown) => Promise<unknown>;

const old = await import(path.join(path.resolve(values.checkout), 'apps/server/src/index.ts'));
await embedded();
await postgres();

async function embedded(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'roto-data-'));
  const expected = await use(folder, undefined);
  rmSync(path.join(folder, 'sample'), { recursive: true, force: true });
  writeFileSync(path.join(into, 'embedded.bin.br'), packed(folder));
  writeFileSync(path.join(into, 'embedded.json'), `${JSON.stringify(expected, null, 1)}\n`);
  rmSync(folder, { recursive: true });
}

async function postgres(): Promise<void> {
  const name = `roto_data_${process.pid}`;
  const administer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: values.postgres });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await administer(`create database ${name}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'roto-data-'));
  const url = new URL(values.postgres!);
  url.pathname = `/${name}`;
  try {
    const expected = await use(folder, url.href);
    const dump = execFileSync('pg_dump', ['--inserts', '--no-owner', '--no-privileges', url.href], {
      encoding: 'utf8',
    });
    // What psql alone understands.
    const statements = dump.replaceAll(/^\\.*$/gm, '');
    writeFileSync(path.join(folder, 'dump.sql'), statements);
    writeFileSync(path.join(into, 'postgresql.bin.br'), packed(folder));
    writeFileSync(path.join(into, 'postgresql.json'), `${JSON.stringify(expected, null, 1)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await administer(`drop database ${name} with (force)`);
  }
}

/** Starts the server, makes everything, and returns what it answers about it. */
async function use(folder: string, databaseUrl: string | undefined): Promise<Record<string, unknown>> {
  const config = { folder, databaseUrl, host: '127.0.0.1', port: 0, limits: old.DEFAULT_SERVER_LIMITS };
  const server = await old.startServer(config, console.error);
  const { db } = server.context;
  const owner = await old.firstOwner(db);
  const { value: token } = await old.replaceAccessToken(db, { userId: owner.id, name: 'upgrade' });
  const ask: Ask = async (method, at, body) => {
    const { status, body: answer } = await send(server.url, token, method, at, body);
    if (status >= 300) throw new Error(`${method} ${at}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  };
  await make(ask);
  const expected = await look(ask);
  await server.close();
  return { token, expected };
}

async function send(url: string, token: string, method: string, at: string, body: unknown): Promise<Answer> {
  const isForm = body instanceof FormData;
  const answer = await fetch(new URL(at, url), {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(isForm || body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body: isForm ? body : body === undefined ? null : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
}

async function make(ask: Ask): Promise<void> {
  const people = ['ann', 'bob'];
  for (const username of people) await ask('POST', '/api/users', { username, email: `${username}@example.org` });
  await ask('POST', '/api/organizations', { slug: 'studio', name: 'A studio' });
  await ask('POST', '/api/memberships?org=studio', { username: 'ann', role: 'supervisor' });
  const labels = [
    { name: 'car', attributes: [{ name: 'side', mutable: true, input_type: 'select', values: ['left', 'right'] }] },
    { name: 'tree' },
  ];
  const made = (await ask('POST', '/api/tasks', { name: 'ten images', labels, segment_size: 5 })) as { id: number };
  const form = new FormData();
  form.set('image_quality', '70');
  for (let n = 0; n < 10; n++) {
    const background = { r: 20 * n, g: 100, b: 255 - 20 * n };
    const png = await sharp({ create: { width: 32, height: 24, channels: 3, background } })
      .png()
      .toBuffer();
    form.set(`client_files[${n}]`, new Blob([new Uint8Array(png)], { type: 'image/png' }), `${n}.png`);
  }
  const { rq_id: id } = (await ask('POST', `/api/tasks/${made.id}/data`, form)) as { rq_id: string };
  await until(
    async () => ((await ask('GET', `/api/requests/${encodeURIComponent(id)}`)) as State).status === 'finished',
  );
  const labelList = ((await ask('GET', `/api/labels?task_id=${made.id}`)) as List).results as Label[];
  const car = labelList.find(({ name }) => name === 'car')!;
  const tree = labelList.find(({ name }) => name === 'tree')!;
  const jobs = ((await ask('GET', `/api/jobs?task_id=${made.id}`)) as List).results as {
    id: number;
    start_frame: number;
  }[];
  const first = jobs.find(({ start_frame: start }) => start === 0)!;
  const second = jobs.find(({ start_frame: start }) => start !== 0)!;
  const box = (frame: number, left: number) => ({ type: 'rectangle', frame, points: [left, 2, left + 9, 12] });
  await ask('PATCH', `/api/jobs/${first.id}/annotations?action=create`, {
    tags: [{ frame: 2, label_id: tree.id }],
    shapes: [
      {
        type: 'polygon',
        frame: 0,
        label_id: car.id,
        points: [1, 1, 9.5, 1, 9.5, 8.25],
        attributes: [{ spec_id: car.attributes[0]!.id, value: 'right' }],
      },
      { type: 'mask', frame: 1, label_id: tree.id, points: [3, 2, 1, 2, 5, 2, 8, 3] },
    ],
    tracks: [
      {
        frame: 0,
        label_id: tree.id,
        shapes: [box(0, 1), { ...box(3, 8), occluded: true }, { ...box(4, 9), outside: true }],
      },
    ],
  });
  await ask('PATCH', `/api/jobs/${second.id}/annotations?action=create`, {
    shapes: [{ type: 'rectangle', frame: 6, label_id: car.id, points: [1, 2, 11, 12] }],
  });
  await ask('PATCH', `/api/jobs/${second.id}`, { assignee: null, state: 'in progress' });
  const fn = (await ask('POST', '/api/functions', {
    provider: 'native',
    name: 'A tracker',
    kind: 'tracker',
    visibility: 'public',
    supported_shape_types: ['mask', 'polygon', 'rectangle'],
  })) as { id: number };
  const run = (await ask('POST', '/api/runs', {
    function: fn.id,
    job: second.id,
    start_frame: 6,
    target_frame: 9,
  })) as { id: string };
  await follow(ask, fn.id, run.id);
}

type List = { readonly results: unknown[] };
type State = { readonly status: string };
type Label = { readonly id: number; readonly name: string; readonly attributes: { readonly id: number }[] };

/** What an agent does with a run. */
async function follow(ask: Ask, functionId: number, runId: string): Promise<void> {
  const queue = `/api/functions/queues/function:${functionId}/requests`;
  const agent = { agent_id: 'agent1' };
  const { ar_assignment: taken } = (await ask('POST', `${queue}/acquire`, {
    ...agent,
    request_category: 'batch',
    capabilities: { ranges: 1 },
  })) as { ar_assignment: { ar_id: string; fence: number; ar_params: { objects: { id: number }[] } } };
  const { fence, ar_params: params } = taken;
  const frames = [7, 8, 9].map((frame) => ({
    frame,
    objects: params.objects.map(({ id }) => ({
      id,
      shape: { type: 'rectangle', points: [frame, 2, frame + 10, 12] },
      presence: 8.5,
      predicted_iou: 0.9,
    })),
  }));
  await ask('POST', `${queue}/${taken.ar_id}/frames`, { ...agent, fence, frames });
  await ask('POST', `${queue}/${taken.ar_id}/complete`, { ...agent, fence });
  await until(async () => ((await ask('GET', `/api/runs/${runId}`)) as { state: string }).state === 'finished');
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let n = 0; !(await isSo()); n++) {
    if (n > 200) throw new Error('It did not end in time.');
    await sleep(100);
  }
}

/** Every list of the server, and the annotations, history and runs of every job. */
async function look(ask: Ask): Promise<Record<string, unknown>> {
  const lists = ['tasks', 'jobs', 'labels', 'users', 'organizations', 'functions', 'runs'];
  const found: Record<string, unknown> = {};
  for (const list of lists) found[`/api/${list}`] = await ask('GET', `/api/${list}`);
  for (const { id } of (found['/api/jobs'] as { results: { id: number }[] }).results)
    for (const at of [
      `/api/jobs/${id}/annotations`,
      `/api/jobs/${id}/annotations/history`,
      `/api/jobs/${id}/data/meta`,
    ])
      found[at] = await ask('GET', at);
  for (const { id } of (found['/api/runs'] as { results: { id: string }[] }).results)
    found[`/api/runs/${id}`] = await ask('GET', `/api/runs/${id}`);
  // Addresses name the port.
  return JSON.parse(JSON.stringify(found).replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://SERVER'));
}

/**
 * All files of a folder as one: for each a line of JSON with path, mode and length, then its bytes; of a file that equals
 * an earlier one, as most of the three databases of an installation do, the line names that.
 */
function packed(folder: string): Buffer {
  const parts: Buffer[] = [];
  const seen = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const at = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, at);
    if (entry.isDirectory()) parts.push(Buffer.from(`${JSON.stringify({ name, folder: true })}\n`));
    if (!entry.isFile() || name === 'server.lock') continue;
    const bytes = readFileSync(at);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const same = seen.get(hash);
    if (same !== undefined) {
      parts.push(Buffer.from(`${JSON.stringify({ name, same, mode: statSync(at).mode & 0o777 })}\n`));
      continue;
    }
    seen.set(hash, name);
    parts.push(
      Buffer.from(`${JSON.stringify({ name, bytes: bytes.length, mode: statSync(at).mode & 0o777 })}\n`),
      bytes,
    );
  }
  return brotliCompressSync(Buffer.concat(parts), {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
    },
  });
}
