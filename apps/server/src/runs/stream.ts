import type { ServerResponse } from 'node:http';
import { eq } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { runs } from '../database/schema/index.ts';
import type { Events } from '../events/events.ts';
import { EVENT_STREAM } from '../queue/watch.ts';
import { readFrames, showProgress } from './show.ts';

const RETRY_MS = 2_000;
const KEEP_ALIVE_MS = 20_000;
/** Frames that are read at once. */
const PAGE = 200;

type Stream = {
  readonly runId: string;
  readonly response: ServerResponse;
  /** Last frame that was sent. */
  cursor: number | null;
  /** Progress as it was sent last, as text. */
  sent: string;
  busy: boolean;
  again: boolean;
};

/**
 * Event streams of runs: `frame` for each frame that is saved for all objects, its number being the event's id, and
 * `progress` whenever anything else changed. Who comes back with Last-Event-ID goes on after that frame. A deleted run
 * ends its streams; an ended run does not, for it may be continued.
 */
export function createRunStreams(db: Db, events: Events) {
  const streams = new Map<string, Set<Stream>>();
  const stop = events.hear((notice) => {
    if (notice === null) for (const all of streams.values()) for (const stream of all) void push(stream);
    else if (notice.on === 'run') for (const stream of streams.get(notice.runId) ?? []) void push(stream);
  });
  const timer = setInterval(() => {
    for (const all of streams.values()) for (const { response } of all) response.write(':\n\n');
  }, KEEP_ALIVE_MS);
  timer.unref();

  /** Sends what is new. Notices that come meanwhile make one more look. */
  async function push(stream: Stream): Promise<void> {
    if (stream.busy) {
      stream.again = true;
      return;
    }
    stream.busy = true;
    try {
      do {
        stream.again = false;
        await look(stream);
      } while (stream.again && !stream.response.destroyed);
    } catch {
      // The database is away; the client comes back and goes on where it was.
      stream.response.destroy();
    } finally {
      stream.busy = false;
    }
  }

  async function look(stream: Stream): Promise<void> {
    const { response } = stream;
    const [row] = await db.select().from(runs).where(eq(runs.id, stream.runId));
    if (!row) return void response.end();
    for (;;) {
      const frames = await readFrames(db, row, stream.cursor, PAGE);
      for (const each of frames) response.write(`event: frame\nid: ${each.frame}\ndata: ${JSON.stringify(each)}\n\n`);
      stream.cursor = frames.at(-1)?.frame ?? stream.cursor;
      if (response.writableNeedDrain) await drained(response);
      if (frames.length < PAGE || response.destroyed) break;
    }
    const progress = JSON.stringify(await showProgress(db, row));
    if (progress !== stream.sent) response.write(`event: progress\ndata: ${progress}\n\n`);
    stream.sent = progress;
  }

  return {
    /** Takes over the response. `lastEventId` as the client sent it. */
    async add(runId: string, response: ServerResponse, lastEventId: string | undefined): Promise<void> {
      response.writeHead(200, EVENT_STREAM);
      response.write(`retry: ${RETRY_MS}\n\n`);
      const cursor = lastEventId !== undefined && /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : null;
      const stream: Stream = { runId, response, cursor, sent: '', busy: false, again: false };
      streams.set(runId, (streams.get(runId) ?? new Set()).add(stream));
      const leave = (): void => {
        const all = streams.get(runId);
        all?.delete(stream);
        if (all?.size === 0) streams.delete(runId);
      };
      response.on('close', leave);
      response.on('error', leave);
      await push(stream);
    },
    close(): void {
      stop();
      clearInterval(timer);
      for (const all of streams.values()) for (const { response } of all) response.end();
    },
  };
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}
