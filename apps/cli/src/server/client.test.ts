import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { ApiError, ClientError } from '@roto/client';
import { createNodeClient, hashOf } from '@roto/client/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeServerWorld, type ServerWorld } from '../testing/server-world.ts';

let world: ServerWorld;
beforeAll(async () => {
  world = await makeServerWorld({ frameCount: 10 });
}, 120_000);
afterAll(() => world?.close());

/** A `fetch` in which things go wrong; `spoil` may answer in place of the server, or throw. */
function spoiled(
  spoil: (url: URL, init: RequestInit, pass: () => Promise<Response>) => Promise<Response>,
): typeof fetch {
  return (input, init = {}) => spoil(new URL(String(input)), init, () => fetch(input, init));
}

const token = () => ({ kind: 'token', token: world.token }) as const;

describe('finding the server and signing in', () => {
  test('a host without a scheme is asked over https, then over http', async () => {
    const asked: string[] = [];
    const client = await createNodeClient({
      host: new URL(world.url).host,
      credentials: token(),
      fetch: spoiled((url, _init, pass) => {
        asked.push(url.protocol + url.pathname);
        return pass();
      }),
    });
    expect(asked).toEqual(['https:/api/server/about', 'http:/api/server/about']);
    expect(client.base).toBe(world.url);
  });

  test.each([
    ['http://127.0.0.1:9x', /no address/],
    ['ftp://example.org', /scheme ftp/],
    ['http://me:secret@127.0.0.1', /holds a user or a password/],
    ['http://127.0.0.1/api', /more than an address/],
    ['127.0.0.1:1', /No server answers/],
  ])('%s is refused', async (host, says) => {
    const failure = createNodeClient({ host, credentials: { kind: 'none' } });
    await expect(failure).rejects.toThrow(says);
    await expect(failure).rejects.not.toThrow(/secret/);
  });

  test('by user and password, with cookies, csrf token and origin', async () => {
    const password = 'correct horse battery';
    await world.addPerson('bea', password);
    const sent: Headers[] = [];
    const client = await createNodeClient({
      host: world.url,
      credentials: { kind: 'password', username: 'bea', password },
      fetch: spoiled((_url, init, pass) => {
        sent.push(new Headers(init.headers));
        return pass();
      }),
    });
    const task = await client.tasks.create({ name: "bea's" });
    expect(sent.at(-1)!.get('cookie')).toMatch(/csrftoken=\w+.*sessionid=\w+|sessionid=\w+.*csrftoken=\w+/);
    expect(sent.at(-1)!.get('x-csrftoken')).toBeTruthy();
    expect(sent.at(-1)!.get('origin')).toBe(world.url);
    expect((await Array.fromAsync(client.tasks.list())).map(({ id }) => id)).toEqual([task.id]);

    const wrong = { kind: 'password', username: 'bea', password: 'guess' } as const;
    await expect(createNodeClient({ host: world.url, credentials: wrong })).rejects.toMatchObject({ code: 'login' });
  });

  test('an unknown token and an unknown organization are said in the words of the server', async () => {
    const stranger = await createNodeClient({ host: world.url, credentials: { kind: 'token', token: 'nobody' } });
    await expect(stranger.tasks.get(world.taskId)).rejects.toMatchObject({ status: 401 });
    const lost = await createNodeClient({ host: world.url, credentials: token(), organization: 'atlantis' });
    await expect(Array.fromAsync(lost.tasks.list())).rejects.toThrow(/404: atlantis organization does not exist/);
  });
});

