import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSignInLink } from '../auth/sign-in-links.ts';
import { type TestServer, testServer } from '../testing/server.ts';

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'roto-page-'));
  await mkdir(path.join(folder, 'assets'));
  await writeFile(path.join(folder, 'index.html'), '<title>the page</title>');
  await writeFile(path.join(folder, 'theme.js'), 'theme');
  await writeFile(path.join(folder, 'favicon.svg'), '<svg/>');
  await writeFile(path.join(folder, 'assets', 'index-abc.js'), 'plain');
  await writeFile(path.join(folder, 'assets', 'index-abc.js.br'), 'compressed');
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  server = await testServer('pglite', { config: { pageFolder: folder } });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});
const visit = (at: string, headers: Record<string, string> = {}) =>
  server.nobody.fetch(at, { redirect: 'manual', headers });

it.each(['/', '/start', '/tasks', '/tasks/7', '/tasks/new', '/jobs/12', '/sign-in'])(
  'shows the page at %s',
  async (at) => {
    const answer = await visit(at, { Accept: 'text/html' });
    expect([answer.status, await answer.text()]).toEqual([200, '<title>the page</title>']);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    const policy = answer.headers.get('content-security-policy')!;
    for (const part of ["default-src 'none'", "script-src 'self'", "worker-src 'self' blob:", "frame-ancestors 'none'"])
      expect(policy).toContain(part);
    expect(/script-src[^;]*unsafe/.test(policy)).toBe(false);
  },
);

it('keeps hashed files for a year, and sends the compressed copy to who takes it', async () => {
  const answer = await visit('/assets/index-abc.js', { 'Accept-Encoding': 'identity' });
  expect([answer.status, await answer.text()]).toEqual([200, 'plain']);
  expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(answer.headers.get('content-type')).toMatch(/javascript/);
  const compressed = await visit('/assets/index-abc.js', { 'Accept-Encoding': 'br' });
  expect(compressed.headers.get('content-encoding')).toBe('br');
  expect((await visit('/theme.js')).status).toBe(200);
});

it('answers 404 to everything else, and lets nothing else of the folder out', async () => {
  for (const at of ['/nothing', '/assets/none.js', '/secret.txt', '/assets/../secret.txt', '/assets/%2e%2e/secret.txt'])
    expect([at, (await visit(at)).status]).toEqual([at, 404]);
  const api = await visit('/api/nothing', { Accept: 'text/html' });
  expect([api.status, await api.text()]).toEqual([404, expect.stringContaining('There is nothing at')]);
});

it('is where a sign-in link leads; the plain page keeps an address of its own', async () => {
  const ann = await server.user('ann');
  const answer = await visit(await createSignInLink(server.context.db, ann.id));
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/start']);
  expect(await (await visit('/status')).text()).toContain('action="/sign-in"');
});
