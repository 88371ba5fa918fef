import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, ClientError, type Holder, type Queue } from '@roto/client';
import type { NodeClient } from '@roto/client/node';
import { BadRequestError } from '@roto/functions';
import type { AnyAssignment, Capabilities, FramesAnswer, RequestCategory } from '@roto/wire';
import { annotateFrame, annotateTask } from '../requests/detection.ts';
import { interact } from '../requests/interaction.ts';
import { LeaseLostError, trackRange } from '../requests/range.ts';
import { initTracking, track } from '../requests/tracking.ts';
import type { Doing, Params, Work } from '../requests/work.ts';
import { around, atLeast, BackOff, type Timing } from './backoff.ts';
import { toldError } from './told.ts';
import { watchQueue } from './watcher.ts';

const CATEGORIES: readonly RequestCategory[] = ['interactive', 'batch'];
/** A result is worth some tries, but not all time. */
const COMPLETE_TRIES = 4;

const KINDS: Readonly<Record<string, (work: Work, params: Params, doing: Doing) => Promise<object>>> = {
  init_tracking: initTracking,
  track,
  interact,
  annotate_frame: annotateFrame,
  annotate_task: annotateTask,
};

/** Why the agent stops when nothing went wrong; its requests are given back. */
export class StoppedError extends Error {
  readonly code = 'stopped';
  override readonly name = 'StoppedError';
}

/** The loop of one agent (contract 4.7): asks for requests, works on them, answers. */
export class Loop {
  readonly #client: NodeClient;
  readonly #queue: Queue;
  readonly #work: Work;
  readonly #timing: Timing;
  readonly #agentId = randomBytes(16).toString('hex');
  #capabilities: Capabilities | undefined;
  readonly #stop = new AbortController();
  readonly #news: Record<RequestCategory, boolean> = { interactive: true, batch: true };
  #wake: (() => void) | undefined;
  #isLive = false;

  constructor(work: Work, functionId: number, capabilities: Capabilities, timing: Timing) {
    this.#client = work.client;
    this.#queue = this.#client.queue(functionId);
    this.#work = work;
    this.#timing = timing;
    this.#capabilities = Object.keys(capabilities).length > 0 ? capabilities : undefined;
  }

  /** Until the signal; with `burst` until there is nothing left. Throws what `acquire` is refused with. */
  async run(burst: boolean, signal: AbortSignal): Promise<void> {
    const { log } = this.#work;
    log.info(`Agent starting with ID ${this.#agentId}`);
    const stop = (): void => {
      this.#stop.abort(new StoppedError('The agent was stopped.'));
      this.#wake?.();
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const heard = {
      news: (category: RequestCategory) => {
        this.#news[category] = true;
        this.#wake?.();
      },
      live: (isLive: boolean) => {
        this.#isLive = isLive;
      },
    };
    const watching = burst
      ? undefined
      : watchQueue(this.#queue, heard, log, this.#timing, this.#stop.signal).catch((error) =>
          log.error('Fault while watching the queue', error),
        );
    let batch: Promise<void> | undefined;
    try {
      for (;;) {
        if (this.#stop.signal.aborted) break;
        await this.#drainInteractive();
        if (!batch && this.#news.batch && !this.#stop.signal.aborted) {
          this.#news.batch = false;
          const assignment = await this.#acquire('batch');
          if (assignment) {
            this.#news.batch = true;
            // Interactive requests are served beside it: somebody waits for them.
            batch = this.#process(assignment, 'batch').finally(() => {
              batch = undefined;
              this.#wake?.();
            });
          }
        }
        if (this.#news.interactive || (this.#news.batch && !batch)) continue;
        if (burst && !batch) {
          log.info('No annotation requests left in queue; exiting.');
          break;
        }
        await this.#idle(batch !== undefined);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
      await batch;
      await watching;
    }
  }

  async #drainInteractive(): Promise<void> {
    while (this.#news.interactive && !this.#stop.signal.aborted) {
      this.#news.interactive = false;
      for (let next = await this.#acquire('interactive'); next; next = await this.#acquire('interactive')) {
        await this.#process(next, 'interactive');
        if (this.#stop.signal.aborted) return;
      }
    }
  }

  /** Until there is news, a batch ends, or it is time to poll. */
  async #idle(isBusy: boolean): Promise<void> {
    const { pollMs, rarePollMs, jitter } = this.#timing;
    const ms = around(this.#isLive ? rarePollMs : pollMs, jitter);
    const timedOut = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
      // What came between the look and now.
      if (this.#news.interactive || (this.#news.batch && !isBusy) || this.#stop.signal.aborted) this.#wake();
    });
    this.#wake = undefined;
    if (timedOut) for (const category of CATEGORIES) this.#news[category] = true;
  }

  async #acquire(category: RequestCategory): Promise<AnyAssignment | null> {
    const { signal } = this.#stop;
    return this.#repeating(undefined, async () => {
      const more = this.#capabilities && { capabilities: this.#capabilities, holding: [] };
      try {
        return await this.#queue.acquire(this.#agentId, category, { ...more, signal });
      } catch (error) {
        // A server that takes no more than CVAT's own keys; it gets those.
        if (!(error instanceof ApiError && error.status === 400 && this.#capabilities)) throw error;
        this.#capabilities = undefined;
        return this.#queue.acquire(this.#agentId, category, { signal });
      }
    });
  }

