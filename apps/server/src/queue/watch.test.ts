import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { emptyTask, SQUARE, tracker } from '../testing/tracking.ts';

describe.each(ENGINES)('the watch of a queue on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let taskId: number;

  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
    ({ taskId } = await emptyTask(server.context.db, ann.id));
  });
  afterAll(() => server.close());

  async function watch(fn: number) {
    const leave = new AbortController();
    const response = await ann.fetch(`/api/functions/queues/function%3A${fn}/watch`, {
      headers: { 'Accept-Encoding': 'gzip' },
      signal: leave.signal,
    });
    let text = '';
    let ended = false;
    const reading = (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
      ended = true;
    })().catch(() => undefined);
    return { response, text: () => text, hasEnded: () => ended, close: () => leave.abort(), reading };
  }
  const ask = (fn: number) =>
    ann.post('/api/functions/requests/', {
      function: fn,
      type: 'init_tracking',
      task: taskId,
      frame: 0,
      shapes: [{ type: 'polygon', points: SQUARE }],
    });
  const event = (category: string) => `event: newrequest\ndata: {"request_category":"${category}"}\n\n`;

  it('begins with retry alone, tells of requests, and ends when the function is deleted', async () => {
    const fn = await tracker(server.context.db, ann.id);
    const other = await tracker(server.context.db, ann.id);
    const stream = await watch(fn);
    const quiet = await watch(other);
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.response.headers.get('content-encoding')).toBeNull();
    // A blank line would be an event to CVAT's agents, and one of no known type.
    await expect.poll(stream.text).toBe('retry: 5000\n');
    await ask(fn);
    await expect.poll(stream.text, { timeout: 10_000 }).toBe(`retry: 5000\n${event('batch')}`);
    expect(quiet.text()).toBe('retry: 5000\n');
    await ann.delete(`/api/functions/${fn}`);
    await expect.poll(stream.hasEnded, { timeout: 10_000 }).toBe(true);
    expect(quiet.hasEnded()).toBe(false);
    quiet.close();
  });

  it('tells at once of what was there before', async () => {
    const fn = await tracker(server.context.db, ann.id);
    await ask(fn);
    const stream = await watch(fn);
    // Once, or twice when the notice of it was still on its way.
    await expect.poll(stream.text).toContain(`retry: 5000\n${event('batch')}`);
    stream.close();
  });

  it('is for those who serve the function', async () => {
    const fn = await tracker(server.context.db, ann.id);
    const eve = await server.user('eve');
    expect((await eve.get(`/api/functions/queues/function:${fn}/watch`)).status).toBe(404);
    expect((await ann.get('/api/functions/queues/function:99999/watch')).status).toBe(404);
    expect((await server.nobody.get(`/api/functions/queues/function:${fn}/watch`)).status).toBe(401);
  });
});
