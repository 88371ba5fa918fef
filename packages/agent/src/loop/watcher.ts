import { setTimeout as sleep } from 'node:timers/promises';
import { type Queue, readEvents } from '@roto/client';
import type { Log } from '@roto/functions';
import type { RequestCategory } from '@roto/wire';
import { atLeast, BackOff, type Timing } from './backoff.ts';

export type Heard = {
  /** A request of the category may be there. */
  news(category: RequestCategory): void;
  /** The stream stands, or not any more: then the queue must be asked more often. */
  live(isLive: boolean): void;
};

/**
 * Listens to the queue's event stream until the signal, connecting anew when it ends. Until the server has said when to
 * come back the pause is long: it may be too old to have streams.
 */
export async function watchQueue(
  queue: Queue,
  heard: Heard,
  log: Log,
  timing: Timing,
  signal: AbortSignal,
): Promise<void> {
  const backOff = new BackOff(timing.rarePollMs, timing.rarePollMs);
  while (!signal.aborted) {
    const stream = new AbortController();
    try {
      const answer = await queue.watch(AbortSignal.any([signal, stream.signal]));
      log.info('Connected to the queue event stream');
      heard.live(true);
      for await (const message of readEvents(answer)) {
        if (message.kind === 'retry') backOff.reset(message.ms);
        else dispatch(message.event.type, message.event.data, heard, log);
      }
      log.warn('Event stream ended; will reconnect');
    } catch (error) {
      if (signal.aborted) return;
      log.warn(`No event stream (${(error as Error).message}); will retry`);
    } finally {
      stream.abort();
    }
    // It may have ended because the function was deleted: a poll will tell.
    heard.live(false);
    heard.news('interactive');
    heard.news('batch');
    await sleep(atLeast(backOff.next(), timing.jitter), undefined, { signal }).catch(() => undefined);
  }
}

function dispatch(type: string, data: string, heard: Heard, log: Log): void {
  if (type !== 'newrequest') {
    log.warn(`Received event of unknown type: ${JSON.stringify(type.slice(0, 80))}`);
    return;
  }
  let category: unknown;
  try {
    category = (JSON.parse(data) as { request_category?: unknown } | null)?.request_category;
  } catch {
    category = undefined;
  }
  if (category === 'interactive' || category === 'batch') heard.news(category);
  else log.warn('Received notification about a new request of unknown category');
}
