import type { ServerResponse } from 'node:http';
import { and, inArray, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { functionRequests, functions } from '../database/schema/index.ts';
import type { Events } from '../events/events.ts';
import { isOpen } from './requests.ts';

/** Milliseconds after which a client whose stream ended should come back; without it stock agents wait ten minutes. */
const RETRY_MS = 5_000;
const KEEP_ALIVE_MS = 20_000;
/** A stream ends after this, so that whoever has lost their rights meanwhile is asked for them again. */
const MOST_MS = 3_600_000;

export type Watchers = {
  /** Sends what happens in the function's queue, until either side ends. Takes over the response. */
  add(functionId: number, response: ServerResponse): Promise<void>;
  count(functionId: number): number;
  close(): void;
};

/**
 * The event streams of this process. All of them share one listener and one timer; a stream with nothing to tell costs a
 * few bytes now and then, and no query.
 */
export function createWatchers(db: Db, events: Events): Watchers {
  const streams = new Map<number, Map<ServerResponse, number>>();

  const tell = (functionId: number, category: string): void => {
    for (const response of streams.get(functionId)?.keys() ?? [])
      response.write(`event: newrequest\ndata: ${JSON.stringify({ request_category: category })}\n\n`);
  };
  const end = (functionId: number): void => {
    for (const response of streams.get(functionId)?.keys() ?? []) response.end();
    streams.delete(functionId);
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

  const timer = setInterval(() => {
    const now = performance.now();
    for (const [functionId, responses] of streams) {
      for (const [response, since] of responses) {
        // A comment without a blank line: stock agents take every blank line for an event.
        if (now - since < MOST_MS) response.write(':\n');
        else response.end();
      }
      if (responses.size === 0) streams.delete(functionId);
    }
  }, KEEP_ALIVE_MS);
  timer.unref();

  return {
    async add(functionId, response) {
      response.writeHead(200, EVENT_STREAM);
      // For the same reason the first lines have no blank one after them.
      response.write(`retry: ${RETRY_MS}\n`);
      const responses = streams.get(functionId) ?? new Map<ServerResponse, number>();
      streams.set(functionId, responses.set(response, performance.now()));
      const leave = (): void => {
        responses.delete(response);
      };
      response.on('close', leave);
      response.on('error', leave);
      // What came between the agent's last look and now, and a function that was deleted meanwhile.
      const there = await db.select({ id: functions.id }).from(functions).where(sql`${functions.id} = ${functionId}`);
      if (there.length === 0) return end(functionId);
      const queued = await db
        .selectDistinct({ category: functionRequests.category })
        .from(functionRequests)
        .where(and(sql`${functionRequests.functionId} = ${functionId}`, isOpen));
      for (const { category } of queued) {
        if (responses.has(response))
          response.write(`event: newrequest\ndata: ${JSON.stringify({ request_category: category })}\n\n`);
      }
    },
    count: (functionId) => streams.get(functionId)?.size ?? 0,
    close() {
      stop();
      clearInterval(timer);
      for (const functionId of [...streams.keys()]) end(functionId);
    },
  };
}

/** Headers of event streams; never compressed, nor held back by a proxy. */
export const EVENT_STREAM = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
} as const;