test('lists go over all pages, and media and annotations come as they are', async () => {
  const { client, taskId, jobId } = world;
  const made = [];
  for (let i = 0; i < 12; i++) made.push((await client.tasks.create({ name: `page ${i}` })).id);
  const listed = (await Array.fromAsync(client.tasks.list())).map(({ id }) => id);
  expect(made.every((id) => listed.includes(id))).toBe(true);
  expect(new Set(listed).size).toBe(listed.length);
  for (const id of made) expect(await client.tasks.delete(id)).toBe(true);
  expect(await client.tasks.delete(made[0]!)).toBe(false);

  const { bytes, type } = await client.tasks.frame(taskId, 3, 'original');
  expect(type).toBe('image/png');
  expect([...bytes.subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
  await expect(client.tasks.frame(taskId, 99, 'original')).rejects.toBeInstanceOf(ApiError);

  await world.addTrack(0, 0);
  const file = world.at('exported.zip');
  await client.tasks.export(taskId, file, { format: 'CVAT for video 1.1', everyMs: 50 });
  expect((await stat(file)).size).toBeGreaterThan(100);
  await world.addTrack(0, 0);
  await client.tasks.import(taskId, file, { format: 'CVAT 1.1', everyMs: 50 });
  const { tracks } = await client.jobAnnotations(jobId);
  expect(tracks).toHaveLength(1);
  await client.patchJobAnnotations(jobId, 'delete', { tracks });
});

describe('uploads', () => {
  test('in pieces, with connections that break and answers that get lost', async () => {
    let pieces = 0;
    const client = await createNodeClient({
      host: world.url,
      credentials: token(),
      fetch: spoiled(async (_url, init, pass) => {
        if (init.method !== 'PATCH') return pass();
        pieces++;
        if (pieces === 2) throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
        const answer = await pass();
        if (pieces !== 4) return answer;
        await answer.body?.cancel(); // it arrived, and nobody heard
        throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      }),
    });
    const { id } = await client.tasks.create({ name: 'in pieces' });
    const progress: number[] = [];
    const size = (await stat(world.clip)).size;
    await client.tasks.attach(
      id,
      [world.clip],
      {},
      {
        bulkBytes: 0,
        chunkBytes: Math.ceil(size / 6),
        everyMs: 50,
        onProgress: (sent) => progress.push(sent),
      },
    );
    expect(pieces).toBe(7);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(size);
    const { roto } = await client.tasks.meta(id);
    expect(roto!.original!.sha256).toBe(await hashOf(world.clip));
    await client.tasks.delete(id);
  });

  test('what is no media ends with the reason of the server, what is no file with ours', async () => {
    const { client } = world;
    const { id } = await client.tasks.create({ name: 'text' });
    await writeFile(world.at('note.mp4'), 'no video');
    const failure = client.tasks.attach(id, [world.at('note.mp4')], {}, { everyMs: 50 });
    await expect(failure).rejects.toMatchObject({
      code: 'request-failed',
      message: expect.stringContaining('note.mp4'),
    });
    await expect(client.tasks.attach(id, [world.at('missing.mp4')], {})).rejects.toThrow(/no such file/);
    await expect(client.tasks.attach(id, [world.folder], {})).rejects.toThrow(/is not a file/);
    await client.tasks.delete(id);
  });
});

describe('downloads of the original', () => {
  test('go on where they were cut, also by a process of before', async () => {
    const whole = await readFile(world.clip);
    const sha256 = createHash('sha256').update(whole).digest('hex');
    const ranges: (string | null)[] = [];
    const client = await createNodeClient({
      host: world.url,
      credentials: token(),
      fetch: spoiled(async (url, init, pass) => {
        if (!url.pathname.endsWith('/original')) return pass();
        ranges.push(new Headers(init.headers).get('range'));
        const answer = await pass();
        if (ranges.length > 1) return answer;
        const bytes = new Uint8Array(await answer.arrayBuffer());
        const cut = new ReadableStream({
          start(controller) {
            controller.enqueue(bytes.subarray(0, 700));
            controller.error(new TypeError('terminated'));
          },
        });
        return new Response(cut, { status: answer.status, headers: answer.headers });
      }),
    });
    const target = world.at('fetched', 'clip.mp4');
    await client.tasks.original(world.taskId, target, { sha256 });
    expect(ranges[0]).toBeNull();
    expect(Buffer.compare(await readFile(target), whole)).toBe(0);

    const later = world.at('fetched', 'later.mp4');
    await writeFile(`${later}.partial`, whole.subarray(0, 1_000));
    ranges.length = 1;
    await client.tasks.original(world.taskId, later, { sha256 });
    expect(ranges.slice(1)).toEqual(['bytes=1000-']);
    expect(Buffer.compare(await readFile(later), whole)).toBe(0);

    // What was left is of another file: the checksum tells, and it comes anew.
    const foreign = world.at('fetched', 'foreign.mp4');
    await writeFile(`${foreign}.partial`, Buffer.alloc(1_000, 7));
    await client.tasks.original(world.taskId, foreign, { sha256 });
    expect(Buffer.compare(await readFile(foreign), whole)).toBe(0);
  });

  test('are refused when too large or of another checksum', async () => {
    const { client, taskId } = world;
    const target = world.at('fetched', 'refused.mp4');
    await expect(client.tasks.original(taskId, target, { maxBytes: 100 })).rejects.toMatchObject({ code: 'transfer' });
    const wrong = client.tasks.original(taskId, target, { sha256: '0'.repeat(64) });
    await expect(wrong).rejects.toMatchObject({ code: 'file' });
    await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a server that answers oddly', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });
  async function odd(listener: RequestListener) {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return createNodeClient({ host, credentials: { kind: 'token', token: 'x' } });
  }
  const json = { 'Content-Type': 'application/vnd.cvat+json' };

  test('is asked again by idempotent calls, and only by those', async () => {
    const seen: string[] = [];
    const client = await odd((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      const first = seen.filter((each) => each === seen.at(-1)).length === 1;
      if (request.method === 'GET' && first) response.writeHead(503, { 'Retry-After': '0' }).end();
      else if (request.method === 'GET')
        response.writeHead(200, json).end('{"id":1,"name":"a","provider":"native","kind":"tracker"}');
      else response.writeHead(502).end('<html>bad gateway</html>');
    });
    expect(await client.functions.get(1)).toMatchObject({ name: 'a' });
    expect(seen).toHaveLength(2);
    await expect(client.functions.create({ provider: 'native', name: 'a', kind: 'tracker' })).rejects.toMatchObject({
      status: 502,
      detail: '',
    });
    expect(seen).toHaveLength(3);
  });

  test.each([
    ['no JSON', '<html>hello</html>', 'text/html'],
    ['broken JSON', '{"id":', 'application/json'],
    ['another form', '{"id":"one"}', 'application/json'],
  ])('%s is called what it is', async (_, body, type) => {
    const client = await odd((_request, response) => response.writeHead(200, { 'Content-Type': type }).end(body));
    await expect(client.tasks.get(1)).rejects.toMatchObject({ code: 'answer' });
  });

  test('a list that always promises another page ends', async () => {
    const client = await odd((_request, response) =>
      response.writeHead(200, json).end('{"count":1,"next":"http://x/?page=2","previous":null,"results":[]}'),
    );
    expect(await Array.fromAsync(client.tasks.list())).toEqual([]);
  });

  test('errors in every form that there is have their words', async () => {
    const bodies = [
      ['{"detail":"No."}', 'No.'],
      ['{"name":["Too long.","Bad."],"labels":["Missing."]}', 'name: Too long.; name: Bad.; labels: Missing.'],
      ['{"non_field_errors":["Wrong."]}', 'Wrong.'],
      ['["One","Two"]', 'One; Two'],
      ['"Just a text"', 'Just a text'],
      ['{"detail":"with \\u001b[31mcolour"}', 'with  [31mcolour'],
    ];
    for (const [body, words] of bodies) {
      const client = await odd((_request, response) => response.writeHead(400, json).end(body));
      await expect(client.tasks.get(1)).rejects.toMatchObject({ status: 400, detail: words });
    }
  });

  test('tokens go nowhere else', async () => {
    const heard: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      heard.push(request.headers.authorization);
      response.end('not yours');
    });
    servers.push(other);
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}/api/take`;
    const folder = await mkdtemp(path.join(world.folder, 'export-'));
    const client = await odd((request, response) => {
      if (request.method === 'POST') response.writeHead(202, json).end('{"rq_id":"1"}');
      else if (request.url!.startsWith('/api/requests'))
        response.writeHead(200, json).end(JSON.stringify({ id: '1', status: 'finished', result_url: elsewhere }));
      else response.end('ours');
    });
    await client.tasks.export(1, path.join(folder, 'x.zip'), { format: 'COCO 1.0' });
    expect(heard).toEqual([]);
    expect(await readFile(path.join(folder, 'x.zip'), 'utf8')).toBe('ours');
    await rm(folder, { recursive: true });
  });
});

test('an abort is heard at once', async () => {
  const stop = new AbortController();
  const run = world.client.functions.run(
    await world.createTracker(),
    {
      type: 'track',
      job: world.jobId,
      frame: 1,
      states: ['x'],
    },
    stop.signal,
  );
  const failed = run.catch((error: unknown) => error);
  stop.abort(new ClientError('connection', 'enough'));
  expect(await failed).toBeInstanceOf(Error);
});
