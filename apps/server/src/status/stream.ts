import type { ServerResponse } from 'node:http';
import type { Events } from '../events/events.ts';

/** A page is told at most this often. */
const QUIET_MS = 700;
const KEEP_ALIVE_MS = 20_000;

/**
 * Event streams that say "something changed", and not what: the page fetches what its reader may see. Of many changes in
 * a row one word is said at their beginning and one after them.
 */
export function openStatusStreams(events: Events) {
  const open = new Set<ServerResponse>();
  let quiet: NodeJS.Timeout | undefined;
  let missed = false;
  const say = (): void => {
    if (quiet) {
      missed = true;
      return;
    }
    for (const response of open) response.write('data: changed\n\n');
    quiet = setTimeout(() => {
      quiet = undefined;
      if (!missed) return;
      missed = false;
      say();
    }, QUIET_MS);
    quiet.unref();
  };
  const stop = events.hear(say);
  const alive = setInterval(() => {
    for (const response of open) response.write(':\n\n');
  }, KEEP_ALIVE_MS);
  alive.unref();
  return {
    add(response: ServerResponse): void {
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
      });
      response.write('retry: 3000\n\n');
      open.add(response);
      response.on('close', () => open.delete(response));
    },
    close(): void {
      stop();
      clearInterval(alive);
      clearTimeout(quiet);
      for (const response of open) response.end();
    },
  };
}
