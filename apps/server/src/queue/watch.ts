import { and, eq, inArray } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { functionRequests, functions } from '../database/schema/index.ts';
import type { Events } from '../events/events.ts';
import type { EventStream, EventStreamOptions } from '../http/event-stream.ts';
import { isOpen } from './requests.ts';

/** Without a time to come back after, stock agents wait ten minutes; and they take every blank line for an event. */
export const WATCH: EventStreamOptions = { retryMs: 5_000, terse: true };

export type Watchers = {
  /** Sends what happens in the function's queue, until either side ends. */
  add(functionId: number, stream: EventStream): Promise<void>;
  close(): void;
};

/**
 * The watched queues of this process. All streams share one listener; one with nothing to tell costs no query.
 */
export function createWatchers(db: Db, events: Events): Watchers {
  const streams = new Map<number, Set<EventStream>>();

  const tell = (functionId: number, category: string): void => {
    for (const stream of streams.get(functionId) ?? []) send(stream, category);
  };
  const end = (functionId: number): void => {
    for (const stream of streams.get(functionId) ?? []) stream.end();
  };

  /** After the listener was away: what may have been missed, with two queries for all streams. */
  const lookAtEverything = async (): Promise<void> => {
    const watched = [...streams.keys()];
    if (watched.length === 0) return;
    const there = await db.select({ id: functions.id }).from(functions).where(inArray(functions.id, watched));
    const known = new Set(there.map((row) => row.id));
    for (const id of watched) if (!known.has(id)) end(id);
    const queued = await db
      .selectDistinct({ functionId: functionRequests.functionId, category: functionRequests.category })
      .from(functionRequests)
      .where(and(inArray(functionRequests.functionId, watched), isOpen));
    for (const { functionId, category } of queued) tell(functionId, category);
  };

  const stop = events.hear((notice) => {
    if (notice === null) lookAtEverything().catch(() => undefined);
    else if (notice.on === 'queue') tell(notice.functionId, notice.category);
    else if (notice.on === 'function-deleted') end(notice.functionId);
  });

  return {
    async add(functionId, stream) {
      const own = streams.get(functionId) ?? new Set<EventStream>();
      streams.set(functionId, own.add(stream));
      stream.onEnd(() => {
        own.delete(stream);
        if (own.size === 0 && streams.get(functionId) === own) streams.delete(functionId);
      });
      // What came between the agent's last look and now, and a function that was deleted meanwhile.
      const there = await db.select({ id: functions.id }).from(functions).where(eq(functions.id, functionId));
      if (there.length === 0) return end(functionId);
      const queued = await db
        .selectDistinct({ category: functionRequests.category })
        .from(functionRequests)
        .where(and(eq(functionRequests.functionId, functionId), isOpen));
      for (const { category } of queued) send(stream, category);
    },
    close: stop,
  };
}

function send(stream: EventStream, category: string): void {
  stream.send('newrequest', { request_category: category });
}
