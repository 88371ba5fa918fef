import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_SERVER_LIMITS } from '../config.ts';
import type { Context } from '../context.ts';
import { requests } from '../database/schema/index.ts';
import { openEvents } from '../events/events.ts';
import { badRequest } from '../http/errors.ts';
import { SILENT } from '../log/log.ts';
import { REQUEST_HANDLERS } from '../request-handlers.ts';
import type { MediaStore } from '../store/store.ts';
import { ENGINES, testDatabase } from '../testing/databases.ts';
import { RequestFailure, type RequestHandler } from './handlers.ts';
import { assertHeld, cancel, claim, end, enqueue, enqueueRemoval, LeaseLost } from './queue.ts';
import { startWorker, type Worker, type WorkerOptions } from './worker.ts';

describe.each(ENGINES)('background requests on %s', (engine) => {
  let context: Context;
  let close: () => Promise<void>;
  const removed: string[] = [];
  const workers: Worker[] = [];
  const work = (handler: RequestHandler, options: WorkerOptions = {}): Worker => {
    const worker = startWorker(
      context,
      { 'test:work': handler },
      { leaseMs: 300, sweepMs: 30, retryMs: 1, ...options },
    );
    workers.push(worker);
    return worker;
  };
  const add = (id: string, params = {}) =>
    context.db.transaction((tx) => enqueue(context, tx, { id, type: 'test:work', ownerId: null, params }));
  const row = async (id: string) => (await context.db.select().from(requests).where(eq(requests.id, id)))[0]!;
  const ended = (id: string) =>
    vi.waitFor(async () => {
      const found = await row(id);
      expect(['finished', 'failed']).toContain(found.status);
      return found;
    }, 10_000);

  beforeAll(async () => {
    const database = await testDatabase(engine);
    const events = await openEvents(database);
    const store = { remove: async (key: string) => void removed.push(key) } as unknown as MediaStore;
    const config = { folder: '', host: '', port: 0, limits: DEFAULT_SERVER_LIMITS };
    context = { config, database, db: database.db, events, store, log: SILENT };
    close = async () => {
      await events.close();
      await database.drop();
    };
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  });
  afterAll(() => close());

  it('does the work, shows how far it is, and keeps the result', async () => {
    const seen = Promise.withResolvers<void>();
    work({
      async run(_, request, progress) {
        progress(0.5, `half of ${request.params.what}`);
        await seen.promise;
        return { key: 'results/1', name: 'one.zip' };
      },
    });
    await add('plain', { what: 'it' });
    await vi.waitFor(
      async () => expect(await row('plain')).toMatchObject({ progress: 0.5, message: 'half of it' }),
      5_000,
    );
    expect((await row('plain')).status).toBe('started');
    seen.resolve();
    expect(await ended('plain')).toMatchObject({
      status: 'finished',
      progress: 1,
      message: '',
      resultKey: 'results/1',
      resultName: 'one.zip',
    });
  });

  it('refuses a second one of the same id while it waits, and replaces one that ended', async () => {
    await add('twice');
    await expect(add('twice')).rejects.toMatchObject({ status: 409, body: { rq_id: 'twice' } });
    work({ run: async () => ({ key: 'results/twice', name: 'x' }) });
    await ended('twice');
    await add('twice');
    expect((await row('twice')).resultKey).toBeNull();
    await ended('twice');
    const removals = await context.db.select().from(requests).where(eq(requests.type, 'remove:files'));
    expect(removals.map(({ params }) => params.keyOrPrefix)).toContain('results/twice');
  });

  it.each([
    ['a failure that is told', () => new RequestFailure('the file is empty'), 'the file is empty'],
    ['a refusal of bad input', () => badRequest('frame', 'is too high'), '{"frame":["is too high"]}'],
  ])('ends at once with %s', async (name, error, message) => {
    let runs = 0;
    let released = 0;
    work({
      async run() {
        runs++;
        throw error();
      },
      async release() {
        released++;
      },
    });
    await add(name);
    expect(await ended(name)).toMatchObject({ status: 'failed', message });
    expect([runs, released]).toEqual([1, 1]);
  });

  it('tries an unexpected failure again, and not for ever, and tells no internals', async () => {
    const reported: unknown[] = [];
    let runs = 0;
    work(
      {
        async run() {
          runs++;
          throw new Error('secret path /etc');
        },
      },
      { maxAttempts: 3, report: (error) => reported.push(error) },
    );
    await add('unexpected');
    const found = await ended('unexpected');
    expect(found.status).toBe('failed');
    expect(found.message).not.toContain('secret');
    expect(runs).toBe(3);
    expect(reported).toHaveLength(3);
  });

  it('goes on with what a killed process held, and the dead holder can commit nothing', async () => {
    await add('orphan');
    const dead = (await claim(context.db, 'dead', ['test:work'], 150, 5))!;
    await context.db.transaction((tx) => assertHeld(tx, dead.request));
    let fence = 0;
    work({
      async run(_, request) {
        fence = request.fence;
        return undefined;
      },
    });
    expect((await ended('orphan')).status).toBe('finished');
    expect(fence).toBe(dead.request.fence + 1);
    await expect(context.db.transaction((tx) => assertHeld(tx, dead.request))).rejects.toThrow(LeaseLost);
    expect(await end(context.db, dead.request, { status: 'failed', message: 'stale' })).toBe(false);
    expect((await row('orphan')).status).toBe('finished');
  });

  it('H3: tries a request that killed its process once more, then gives it up and frees what it holds', async () => {
    await add('poison');
    for (let i = 0; i < 2; i++) {
      expect((await claim(context.db, 'dying', ['test:work'], 1, 5, () => 1))?.todo).toBe('run');
      await sleep(20);
    }
    let released = 0;
    work(
      {
        run: () => Promise.reject(new Error('must not run')),
        async release() {
          released++;
        },
      },
      { maxAttempts: 5 },
    );
    expect(await ended('poison')).toMatchObject({ status: 'failed' });
    expect((await row('poison')).message).toContain('ended 2 times');
    expect(released).toBe(1);
  });

  it('cancels what waits and what runs', async () => {
    await add('waiting');
    await cancel(context, 'waiting');
    const started = Promise.withResolvers<void>();
    let released = 0;
    work({
      async run(_, __, ___, signal) {
        started.resolve();
        await sleep(60_000, undefined, { signal });
        return undefined;
      },
      async release() {
        released++;
      },
    });
    expect(await ended('waiting')).toMatchObject({ status: 'failed', message: 'Cancelled.' });
    await add('running');
    await started.promise;
    await cancel(context, 'running');
    expect(await ended('running')).toMatchObject({ status: 'failed', message: 'Cancelled.' });
    expect(released).toBe(2);
  });

  it('hands over at a stop, at once and without counting it as a failure', async () => {
    const started = Promise.withResolvers<void>();
    const first = work(
      {
        async run(_, __, ___, signal) {
          started.resolve();
          await sleep(60_000, undefined, { signal });
          return undefined;
        },
      },
      { leaseMs: 60_000 },
    );
    await add('handed');
    await started.promise;
    await first.stop();
    expect(await row('handed')).toMatchObject({ status: 'queued', attempts: 0 });
    work({ run: async () => undefined });
    expect((await ended('handed')).status).toBe('finished');
  });

  it('works on each request once, however many processes there are', async () => {
    const runs = new Map<string, number>();
    const handler: RequestHandler = {
      async run(_, { id }) {
        runs.set(id, (runs.get(id) ?? 0) + 1);
        await sleep(5);
        return undefined;
      },
    };
    const ids = Array.from({ length: 20 }, (_, n) => `many-${n}`);
    for (const id of ids) await add(id);
    for (let i = 0; i < 3; i++) work(handler, { leaseMs: 30_000 });
    for (const id of ids) await ended(id);
    expect(ids.map((id) => runs.get(id))).toEqual(ids.map(() => 1));
  });

  it('removes files once the delay is over', async () => {
    await context.db.transaction((tx) => enqueueRemoval(context, tx, 'tasks/9/', 0.2));
    const worker = startWorker(context, REQUEST_HANDLERS, { sweepMs: 30 });
    workers.push(worker);
    await sleep(60);
    expect(removed).not.toContain('tasks/9/');
    await vi.waitFor(() => expect(removed).toContain('tasks/9/'), 5_000);
  });
});
