import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, testServer } from '../testing/server.ts';

describe.each(ENGINES)('metrics on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer(engine);
  });
  afterAll(() => server.close());

  it('are for administrators, by route and not by address, and count what is there', async () => {
    const ann = await server.user('ann');
    const admin = await server.user('admin', { isAdmin: true, readOnly: true });
    const task = (await ann.post('/api/tasks', { name: 'a', labels: [{ name: 'b' }] })).body.id;
    await ann.get(`/api/tasks/${task}`);
    await ann.get('/api/tasks/999999');
    await ann.get(`/nowhere/${crypto.randomUUID()}`);
    expect((await server.nobody.get('/api/server/metrics')).status).toBe(401);
    expect((await ann.get('/api/server/metrics')).status).toBe(403);
    const answer = await admin.get('/api/server/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const text = String(answer.body);
    expect(text).toContain(`roto_info{version="0.1.0",engine="${engine}"} 1`);
    expect(text).toContain('roto_http_request_seconds_count{method="GET",route="/api/tasks/:id",status="200"} 1');
    expect(text).toContain('roto_http_request_seconds_count{method="GET",route="none",status="404"} 1');
    expect(text).toContain('roto_rows{table="tasks",state=""} 1');
    expect(text).toMatch(/roto_media_free_bytes \d+/);
    expect(text).not.toContain('nowhere');
  });
});
