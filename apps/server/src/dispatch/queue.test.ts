import { eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SERVER_LIMITS } from '../config.ts';
import type { Database } from '../database/open.ts';
import { functionRequests, users } from '../database/schema/index.ts';
import { type Events, openEvents } from '../events/events.ts';
import { HttpError } from '../http/errors.ts';
import { type QueueContext, type RequestRow, retryRequest, submit, type Taker } from '../queue/requests.ts';
import { ENGINES, testDatabase } from '../testing/databases.ts';
import { emptyTask, tracker } from '../testing/tracking.ts';
import { acquire } from './acquire.ts';
import { complete, fail, update } from './finish.ts';
import { sweep, tidy } from './sweep.ts';

const stock = (agentId: string): Taker => ({ agentId, capabilities: {} });
const ours = (agentId: string, holding: string[] = []): Taker => ({ agentId, capabilities: { ranges: 1 }, holding });

describe.each(ENGINES)('queues on %s', (engine) => {
  let database: Database & { drop(): Promise<void> };
  let events: Events;
  let context: QueueContext;
  let userId: number;
  let taskId: number;

  beforeAll(async () => {
    database = await testDatabase(engine);
    events = await openEvents(database);
    const limits = { ...DEFAULT_SERVER_LIMITS, maxAttempts: 3 };
    context = { db: database.db, events, config: { limits } };
    const [user] = await database.db.insert(users).values({ username: 'ann' }).returning();
    userId = user!.id;
    ({ taskId } = await emptyTask(database.db, userId));
  });
  afterAll(async () => {
    await events.close();
    await database.drop();
  });

  const queue = () => tracker(database.db, userId);
  const ask = (functionId: number, more: Partial<Parameters<typeof submit>[2]> = {}) =>
    submit(database.db, events, {
      functionId,
      category: 'batch',
      params: {
        type: 'init_tracking',
        task: taskId,
        frame: 0,
        shapes: [{ type: 'polygon', points: [0, 0, 1, 0, 1, 1] }],
      },
      taskId,
      ownerId: userId,
      ...more,
    });
  const row = async (id: string): Promise<RequestRow> =>
    (await database.db.select().from(functionRequests).where(eq(functionRequests.id, id)))[0]!;
  const set = (id: string, values: Record<string, unknown>) =>
    database.db.update(functionRequests).set(values).where(eq(functionRequests.id, id));
  const endLease = (id: string) => set(id, { leaseUntil: sql`now() - interval '1 second'` });
  const result = { states: ['a'] };
  const refusal = (promise: Promise<unknown>): Promise<number> =>
    promise.then(
      () => 200,
      (error) => {
        if (error instanceof HttpError) return error.status;
        throw error;
      },
    );

  it('gives a request to one agent, the oldest first, by category', async () => {
    const fn = await queue();
    const first = await ask(fn);
    const second = await ask(fn);
    const quick = await ask(fn, { category: 'interactive' });
    expect((await acquire(context, fn, 'batch', stock('a')))?.ar_id).toBe(first);
    expect((await acquire(context, fn, 'batch', stock('b')))?.ar_id).toBe(second);
    expect(await acquire(context, fn, 'batch', stock('c'))).toBeNull();
    expect((await acquire(context, fn, 'interactive', stock('c')))?.ar_id).toBe(quick);
    expect(await acquire(context, await queue(), 'batch', stock('c'))).toBeNull();
  });

  it('lets many agents race for few requests, each to one', async () => {
    const fn = await queue();
    const ids = await Promise.all(Array.from({ length: 5 }, () => ask(fn)));
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, at) => acquire(context, fn, 'batch', ours(`r${at}`))),
    );
    expect(taken.flatMap((each) => each?.ar_id ?? []).sort()).toEqual([...ids].sort());
  });

  it('refuses who does not hold it, and whose fence is stale', async () => {
    const fn = await queue();
    const id = await ask(fn);
    expect(await refusal(complete(context, fn, id, { agentId: 'a' }, result))).toBe(409);
    const held = (await acquire(context, fn, 'batch', ours('a')))!;
    expect(held.fence).toBe(1);
    expect(await refusal(update(context, fn, id, { agentId: 'b' }, 0.5))).toBe(409);
    expect(await refusal(update(context, fn, id, { agentId: 'a', fence: 7 }, 0.5))).toBe(409);
    expect(await refusal(update(context, await queue(), id, { agentId: 'a' }, 0.5))).toBe(404);
    expect(await refusal(update(context, fn, crypto.randomUUID(), { agentId: 'a' }))).toBe(404);
    await update(context, fn, id, { agentId: 'a', fence: 1 }, 0.5);
    expect((await row(id)).progress).toBe(0.5);
    expect(await refusal(complete(context, fn, id, { agentId: 'a', fence: 1 }, { states: ['a', 'b'] }))).toBe(400);
    await complete(context, fn, id, { agentId: 'a', fence: 1 }, result);
    expect(await row(id)).toMatchObject({ state: 'finished', result, progress: 1 });
    // The first answer may have been lost on its way.
    await complete(context, fn, id, { agentId: 'a', fence: 1 }, result);
    expect(await refusal(fail(context, fn, id, { agentId: 'a' }, 'late', false))).toBe(409);
  });

  it('gives it to another when the lease has ended, and then refuses the first', async () => {
    const fn = await queue();
    const id = await ask(fn);
    await acquire(context, fn, 'batch', ours('a'));
    expect(await acquire(context, fn, 'batch', ours('b'))).toBeNull();
    await endLease(id);
    expect((await acquire(context, fn, 'batch', ours('b')))?.fence).toBe(2);
    expect(await refusal(complete(context, fn, id, { agentId: 'a', fence: 1 }, result))).toBe(409);
    await complete(context, fn, id, { agentId: 'b', fence: 2 }, result);
  });

  it('still takes the result of a late holder while nobody else has it', async () => {
    const fn = await queue();
    const id = await ask(fn);
    await acquire(context, fn, 'batch', stock('a'));
    await endLease(id);
    await sweep(context);
    expect((await row(id)).state).toBe('queued');
    await complete(context, fn, id, { agentId: 'a' }, result);
    expect((await row(id)).state).toBe('finished');
  });

  it('gives again what got lost on its way to the agent', async () => {
    const fn = await queue();
    const id = await ask(fn);
    expect((await acquire(context, fn, 'batch', stock('a')))?.fence).toBe(1);
    expect((await acquire(context, fn, 'batch', stock('a')))?.fence).toBe(2);
    const other = await queue();
    const mine = await ask(other);
    await acquire(context, other, 'batch', ours('a'));
    expect(await acquire(context, other, 'batch', ours('a', [mine]))).toBeNull();
    expect(await acquire(context, other, 'batch', { agentId: 'a', capabilities: { ranges: 1 } })).toBeNull();
    expect((await acquire(context, other, 'batch', ours('a')))?.ar_id).toBe(mine);
    expect(id).not.toBe(mine);
  });

  it('tries a failed batch again, later each time, and parks it with its error', async () => {
    const fn = await queue();
    const id = await ask(fn);
    for (const attempt of [1, 2, 3]) {
      expect((await acquire(context, fn, 'batch', stock('a')))?.ar_id).toBe(id);
      await fail(context, fn, id, { agentId: 'a' }, `worse ${attempt}`, false);
      expect(await acquire(context, fn, 'batch', stock('a'))).toBeNull();
      await set(id, { notBefore: sql`now() - interval '1 second'` });
      await sweep(context);
    }
    expect(await row(id)).toMatchObject({ state: 'parked', error: 'worse 3', attempts: 3 });
    expect(await retryRequest(database.db, events, id)).toBe(true);
    expect(await retryRequest(database.db, events, id)).toBe(false);
    await acquire(context, fn, 'batch', stock('a'));
    await fail(context, fn, id, { agentId: 'a' }, 'no use', true);
    expect(await row(id)).toMatchObject({ state: 'failed', error: 'no use' });
  });

  it('parks what silences every agent', async () => {
    const fn = await queue();
    const id = await ask(fn);
    for (const agent of ['a', 'b', 'c']) {
      expect((await acquire(context, fn, 'batch', stock(agent)))?.ar_id).toBe(id);
      await endLease(id);
      if (agent === 'c') expect(await acquire(context, fn, 'batch', stock('d'))).toBeNull();
    }
    await sweep(context);
    expect(await row(id)).toMatchObject({ state: 'parked', error: 'The agent fell silent, as 2 before it.' });
  });

  it('fails an interactive request at once, or at its deadline', async () => {
    const fn = await queue();
    const id = await ask(fn, { category: 'interactive', deadlineMs: 60_000 });
    await acquire(context, fn, 'interactive', stock('a'));
    await fail(context, fn, id, { agentId: 'a' }, 'Worker process crashed', false);
    expect((await row(id)).state).toBe('failed');
    const late = await ask(fn, { category: 'interactive', deadlineMs: -1_000 });
    expect(await acquire(context, fn, 'interactive', stock('a'))).toBeNull();
    await sweep(context);
    expect(await row(late)).toMatchObject({ state: 'failed', error: 'No agent took the request in time.' });
  });

  it('tidies away what nobody asks for again, and nothing else', async () => {
    const fn = await queue();
    const old = await ask(fn, { category: 'interactive' });
    const open = await ask(fn, { category: 'interactive' });
    const kept = await ask(fn);
    const longAgo = { state: 'finished', endedDate: sql`now() - interval '1 hour'` };
    await set(old, longAgo);
    await set(kept, longAgo);
    await tidy(context);
    expect(await row(old)).toBeUndefined();
    expect((await row(open)).state).toBe('queued');
    expect((await row(kept)).state).toBe('finished');
  });

  it('gives what is bound to an agent to that one alone', async () => {
    const fn = await queue();
    const id = await ask(fn, { category: 'interactive', onlyAgentId: 'a' });
    expect(await acquire(context, fn, 'interactive', stock('b'))).toBeNull();
    await acquire(context, fn, 'interactive', stock('a'));
    await endLease(id);
    expect(await acquire(context, fn, 'interactive', stock('b'))).toBeNull();
  });

  it('has one valid holder and growing fences in whatever order things happen', async () => {
    const agents = ['a', 'b', 'c'];
    type Op = { op: 'acquire' | 'update' | 'complete' | 'fail' | 'expire' | 'sweep'; agent: string; stale: boolean };
    const op: fc.Arbitrary<Op> = fc.record({
      op: fc.constantFrom('acquire', 'acquire', 'update', 'complete', 'fail', 'expire', 'sweep'),
      agent: fc.constantFrom(...agents),
      stale: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 30 }), async (ops) => {
        const fn = await queue();
        const id = await ask(fn);
        // The model: who was given it last, under which fence, and what has become of it.
        let holder: string | null = null;
        let fence = 0;
        let leased = false;
        let expired = false;
        let attempts = 0;
        let ended: 'finished' | 'parked' | null = null;
        const fences = new Map<string, number[]>();
        for (const { op, agent, stale } of ops) {
          const known = fences.get(agent) ?? [];
          const mine = stale ? known[0] : known.at(-1);
          const valid = agent === holder && mine === fence;
          switch (op) {
            case 'acquire': {
              await set(id, { notBefore: null });
              const free: boolean = ended === null && (!leased || (expired && attempts < 3));
              const given = await acquire(context, fn, 'batch', { agentId: agent, capabilities: { ranges: 1 } });
              expect(given !== null).toBe(free);
              if (!given) break;
              expect(given.fence).toBeGreaterThan(fence);
              ({ fence } = given);
              holder = agent;
              fences.set(agent, [...known, fence]);
              leased = true;
              expired = false;
              attempts++;
              break;
            }
            case 'update': {
              if (mine === undefined) break;
              const status = await refusal(update(context, fn, id, { agentId: agent, fence: mine }, 0.1));
              expect(status).toBe(valid ? 200 : 409);
              if (status === 200 && ended === null) {
                leased = true;
                expired = false;
              }
              break;
            }
            case 'complete': {
              if (mine === undefined) break;
              const status = await refusal(complete(context, fn, id, { agentId: agent, fence: mine }, result));
              expect(status).toBe(valid && ended !== 'parked' ? 200 : 409);
              if (status === 200) ended = 'finished';
              break;
            }
            case 'fail': {
              if (mine === undefined) break;
              const status = await refusal(fail(context, fn, id, { agentId: agent, fence: mine }, 'no', false));
              expect(status).toBe(valid && ended === null ? 200 : 409);
              if (status !== 200) break;
              if (attempts >= 3) ended = 'parked';
              else {
                leased = false;
                holder = null;
              }
              break;
            }
            case 'expire':
              if (!leased || ended) break;
              await endLease(id);
              expired = true;
              break;
            case 'sweep':
              await sweep(context);
              if (!leased || !expired || ended) break;
              if (attempts >= 3) ended = 'parked';
              else leased = false;
              break;
          }
          expect((await row(id)).fence).toBe(fence);
          if (ended) expect((await row(id)).state).toBe(ended);
        }
        await set(id, { state: 'cancelled' });
      }),
      // Ten times as many ran clean; these keep the suite quick.
      { numRuns: 5 },
    );
  });
});
