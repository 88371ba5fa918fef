import { hostname } from 'node:os';
import { MediaError } from '@roto/media';
import type { Context } from '../context.ts';
import { HttpError } from '../http/errors.ts';
import { RequestFailure, type RequestHandler, type RequestHandlers } from './handlers.ts';
import { type Claim, claim, end, forgetExpired, LeaseLost, putBack, renew } from './queue.ts';

export type WorkerOptions = {
  /** Requests that this process works on at the same time. */
  readonly concurrency?: number;
  /** Milliseconds of silence after which another process takes a request over. */
  readonly leaseMs?: number;
  /** Milliseconds between looks at the table without being told. */
  readonly sweepMs?: number;
  /** Starts of one request before it is given up. */
  readonly maxAttempts?: number;
  /** Milliseconds before an unexpected failure is tried again. */
  readonly retryMs?: number;
  /** Told of what went wrong unexpectedly; the client is only told that it did. */
  readonly report?: (error: unknown, request: { readonly id: string; readonly type: string } | null) => void;
};

export type Worker = {
  /** Stops taking requests, stops those under way and gives them back, so that another process goes on at once. */
  stop(): Promise<void>;
};

/** Works off the table of background requests, beside any other process that does. */
export function startWorker(context: Context, handlers: RequestHandlers, options: WorkerOptions = {}): Worker {
  const {
    concurrency = 2,
    leaseMs = 30_000,
    sweepMs = 3_000,
    maxAttempts = 5,
    retryMs = 5_000,
    report = () => undefined,
  } = options;
  const holder = `${hostname()}-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
  const types = Object.keys(handlers);
  const maxCrashes = (type: string): number => Math.min(handlers[type]?.maxCrashes ?? 1, maxAttempts - 1);
  const underWay = new Map<string, { readonly done: Promise<void>; readonly look: () => void }>();
  const stopping = new AbortController();
  let looking: Promise<void> | undefined;
  let lookAgain = false;

  const look = (): void => {
    if (stopping.signal.aborted) return;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = fill()
      .catch((error) => report(error, null))
      .finally(() => {
        looking = undefined;
        if (lookAgain) {
          lookAgain = false;
          look();
        }
      });
  };

  const fill = async (): Promise<void> => {
    while (!stopping.signal.aborted && underWay.size < concurrency) {
      const claimed = await claim(context.db, holder, types, leaseMs, maxAttempts, maxCrashes);
      if (!claimed) return;
      const { request } = claimed;
      const stop = new AbortController();
      let renewal: Promise<void> | undefined;
      let [progress, message] = [request.progress, request.message];
      const beat = (): void => {
        renewal ??= renew(context.db, request, leaseMs, progress, message)
          .then((state) => {
            if (state !== 'held') stop.abort(new LeaseLost(state));
          })
          // A database that does not answer: the lease may end meanwhile, and the fence keeps us from committing then.
          .catch((error) => report(error, request))
          .finally(() => {
            renewal = undefined;
          });
      };
      const beating = setInterval(beat, Math.max(20, Math.min(1_000, leaseMs / 3)));
      const done = carryOut(claimed, handlers[request.type]!, AbortSignal.any([stop.signal, stopping.signal]), {
        told: (share, text) => {
          progress = Math.min(1, Math.max(0, share));
          if (text !== undefined) message = text;
        },
        settled: async () => {
          clearInterval(beating);
          await renewal;
        },
      })
        .catch((error) => report(error, request))
        .finally(() => {
          underWay.delete(request.id);
          look();
        });
      underWay.set(request.id, { done, look: beat });
    }
  };

  const carryOut = async (
    { request, todo }: Claim,
    handler: RequestHandler,
    signal: AbortSignal,
    lease: { told: (share: number, text?: string) => void; settled: () => Promise<void> },
  ): Promise<void> => {
    const fail = async (message: string): Promise<void> => {
      // Whoever took it over meanwhile still needs what would be freed.
      if ((await renew(context.db, request, leaseMs, request.progress, message)) === 'lost') return;
      await handler.release?.(context, request);
      await lease.settled();
      await end(context.db, request, { status: 'failed', message }, context.config.limits.keptDays);
    };
    try {
      if (todo === 'cancel') return await fail(CANCELLED);
      if (todo === 'give-up') {
        const why = request.message === '' ? '' : ` It was last at: ${request.message}.`;
        return await fail(
          `The server ended ${request.crashes} times while it worked on this, which may be the reason.${why} Try again with a smaller file.`,
        );
      }
      const result = await handler.run(context, request, lease.told, signal);
      await lease.settled();
      await end(context.db, request, { status: 'finished', message: '', result }, context.config.limits.keptDays);
    } catch (error) {
      await lease.settled();
      if (stopping.signal.aborted) return await putBack(context.db, request, 0, false);
      if (error instanceof LeaseLost || signal.aborted) {
        // When it is not ours any more, who holds it now (or deleted it) cleans up.
        return await fail(CANCELLED);
      }
      const message = explain(error);
      if (message !== null) return await fail(message);
      report(error, request);
      if (request.attempts < maxAttempts) return await putBack(context.db, request, retryMs, true);
      await fail(
        'The server failed unexpectedly, and its log says more. Try it again, or tell whoever runs the server.',
      );
    } finally {
      await lease.settled();
    }
  };

  const stopHearing = context.events.hear((notice) => {
    if (notice !== null && notice.on !== 'background') return;
    look();
    for (const { look: beat } of underWay.values()) beat();
  });
  const sweeping = setInterval(look, sweepMs);
  sweeping.unref();
  const forgetting = setInterval(() => {
    forgetExpired(context).catch((error) => report(error, null));
  }, FORGET_MS);
  forgetting.unref();
  look();

  return {
    async stop() {
      stopHearing();
      clearInterval(sweeping);
      clearInterval(forgetting);
      stopping.abort(new Error('The server stops.'));
      await looking;
      await Promise.all([...underWay.values()].map(({ done }) => done));
    },
  };
}

const CANCELLED = 'Cancelled.';
const FORGET_MS = 60_000;

/** What a client may be told of a failure that will not go away; null: unexpected. */
function explain(error: unknown): string | null {
  if (error instanceof RequestFailure || error instanceof MediaError) return error.message;
  if (error instanceof HttpError && error.status < 500) return error.message;
  return null;
}
