import { type ClientRequest, request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { bodyLimit, SMALL_BODY } from './body-limits.ts';

let server: TestServer;
let ann: TestUser;
beforeAll(async () => {
  server = await testServer('pglite', { limits: { stalledBodyMs: 600 } });
  ann = await server.user('ann');
});
afterAll(() => server.close());

/** How long the event loop was blocked at most while `work` went on. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const ticking = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 2);
  await work();
  clearInterval(ticking);
  return longest;
}

/** Sends a body in pieces until it is answered or cut off. Returns the status and the bytes that were sent. */
function send(
  path: string,
  method: string,
  headers: object,
  pieces: number,
): Promise<{ status: number; sent: number }> {
  return new Promise((resolve) => {
    const asked: ClientRequest = rawRequest(new URL(path, server.url), {
      method,
      headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked', ...headers },
    });
    const piece = Buffer.from('{},'.repeat(20_000));
    let sent = 0;
    let status = 0;
    asked.on('response', (response) => {
      status = response.statusCode!;
      response.resume();
      asked.destroy();
    });
    asked.on('error', () => undefined);
    asked.on('close', () => resolve({ status, sent }));
    asked.write('{"a":[');
    const more = (): void => {
      if (asked.destroyed || pieces-- <= 0) return void (asked.destroyed || asked.end('0]}'));
      asked.write(piece, () => {
        sent += piece.length;
        setImmediate(more);
      });
    };
    more();
  });
}

describe('C1: bodies', () => {
  it.each([
    ['POST', '/api/nonexistent', 404],
    ['PUT', '/x', 404],
    ['DELETE', '/api/zzz', 404],
    ['OPTIONS', '/api/tasks', 404],
    ['POST', '/api/docs/', 404],
    ['POST', '/sign-in', 415],
    ['POST', '/sign-out', 415],
    ['POST', '/password', 415],
    ['POST', '/api/auth/login', 413],
    ['POST', '/api/tasks', 401],
    ['PUT', '/api/jobs/1/annotations', 401],
  ])('of nobody are refused before they are read: %s %s', async (method, path, expected) => {
    let answer = { status: 0, sent: 0 };
    const blocked = await longestBlock(async () => {
      answer = await send(path, method, {}, 800);
    });
    expect(answer.status).toBe(expected);
    expect(answer.sent).toBeLessThan(20_000_000);
    expect(blocked).toBeLessThan(1_000);
  });

  it('have a small limit everywhere, but where something large belongs', async () => {
    const large = JSON.stringify({ slug: 'x', description: 'x'.repeat(SMALL_BODY) });
    const { status, body } = await ann.post('/api/organizations', large, { 'Content-Type': 'application/json' });
    expect([status, body.detail]).toEqual([413, expect.stringContaining(`larger than ${SMALL_BODY} bytes`)]);
    expect(bodyLimit('/api/jobs/:id/annotations', 1e9)).toBe(1e9);
    const larger = server.app.accessRoutes.filter((route) => bodyLimit(route.split(' ')[1]!, 1e9) > SMALL_BODY);
    // Each of them is guarded.
    for (const route of larger) {
      const [method, url] = route.split(' ') as [string, string];
      const path = url.replaceAll(/:\w+/g, '1');
      const response = await server.nobody.fetch(path, { method });
      expect([route, response.status]).toEqual([route, expect.toSatisfy((s) => s === 401 || s === 404)]);
    }
  });

  it('that are large keep nobody waiting, and millions of empty objects are refused', async () => {
    const task = (await ann.post('/api/tasks', { name: 'large', labels: [{ name: 'a' }] })).body.id;
    let answer: Awaited<ReturnType<TestUser['put']>> | undefined;
    const body = `{"shapes":[${'{},'.repeat(8_000_000)}{}]}`;
    const blocked = await longestBlock(async () => {
      answer = await ann.put(`/api/tasks/${task}/annotations`, body, { 'Content-Type': 'application/json' });
    });
    expect([answer!.status, JSON.stringify(answer!.body)]).toEqual([
      400,
      expect.stringContaining('objects and arrays'),
    ]);
    expect(blocked).toBeLessThan(1_000);
  });

  it('that stand still are ended', async () => {
    const { port, hostname } = new URL(server.url);
    const head = (path: string, more: string): string =>
      `POST ${path} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 20000\r\n${more}\r\n{"a":`;
    const token = `Authorization: Bearer ${ann.token}\r\n`;
    for (const text of [head('/api/auth/login', ''), head('/api/nowhere', ''), head('/api/tasks', token)]) {
      const socket = connect(Number(port), hostname);
      let said = '';
      socket.on('data', (chunk) => (said += chunk));
      const closed = new Promise((resolve) => socket.on('close', resolve));
      const began = performance.now();
      socket.write(text);
      await closed;
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(said).toMatch(/^HTTP\/1\.1 (408|404)/);
    }
  });

  it('that come a byte at a time are ended, too', async () => {
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('POST /api/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n');
    socket.write('Content-Length: 16000\r\n\r\n{"username":"');
    const dripping = setInterval(() => socket.write('x'), 50);
    await closed;
    clearInterval(dripping);
  });
});

describe('H4: fields of a form', () => {
  const form = (fields: [string, string][]): FormData => {
    const made = new FormData();
    for (const [name, value] of fields) made.append(name, value);
    return made;
  };
  const bulk = { 'Upload-Multiple': '' };

  it('are few, small, and known', async () => {
    const task = (await ann.post('/api/tasks', { name: 'form', labels: [{ name: 'a' }] })).body.id;
    const ask = (fields: [string, string][]) => ann.post(`/api/tasks/${task}/data`, form(fields), bulk);
    const flood = Array.from({ length: 300 }, (_, n): [string, string] => [`f${n}`, 'x'.repeat(2 ** 20)]);
    expect((await ask(flood)).status).toBe(400);
    const named = Array.from({ length: 300 }, (_, n): [string, string] => [
      `upload_file_order[${n}]`,
      'x'.repeat(2 ** 14),
    ]);
    expect((await ask(named)).status).toBe(413);
    expect((await ask([['image_quality', 'x'.repeat(2 ** 20)]])).status).toBe(413);
    expect(
      (
        await ask([
          ['image_quality', '70'],
          ['use_cache', 'true'],
        ])
      ).status,
    ).toBe(200);
  });
});
