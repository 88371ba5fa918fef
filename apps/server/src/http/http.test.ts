import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, testServer } from '../testing/server.ts';

describe.each(ENGINES)('%s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer(engine);
  });
  afterAll(() => server.close());

  it('says what it is to anyone, with and without a slash at the end', async () => {
    for (const path of ['/api/server/about', '/api/server/about/']) {
      const { status, headers, body } = await server.nobody.get(path, { Accept: 'application/vnd.cvat+json' });
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('application/vnd.cvat+json');
      expect(body.version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(body.logo_url).toBe(`${server.url}/logo.svg`);
    }
  });
});
