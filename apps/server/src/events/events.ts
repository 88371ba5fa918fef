import { type SQL, sql } from 'drizzle-orm';
import type { Database, Db } from '../database/open.ts';

/**
 * What other processes and watchers are told. Notices are hints: whoever hears one looks at the tables, so a lost or
 * doubled notice does no harm. An empty notice (`null`) comes after the connection was lost and means: look at everything.
 */
export type Notice =
  /** A function's queue has something to take. */
  | { readonly on: 'queue'; readonly functionId: number; readonly category: 'interactive' | 'batch' }
  /** A function is gone; its streams end. */
  | { readonly on: 'function-deleted'; readonly functionId: number }
  /** A function request came to its end. */
  | { readonly on: 'request-ended'; readonly requestId: string }
  /** Frames of a run were saved, or its state changed. */
  | { readonly on: 'run'; readonly runId: string; readonly taskId: number }
  /** Annotations of a job changed. */
  | { readonly on: 'job'; readonly jobId: number }
  /** Frames of a task were removed or restored. */
  | { readonly on: 'media'; readonly taskId: number }
  /** Somebody's rights changed, or they signed out: whoever reads a stream is asked again. */
  | { readonly on: 'access' }
  /** Who has a job open in a process; `ask`: the others say it too. */
  | {
      readonly on: 'people';
      readonly jobId: number;
      readonly process: string;
      readonly people: readonly { readonly id: number; readonly username: string }[];
      readonly ask: boolean;
    }
  /** A background request waits for a process. */
  | { readonly on: 'background' };

export type Events = {
  /** Tells all processes, when and if the transaction `db` commits. */
  tell(db: Db, notice: Notice): Promise<void>;
  /** Returns the way to stop. */
  hear(heard: (notice: Notice | null) => void): () => void;
  close(): Promise<void>;
};

const CHANNEL = 'roto_notices';

/** The notice of a job as an expression, for statements that know the job only while they run. */
export function notifyJob(jobId: SQL): SQL {
  return sql`pg_notify(${CHANNEL}, '{"on":"job","jobId":' || ${jobId} || '}')`;
}

export async function openEvents(database: Database): Promise<Events> {
  const listeners = new Set<(notice: Notice | null) => void>();
  const stop = await database.listen(CHANNEL, (payload) => {
    const notice = payload === '' ? null : (JSON.parse(payload) as Notice);
    for (const listener of listeners) listener(notice);
  });
  return {
    async tell(db, notice) {
      await db.execute(sql`select pg_notify(${CHANNEL}, ${JSON.stringify(notice)})`);
    },
    hear(heard) {
      listeners.add(heard);
      return () => void listeners.delete(heard);
    },
    close: stop,
  };
}
