import type { Events } from '../events/events.ts';
import type { EventStream } from '../http/event-stream.ts';

/** A page is told at most this often. */
const QUIET_MS = 700;

/**
 * Event streams that say "something changed", and not what: the page fetches what its reader may see. Of many changes in
 * a row one word is said at their beginning and one after them.
 */
export function openStatusStreams(events: Events) {
  const open = new Set<EventStream>();
  let quiet: NodeJS.Timeout | undefined;
  let missed = false;
  const say = (): void => {
    if (quiet) {
      missed = true;
      return;
    }
    for (const stream of open) stream.sendText(undefined, 'changed');
    quiet = setTimeout(() => {
      quiet = undefined;
      if (!missed) return;
      missed = false;
      say();
    }, QUIET_MS);
    quiet.unref();
  };
  const stop = events.hear(say);
  return {
    add(stream: EventStream): void {
      open.add(stream);
      stream.onEnd(() => open.delete(stream));
    },
    close(): void {
      stop();
      clearTimeout(quiet);
    },
  };
}
