import type { Log } from '@roto/functions';
import { AggregatorRegistry } from 'prom-client';
import { type FunctionRequest, type FunctionResponse, json } from '../function.ts';
import { FunctionWorker, WorkerEndedError } from './worker.ts';

/** As Nuclio's workerAvailabilityTimeoutMilliseconds. */
const FREE_WORKER_MS = 10_000;
/** A worker that does not answer for this long is killed; its own deadline is shorter. */
const EVENT_MS = 120_000;
const MOST_BACK_OFF_MS = 30_000;
const SOUND_AFTER_MS = 30_000;

type Slot = { worker: FunctionWorker | undefined; busy: boolean /** As the process answered last. */; metrics: string };

/** Several wrapper processes, each with a model of its own; ended ones are started again. */
export class FunctionPool implements AsyncDisposable {
  readonly #slots: Slot[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: Log;
  readonly #queue: ((slot: Slot) => void)[] = [];
  #closed = false;

  constructor(processes: number, env: NodeJS.ProcessEnv, log: Log) {
    this.#env = env;
    this.#log = log;
    this.#slots = Array.from({ length: processes }, () => ({ worker: undefined, busy: true, metrics: '[]' }));
  }

  /** Starts all; fulfilled once the first has loaded its model. Throws WorkerEndedError when none can. */
  async start(): Promise<void> {
    const first = this.#slots.map((slot) => this.#launch(slot));
    await Promise.any(first).catch(({ errors }: AggregateError) => {
      throw errors[0];
    });
    for (const [i, slot] of this.#slots.entries()) void this.#keep(slot, first[i]!);
  }

  /** Number of workers that have a model, and of those that are in a call. */
  get state(): { workers: number; started: number; busy: number } {
    const started = this.#slots.filter(({ worker }) => worker);
    return { workers: this.#slots.length, started: started.length, busy: started.filter(({ busy }) => busy).length };
  }

  get pids(): number[] {
    return this.#slots.flatMap(({ worker }) => worker?.pid ?? []);
  }

  /** Answers by the next free worker. Never rejects. */
  async call(request: FunctionRequest): Promise<FunctionResponse> {
    const slot = await this.#free();
    if (!slot)
      return json(503, {
        message: `No process was free in ${FREE_WORKER_MS / 1000} s; try again, or start more.`,
        code: 'not-ready',
      });
    return this.#ask(slot, request);
  }

  async #ask(slot: Slot, request: FunctionRequest): Promise<FunctionResponse> {
    const worker = slot.worker!;
    const timer = setTimeout(() => worker.kill(), EVENT_MS);
    try {
      return await worker.call(request);
    } catch (error) {
      if (!(error instanceof WorkerEndedError)) throw error;
      return json(500, { message: `${error.message} The call can be repeated.`, code: 'internal' });
    } finally {
      clearTimeout(timer);
      this.#release(slot);
    }
  }

  /**
   * Metrics of all processes together, in Prometheus' text form. A process that is in a call is counted as it was when it
   * was asked last: a scrape does not wait behind calls.
   */
  async metrics(): Promise<string> {
    await Promise.all(
      this.#slots.map(async (slot) => {
        if (!slot.worker || slot.busy) return;
        slot.busy = true;
        const answer = await this.#ask(slot, {
          method: 'GET',
          path: '/metrics?json',
          headers: {},
          body: new Uint8Array(),
        });
        if (answer.status === 200) slot.metrics = answer.body;
      }),
    );
    const all = this.#slots.map(
      ({ metrics }) => JSON.parse(metrics) as Parameters<typeof AggregatorRegistry.aggregate>[0][number],
    );
    return AggregatorRegistry.aggregate(all).metrics();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#slots.map(({ worker }) => worker?.[Symbol.asyncDispose]()));
  }

  async #launch(slot: Slot): Promise<FunctionWorker> {
    const worker = await FunctionWorker.start(this.#env, this.#log);
    await worker.started;
    slot.worker = worker;
    slot.busy = false;
    this.#release(slot);
    return worker;
  }

  /** Starts the slot's process again whenever it ends, after a growing pause. */
  async #keep(slot: Slot, first: Promise<FunctionWorker>): Promise<void> {
    let launched = first;
    let pause = 250;
    while (!this.#closed) {
      const startedAt = performance.now();
      const how = await launched.then(({ ended }) => ended).catch((error: Error) => error.message);
      slot.worker = undefined;
      slot.busy = true;
      if (this.#closed) return;
      pause = performance.now() - startedAt > SOUND_AFTER_MS ? 250 : Math.min(MOST_BACK_OFF_MS, pause * 2);
      this.#log.warn(`A function process ended (${how}); starting another in ${pause} ms.`);
      await new Promise((resolve) => setTimeout(resolve, pause));
      launched = this.#launch(slot);
      launched.catch(() => undefined);
    }
  }

  #free(): Promise<Slot | undefined> {
    const slot = this.#slots.find(({ worker, busy }) => worker && !busy);
    if (slot) {
      slot.busy = true;
      return Promise.resolve(slot);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(take), 1);
        resolve(undefined);
      }, FREE_WORKER_MS);
      const take = (free: Slot): void => {
        clearTimeout(timer);
        resolve(free);
      };
      this.#queue.push(take);
    });
  }

  #release(slot: Slot): void {
    if (!slot.worker) return;
    const next = this.#queue.shift();
    slot.busy = next !== undefined;
    next?.(slot);
  }
}
