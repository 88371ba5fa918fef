import type { RequestHandlers } from './background/handlers.ts';
import { startWorker } from './background/worker.ts';
import type { Context } from './context.ts';
import { startSweeping } from './dispatch/sweep.ts';
import type { Report } from './http/problems.ts';
import { dropStaleUploads } from './media/uploads.ts';
import { REQUEST_HANDLERS, SLOW_REQUEST_HANDLERS } from './request-handlers.ts';

/** Stops what was started, and waits for what is under way. */
export type Stop = () => Promise<void>;

/** A file that is being written grows all the time; one that did not for so long was left by a process that was killed. */
const PARTIAL_MS = 3_600_000;

/** What every server process does beside answering requests. Each noun brings its own. */
const WORKERS: readonly ((context: Context, report: Report) => Stop)[] = [
  (context, report) => work(context, REQUEST_HANDLERS, report),
  (context, report) => work(context, SLOW_REQUEST_HANDLERS, report, 1),
  (context, report) => {
    const dropping = setInterval(() => {
      dropStaleUploads(context).catch((error) => report(error, 'uploads that were given up'));
    }, 3_600_000);
    return async () => clearInterval(dropping);
  },
  (context, report) => {
    const tidy = (): void =>
      void context.store.tidy(PARTIAL_MS).catch((error) => report(error, 'files that were left half-written'));
    tidy();
    const tidying = setInterval(tidy, 3_600_000);
    return async () => clearInterval(tidying);
  },
  (context, report) => startSweeping(context, (error) => report(error, 'sweep of the queues')),
];

function work(context: Context, handlers: RequestHandlers, report: Report, concurrency?: number): Stop {
  const worker = startWorker(context, handlers, {
    ...(concurrency === undefined ? {} : { concurrency }),
    report: (error, request) => report(error, request ? `background request ${request.id}` : 'background requests'),
  });
  return () => worker.stop();
}

/** Starts them all. Returns the way to stop them. */
export function startWorkers(context: Context, report: Report): Stop {
  const stops = WORKERS.map((start) => start(context, report));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}
