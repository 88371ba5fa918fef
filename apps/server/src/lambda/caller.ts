import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { agents } from '../database/schema/index.ts';
import { acquire } from '../dispatch/acquire.ts';
import { complete, fail, update } from '../dispatch/finish.ts';
import { HttpError } from '../http/errors.ts';
import { GATEWAY_AGENT } from '../queue/requests.ts';
import type { Shape } from './answers.ts';
import { LambdaError } from './endpoint.ts';
import { callPlain, continueTracking, interactorShape, type LambdaTools, startTracking } from './invoke.ts';
import type { Deployed, LambdaRegistry } from './registry.ts';

const LOOK_MS = 2_000;
const SEEN_MS = 30_000;
const HEARTBEAT_MS = 10_000;
/** A function without a free worker is asked again for so long before the failure counts. */
const PATIENCE_MS = 60_000;
const MOST_BACK_OFF_MS = 10_000;

type Assignment = NonNullable<Awaited<ReturnType<typeof acquire>>>;
type Asked = { type: string; task: number; frame: number; shapes?: Shape[]; states?: string[] } & Record<
  string,
  unknown
>;

/**
 * Takes requests for functions of the gateway from the queue, like an agent of this process: with leases and fences, so a
 * server that dies loses nothing, and another process continues with the stored states.
 */
export class LambdaCaller {
  readonly #context: Context;
  readonly #registry: LambdaRegistry;
  readonly #tools: LambdaTools;
  readonly #report: (error: unknown) => void;
  readonly #agentId = `${GATEWAY_AGENT}${randomBytes(12).toString('hex')}`;
  readonly #working = new Map<number, Set<string>>();
  readonly #jobs = new Set<Promise<void>>();
  readonly #closed = new AbortController();
  readonly #seen = new Map<number, number>();
  #wake: () => void = () => undefined;

  constructor(context: Context, registry: LambdaRegistry, tools: LambdaTools, report: (error: unknown) => void) {
    this.#context = context;
    this.#registry = registry;
    this.#tools = tools;
    this.#report = report;
  }

  start(): () => Promise<void> {
    const stop = this.#context.events.hear((notice) => {
      if (notice === null || notice.on === 'queue') this.#wake();
    });
    const loop = this.#loop();
    return async () => {
      stop();
      this.#closed.abort();
      this.#wake();
      await loop;
      await Promise.all(this.#jobs);
    };
  }

  async #loop(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      // Before the look, so that a notice in between is not missed.
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      for (const fn of this.#registry.list()) await this.#take(fn).catch(this.#report);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        woken,
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, LOOK_MS);
        }),
      ]);
      clearTimeout(timer);
    }
  }

  /** As many requests as the function works on at once. */
  async #take(fn: Deployed): Promise<void> {
    await this.#sighted(fn.rowId);
    const working = this.#working.get(fn.rowId) ?? new Set<string>();
    this.#working.set(fn.rowId, working);
    for (const category of ['interactive', 'batch'] as const)
      while (working.size < fn.capacity && !this.#closed.signal.aborted) {
        const taker = {
          agentId: this.#agentId,
          capabilities: { shared_states: true },
          isGateway: true,
          holding: [...working],
        };
        const assignment = await acquire(this.#context, fn.rowId, category, taker);
        if (!assignment) break;
        working.add(assignment.ar_id);
        const job = this.#work(fn, assignment)
          .catch(this.#report)
          .finally(() => {
            working.delete(assignment.ar_id);
            this.#jobs.delete(job);
            this.#wake();
          });
        this.#jobs.add(job);
      }
  }

  async #work(fn: Deployed, { ar_id: id, ar_params, fence }: Assignment): Promise<void> {
    const holder = { agentId: this.#agentId, fence: fence! };
    const heartbeat = setInterval(() => {
      update(this.#context, fn.rowId, id, holder).catch(() => undefined);
    }, HEARTBEAT_MS);
    try {
      const result = await this.#patiently(() => this.#call(fn, ar_params as unknown as Asked));
      await complete(this.#context, fn.rowId, id, holder, result);
    } catch (error) {
      // Whoever closes the server gives its work to another process at once.
      await this.#fail(
        fn,
        id,
        holder,
        this.#closed.signal.aborted ? new LambdaError(503, 'The server is stopping.') : error,
      );
    } finally {
      clearInterval(heartbeat);
    }
  }

  async #fail(fn: Deployed, id: string, holder: { agentId: string; fence: number }, error: unknown): Promise<void> {
    // The lease went to another, or the request has ended: nothing is left to say.
    if (error instanceof HttpError && error.status === 409) return;
    const { message } = error as Error;
    const status = error instanceof LambdaError || error instanceof HttpError ? error.status : 500;
    const restart =
      status === 410 ||
      (error instanceof LambdaError && ['other-function', 'unusable-state'].includes(error.reason ?? ''));
    const again = restart || [408, 409, 429, 500, 502, 503, 504, 507].includes(status);
    await fail(this.#context, fn.rowId, id, holder, message, !again, restart).catch((failure: unknown) => {
      if (!(failure instanceof HttpError)) throw failure;
    });
  }

  async #call(fn: Deployed, asked: Asked): Promise<Record<string, unknown>> {
    const { signal } = this.#closed;
    const { type, task, frame, shapes = [], states = [] } = asked;
    switch (type) {
      case 'init_tracking': {
        const answer = await startTracking(this.#tools, fn, { task, frame, shapes }, signal);
        return { states: answer.states.map((state) => JSON.stringify(state)) };
      }
      case 'track': {
        const parsed = states.map((state) => JSON.parse(state) as unknown);
        const answer = await continueTracking(this.#tools, fn, { task, frame, states: parsed }, signal);
        return { states: answer.states.map((state) => JSON.stringify(state)), shapes: answer.shapes };
      }
      case 'interact': {
        const { pos_points, neg_points, obj_bbox } = asked;
        const box = Array.isArray(obj_bbox) && obj_bbox.length === 2 ? obj_bbox : null;
        const answer = await callPlain(
          this.#tools,
          fn,
          { task, frame },
          { pos_points, neg_points, obj_bbox: box },
          signal,
        );
        const shape = interactorShape(fn, answer);
        return { shapes: shape ? [shape] : [] };
      }
      default:
        throw new LambdaError(400, `Functions of the gateway do not do ${type}.`);
    }
  }

  /** A busy function, or one that is away for a moment, is asked again with growing pauses. */
  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    for (let pause = 500; ; pause = Math.min(MOST_BACK_OFF_MS, pause * 2)) {
      try {
        return await call();
      } catch (error) {
        const isBusy =
          error instanceof LambdaError && (error.status === 503 || error.reason === 'busy' || error.status === 429);
        if (!isBusy || performance.now() + pause > until || this.#closed.signal.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
      }
    }
  }

  /** People see that the function is served. */
  async #sighted(functionId: number): Promise<void> {
    const now = performance.now();
    if (now - (this.#seen.get(functionId) ?? -Infinity) < SEEN_MS) return;
    await this.#context.db
      .insert(agents)
      .values({ functionId, agentId: this.#agentId, userId: null, capabilities: { shared_states: true } })
      .onConflictDoUpdate({ target: [agents.functionId, agents.agentId], set: { lastSeen: sql`now()` } });
    this.#seen.set(functionId, now);
  }
}
