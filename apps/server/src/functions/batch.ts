import type { FunctionRequest } from '@roto/wire';
import { and, count, desc, eq, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Principal } from '../access/access.ts';
import type { Db } from '../database/open.ts';
import { functionRequests, functions } from '../database/schema/index.ts';
import { notFound } from '../http/errors.ts';
import type { RequestRow } from '../queue/requests.ts';

/** Words of the wire; a parked request has failed for whoever waits for it. */
const STATUS = {
  queued: 'queued',
  leased: 'started',
  finished: 'finished',
  failed: 'failed',
  parked: 'failed',
  cancelled: 'failed',
} as const;

/** A batch request as on the wire (contract 4.6); `parked` and `result` are ours. */
export function showBatch(row: RequestRow): FunctionRequest {
  const { type, task, job, threshold } = row.params;
  return {
    id: row.id,
    function: {
      id: row.functionId,
      type,
      task,
      ...(job === undefined ? {} : { job }),
      ...(threshold == null ? {} : { threshold }),
    },
    status: STATUS[row.state],
    parked: row.state === 'parked',
    attempts: row.attempts,
    progress: Math.round(row.progress * 100),
    enqueued: row.createdDate.toISOString(),
    started: row.startedDate?.toISOString() ?? null,
    ended: row.endedDate?.toISOString() ?? null,
    exc_info: row.error,
    ...(row.result === null ? {} : { result: row.result }),
  };
}

/** Batch requests that the user asked for, or that agents of the user's own functions do; no steps of runs. */
export function visibleBatches(principal: Principal, filter: { function?: number; status?: string }): SQL | undefined {
  const t = functionRequests;
  const states = Object.entries(STATUS).filter(([, status]) => status === filter.status);
  return and(
    eq(t.category, 'batch'),
    sql`${t.runId} is null`,
    ne(t.state, 'cancelled'),
    principal.isAdmin
      ? undefined
      : or(
          eq(t.ownerId, principal.userId),
          sql`${t.functionId} in (select ${functions.id} from ${functions} where ${functions.ownerId} = ${principal.userId})`,
        ),
    filter.function === undefined ? undefined : eq(t.functionId, filter.function),
    filter.status === undefined ? undefined : or(...states.map(([state]) => eq(t.state, state as RequestRow['state']))),
  );
}

/** The newest first, at most a thousand. */
export async function listBatches(db: Db, where: SQL | undefined): Promise<RequestRow[]> {
  return db.select().from(functionRequests).where(where).orderBy(desc(functionRequests.createdDate)).limit(1_000);
}

/** @throws HttpError 404 */
export async function readBatch(db: Db, id: string): Promise<RequestRow> {
  const [row] = await db.select().from(functionRequests).where(eq(functionRequests.id, id));
  if (row?.category !== 'batch' || row.runId || row.state === 'cancelled') throw notFound(`There is no request ${id}.`);
  return row;
}

export async function countOpen(db: Db, functionId: number): Promise<number> {
  const [row] = await db
    .select({ count: count() })
    .from(functionRequests)
    .where(and(eq(functionRequests.functionId, functionId), sql`${functionRequests.state} in ('queued', 'leased')`));
  return row!.count;
}

/** An ended request leaves the list. */
export async function forget(tx: Db, id: string): Promise<void> {
  await tx.delete(functionRequests).where(eq(functionRequests.id, id));
}
