import { startWorker } from './background/worker.ts';
import type { Context } from './context.ts';
import { startSweeping } from './dispatch/sweep.ts';
import type { Report } from './http/problems.ts';
import { dropStaleUploads } from './media/uploads.ts';
import { REQUEST_HANDLERS } from './request-handlers.ts';

/** Stops what was started, and waits for what is under way. */
export type Stop = () => Promise<void>;

/** What every server process does beside answering requests. Each noun brings its own. */
const WORKERS: readonly ((context: Context, report: Report) => Stop)[] = [
  (context, report) => {
    const worker = startWorker(context, REQUEST_HANDLERS, {
      report: (error, request) => report(error, request ? `background request ${request.id}` : 'background requests'),
    });
    return () => worker.stop();
  },
  (context, report) => {
    const dropping = setInterval(() => {
      dropStaleUploads(context).catch((error) => report(error, 'uploads that were given up'));
    }, 3_600_000);
    return async () => clearInterval(dropping);
  },
  (context, report) => startSweeping(context, (error) => report(error, 'sweep of the queues')),
];

/** Starts them all. Returns the way to stop them. */
export function startWorkers(context: Context, report: Report): Stop {
  const stops = WORKERS.map((start) => start(context, report));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}
