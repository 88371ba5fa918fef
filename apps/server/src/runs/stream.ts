import { eq } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { runs } from '../database/schema/index.ts';
import type { Events } from '../events/events.ts';
import type { EventStream } from '../http/event-stream.ts';
import { readFrames, showProgress } from './show.ts';

/** Frames that are read at once. */
const PAGE = 200;

type Reader = {
  readonly runId: string;
  readonly stream: EventStream;
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
  const readers = new Map<string, Set<Reader>>();
  const stop = events.hear((notice) => {
    if (notice === null) for (const all of readers.values()) for (const reader of all) void push(reader);
    else if (notice.on === 'run') for (const reader of readers.get(notice.runId) ?? []) void push(reader);
  });

  /** Sends what is new. Notices that come meanwhile make one more look. */
  async function push(reader: Reader): Promise<void> {
    if (reader.busy) {
      reader.again = true;
      return;
    }
    reader.busy = true;
    try {
      do {
        reader.again = false;
        await look(reader);
      } while (reader.again && !reader.stream.hasEnded);
    } catch {
      // The database is away; the client comes back and goes on where it was.
      reader.stream.end();
    } finally {
      reader.busy = false;
    }
  }

  async function look(reader: Reader): Promise<void> {
    const { stream } = reader;
    const [row] = await db.select().from(runs).where(eq(runs.id, reader.runId));
    if (!row) return stream.end();
    for (;;) {
      const frames = await readFrames(db, row, reader.cursor, PAGE);
      for (const each of frames) stream.send('frame', each, each.frame);
      reader.cursor = frames.at(-1)?.frame ?? reader.cursor;
      await stream.drained();
      if (frames.length < PAGE || stream.hasEnded) break;
    }
    const progress = JSON.stringify(await showProgress(db, row));
    if (progress !== reader.sent) stream.sendText('progress', progress);
    reader.sent = progress;
  }

  return {
    /** `lastEventId` as the client sent it. */
    async add(runId: string, stream: EventStream, lastEventId: string | undefined): Promise<void> {
      const cursor = lastEventId !== undefined && /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : null;
      const reader: Reader = { runId, stream, cursor, sent: '', busy: false, again: false };
      readers.set(runId, (readers.get(runId) ?? new Set()).add(reader));
      stream.onEnd(() => {
        const all = readers.get(runId);
        all?.delete(reader);
        if (all?.size === 0) readers.delete(runId);
      });
      await push(reader);
    },
    close: stop,
  };
}