  /** Never throws: whatever goes wrong is told to the server. */
  async #process(assignment: AnyAssignment, category: RequestCategory): Promise<void> {
    const { ar_id: id, ar_params: params, fence } = assignment;
    const { log } = this.#work;
    const holder: Holder = { agent_id: this.#agentId, fence };
    log.info(`Got assigned annotation request ${id} of type ${params.type}${keyFacts(params)}`);
    const given = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, given.signal]);
    let done = 0;
    let listen: ((answer: FramesAnswer) => void) | undefined;
    const heartbeat = this.#heartbeat(assignment, category, holder, () => done, {
      heard: (answer) => listen?.(answer),
      lost: (error) => given.abort(new LeaseLostError(error.message, { cause: error })),
    });
    try {
      const doing: Doing = {
        signal,
        progress: (now) => {
          done = Math.min(1, Math.max(done, now));
        },
      };
      let result: object = {};
      if (params.type === 'track_range') {
        if (fence === undefined) throw new BadRequestError('a range without a fence');
        const lease = {
          queue: this.#queue,
          requestId: id,
          holder: { ...holder, fence },
          onAnswer: (hear: (answer: FramesAnswer) => void) => {
            listen = hear;
          },
        };
        await trackRange(this.#work, params, lease, doing);
      } else {
        const kind = Object.hasOwn(KINDS, params.type) ? KINDS[params.type] : undefined;
        if (!kind) throw new BadRequestError(`unsupported type: '${params.type}'`);
        result = await kind(this.#work, params, doing);
      }
      await this.#repeating(COMPLETE_TRIES, () => this.#queue.complete(id, holder, result, signal));
      log.info(`Annotation request ${id} completed`);
    } catch (caught) {
      const error = given.signal.aborted ? given.signal.reason : caught;
      if (error instanceof LeaseLostError) log.warn(`Request ${id} is not ours any more: ${error.message}`);
      else await this.#giveUp(id, holder, this.#stop.signal.aborted ? this.#stop.signal.reason : error);
    } finally {
      heartbeat();
    }
  }

  async #giveUp(id: string, holder: Holder, error: unknown): Promise<void> {
    const { log } = this.#work;
    const isStopped = error instanceof StoppedError;
    if (isStopped) log.info(`Giving request ${id} back.`);
    else log.error(`Failed to process request ${id}: ${error instanceof Error ? error.message : error}`, error);
    const { text, permanent } = isStopped ? { text: 'The agent was stopped', permanent: false } : toldError(error);
    try {
      // Not the loop's signal: a stopping agent says so, too.
      await this.#queue.fail(id, holder, text, permanent, AbortSignal.timeout(15_000));
    } catch (failure) {
      log.error(`Couldn't fail request ${id}: ${(failure as Error).message}`);
    }
  }

  /**
   * Says now and then that the request is worked on. With servers that give leases for every request, in time for the
   * lease; with others as CVAT's agent does, for batches only. Returns what ends it.
   */
  #heartbeat(
    { ar_id: id, lease_ms: leaseMs }: AnyAssignment,
    category: RequestCategory,
    holder: Holder,
    progress: () => number,
    tell: { heard(answer: FramesAnswer): void; lost(error: Error): void },
  ): () => void {
    if (leaseMs === undefined && category === 'interactive') return () => undefined;
    const everyMs = Math.min(this.#timing.updateMs, leaseMs === undefined ? Infinity : leaseMs / 4);
    let isUnderWay = false;
    const beat = async (): Promise<void> => {
      if (isUnderWay) return;
      isUnderWay = true;
      try {
        const answer = await this.#queue.update(id, holder, progress(), this.#stop.signal);
        if (answer) tell.heard(answer);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (error instanceof ApiError && error.status === 409 && holder.fence !== undefined) tell.lost(error);
        else this.#work.log.warn(`Failed to update request ${id}: ${(error as Error).message}`);
      } finally {
        isUnderWay = false;
      }
    };
    const timer = setInterval(beat, everyMs);
    return () => clearInterval(timer);
  }

  /** Repeats a POST on network errors, 5xx and 429, after the pause that the server asks for, else a growing one. */
  async #repeating<T>(most: number | undefined, call: () => Promise<T>): Promise<T> {
    const { retryMs, mostRetryMs, jitter } = this.#timing;
    const backOff = new BackOff(retryMs, mostRetryMs);
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        this.#stop.signal.throwIfAborted();
        const status = error instanceof ApiError ? error.status : undefined;
        const isOurFault = status !== undefined && status >= 400 && status < 500 && status !== 429;
        const isForeseen = error instanceof ApiError || (error instanceof ClientError && error.code === 'connection');
        if (isOurFault || !isForeseen || (most !== undefined && attempt >= most)) throw error;
        const after = error instanceof ApiError ? error.retryAfter : undefined;
        const ms = after === undefined ? atLeast(backOff.next(), jitter) : after * 1000;
        this.#work.log.warn(`${(error as Error).message} Will retry in ${(ms / 1000).toFixed(1)} s.`);
        await sleep(ms, undefined, { signal: this.#stop.signal });
      }
    }
  }
}

function keyFacts(params: Params): string {
  const facts = ['task', 'frame', 'run'].filter((key) => ['number', 'string'].includes(typeof params[key]));
  return facts.length > 0 ? ` (${facts.map((key) => `${key}=${params[key]}`).join(' ')})` : '';
}
