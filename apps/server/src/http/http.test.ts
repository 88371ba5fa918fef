import { request as rawRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { MAX_JSON_DEPTH } from './bodies.ts';

describe.each(ENGINES)('the HTTP server on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  beforeAll(async () => {
    server = await testServer(engine, { limits: { bodyBytes: 100_000 } });
    ann = await server.user('ann');
  });
  afterAll(() => server.close());

  const JSON_TYPE = { 'Content-Type': 'application/json' };

  it('says what it is to anyone, with and without a slash at the end', async () => {
    for (const path of ['/api/server/about', '/api/server/about/']) {
      const { status, headers, body } = await server.nobody.get(path, { Accept: 'application/vnd.cvat+json' });
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('application/vnd.cvat+json');
      expect(body.version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(body.logo_url).toBe(`${server.url}/logo.svg`);
    }
    expect((await server.nobody.get('/api/server/health')).body).toEqual({ status: 'ok' });
    expect((await server.nobody.get('/api/server/plugins')).body).toEqual({ ANALYTICS: false, MODELS: true });
  });

  it.each([
    ['application/vnd.cvat+json; version=2.0', 200],
    ['application/vnd.cvat+json', 200],
    ['*/*', 200],
    ['application/json', 200],
    ['application/vnd.cvat+json; version=1.0', 406],
    ['application/vnd.cvat+json; version="3.0"', 406],
    ['application/vnd.cvat+json; version=1.0, */*', 200],
  ])('speaks version 2.0 alone: Accept: %s is answered %i', async (accept, expected) => {
    expect((await server.nobody.get('/api/server/about', { Accept: accept })).status).toBe(expected);
  });

  it('publishes its interface as a document, and pages to read it that load nothing from elsewhere', async () => {
    const { body } = await server.nobody.get('/api/schema/');
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toContain('/api/users/self');
    expect(Object.keys(body.paths).filter((path) => !path.startsWith('/api/'))).toEqual([]);
    const yaml = await server.nobody.get('/api/schema/?format=yaml');
    expect([yaml.headers.get('content-type'), yaml.body.slice(0, 14)]).toEqual(['application/yaml', 'openapi: 3.1.0']);
    const page = await server.nobody.get('/api/docs');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const links = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect(link).toMatch(/^\.\/static\//);
      const { status } = await server.nobody.fetch(`/api/docs/${link.slice(2)}`);
      expect(status, link).toBe(200);
    }
  });

  it('takes an empty body that is announced as JSON', async () => {
    const { status, body } = await ann.post('/api/auth/access_tokens', '', JSON_TYPE);
    expect([status, body]).toEqual([400, { name: ['This field is required.'] }]);
    expect((await ann.post('/api/auth/logout', '', JSON_TYPE)).status).toBe(200);
  });

  describe('is not moved by', () => {
    const post = (body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) =>
      ann.post('/api/organizations', body, headers);

    it('JSON that is none', async () => {
      for (const text of ['{', '{"slug": }', 'null', '[]', '"x"', '7', "{'slug': 'a'}"]) {
        const { status, body } = await post(text);
        expect(status, text).toBe(400);
        expect(typeof body, text).toBe('object');
      }
    });

    it('objects within objects without end', async () => {
      const nested = (depth: number) => `{"slug":"deep","name":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      expect((await post(nested(MAX_JSON_DEPTH))).body.detail).toContain('more than 64 levels deep');
      expect((await post(nested(30_000))).body.detail).toContain('more than 64 levels deep');
      // Brackets in text are text.
      expect((await post(JSON.stringify({ slug: 'flat', name: '[{"\\'.repeat(10) }))).status).toBe(201);
    });

    it('keys that would change what all objects are', async () => {
      for (const text of ['{"slug":"p","__proto__":{"isAdmin":true}}', '{"slug":"c","constructor":{"prototype":{}}}'])
        expect((await post(text)).status, text).toBe(400);
      expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    });

    it('a body that is too large, announced or not', async () => {
      const large = JSON.stringify({ slug: 'x', description: 'x'.repeat(200_000) });
      expect((await post(large)).status).toBe(413);
      const streamed = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(large));
          controller.close();
        },
      });
      const answer = await ann.fetch('/api/organizations', {
        method: 'POST',
        body: streamed,
        duplex: 'half',
        headers: JSON_TYPE,
      } as RequestInit);
      expect(answer.status).toBe(413);
    });

    it('a large body of somebody who may send none: it is not even read', async () => {
      const answer = await new Promise<number>((resolve, reject) => {
        const url = new URL('/api/organizations', server.url);
        const asked = rawRequest(url, {
          method: 'POST',
          headers: { ...JSON_TYPE, 'Content-Length': 90_000 },
        });
        asked.on('response', (response) => {
          resolve(response.statusCode!);
          asked.destroy();
        });
        asked.on('error', reject);
        // The rest never comes.
        asked.write('{');
      });
      expect(answer).toBe(401);
    });

    it('contents of other types', async () => {
      for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'text/json', 'json'])
        expect((await post('slug=a', { 'Content-Type': type })).status, type).toBe(415);
    });

    it('numbers past the end of their column, and ids that are none', async () => {
      for (const id of ['99999999999', '0', '-1', '1.5', '1e3', 'NaN', '%00', '1%20or%201=1', `${'9'.repeat(400)}`])
        expect((await ann.get(`/api/organizations/${id}`)).status, id).toBe(404);
      expect((await ann.get(`/api/organizations/%ZZ`)).status).toBe(400);
      expect((await ann.get('/api/tasks?org_id=99999999999')).status).toBe(400);
    });

    it('paths that climb', async () => {
      for (const path of ['/api/docs/static/..%2f..%2fpackage.json', '/api/docs/static/%2e%2e/%2e%2e/package.json'])
        expect((await server.nobody.get(path)).status, path).toBeGreaterThanOrEqual(400);
    });

    it('a forwarded host, unless it was told to trust a proxy', async () => {
      const headers = {
        'X-Forwarded-Host': 'evil.example',
        'X-Forwarded-Proto': 'https',
        Forwarded: 'host=evil.example',
      };
      const { body } = await ann.get('/api/users/self', headers);
      expect(body.url).toBe(`${server.url}/api/users/${ann.id}`);
    });

    it('headers that are sent twice, or are as long as a book', async () => {
      const twice = await server.nobody.fetch('/api/users/self', {
        headers: [
          ['Authorization', `Bearer ${ann.token}`],
          ['X-Organization', 'a'],
          ['X-Organization', 'b'],
        ] as unknown as Record<string, string>,
      });
      expect([400, 401, 404]).toContain(twice.status);
      expect((await ann.get('/api/users/self', { 'X-Organization': 'x'.repeat(10_000) })).status).toBe(404);
      expect((await ann.get('/api/users/self', { 'X-Filler': 'x'.repeat(20_000) })).status).toBe(431);
    });

    it('methods that a route does not have', async () => {
      expect((await ann.put('/api/users/self', {})).status).toBe(404);
      expect((await ann.fetch('/api/users/self', { method: 'OPTIONS' })).status).toBe(404);
      expect((await ann.post('/api/users/self', {}, { 'X-HTTP-Method-Override': 'GET' })).status).toBe(404);
    });
  });

  it('sends no page of another site any answer to read', async () => {
    const { headers } = await ann.get('/api/users/self', { Origin: 'http://evil.example' });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('links', () => {
  it('begin with the public address, or with what a trusted proxy says', async () => {
    const named = await testServer('pglite', { config: { publicUrl: 'https://roto.example.org/' } });
    const behind = await testServer('pglite', { config: { trustProxy: 1 } });
    try {
      expect((await named.nobody.get('/api/server/about')).body.logo_url).toBe('https://roto.example.org/logo.svg');
      const headers = { 'X-Forwarded-Host': 'roto.example.org', 'X-Forwarded-Proto': 'https' };
      const { body } = await behind.nobody.get('/api/server/about', headers);
      expect(body.logo_url).toBe('https://roto.example.org/logo.svg');
    } finally {
      await named.close();
      await behind.close();
    }
  });
});
