import { and, eq, inArray, isNotNull, lt, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Db } from '../database/open.ts';
import { requests } from '../database/schema/index.ts';
import { HttpError } from '../http/errors.ts';
import type { BackgroundRequest } from './handlers.ts';

export type NewRequest = {
  readonly id: string;
  readonly type: string;
  readonly taskId?: number;
  readonly jobId?: number;
  /** Null: the server itself; nobody sees it. */
  readonly ownerId: number | null;
  readonly format?: string;
  readonly params?: Record<string, unknown>;
};

/**
 * Puts a request in the queue, in the transaction `tx`. One of the same id that has ended is replaced, its result freed
 * by the next sweep; one that waits or runs is a conflict (409 `{rq_id}`, contract 1.4).
 */
export async function enqueue({ events }: Pick<Context, 'events'>, tx: Db, request: NewRequest): Promise<void> {
  const [present] = await tx.select().from(requests).where(eq(requests.id, request.id)).for('update');
  if (present && (present.status === 'queued' || present.status === 'started')) {
    throw new HttpError(409, { rq_id: request.id, detail: 'This is already being done; ask for its request instead.' });
  }
  if (present) {
    await tx.delete(requests).where(eq(requests.id, request.id));
    if (present.resultKey !== null) await enqueueRemoval({ events }, tx, present.resultKey, 0);
  }
  await tx.insert(requests).values({
    id: request.id,
    type: request.type,
    taskId: request.taskId ?? null,
    jobId: request.jobId ?? null,
    ownerId: request.ownerId,
    format: request.format ?? null,
    params: request.params ?? {},
  });
  await events.tell(tx, { on: 'background' });
}

export const REMOVAL = 'remove:files';

/**
 * Has a key or prefix of the media store removed once `tx` has committed, even if this process dies: after
 * `delaySeconds`, when whoever might still be writing there has noticed.
 */
export async function enqueueRemoval(
  { events }: Pick<Context, 'events'>,
  tx: Db,
  keyOrPrefix: string,
  delaySeconds: number,
): Promise<void> {
  await tx.insert(requests).values({
    id: crypto.randomUUID(),
    type: REMOVAL,
    params: { keyOrPrefix },
    leaseUntil: sql`now() + make_interval(secs => ${delaySeconds})`,
  });
  await events.tell(tx, { on: 'background' });
}

/** The lease is over: cancelled, given to another, or deleted with its task. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** Locks the request's row until `tx` ends. Throws LeaseLost unless this fence is the present one and nobody cancelled. */
export async function assertHeld(tx: Db, request: Pick<BackgroundRequest, 'id' | 'fence'>): Promise<void> {
  const [row] = await tx
    .select({ fence: requests.fence, status: requests.status, cancelled: requests.cancelled })
    .from(requests)
    .where(eq(requests.id, request.id))
    .for('update');
  if (row?.fence !== request.fence || row.status !== 'started' || row.cancelled) {
    throw new LeaseLost(`Request ${request.id} is no longer held.`);
  }
}

/** A request to work on, or one that only has to be ended: cancelled, or interrupted too often. */
export type Claim = { readonly request: BackgroundRequest; readonly todo: 'run' | 'cancel' | 'give-up' };

/** Takes the oldest request that waits or whose holder went silent. Several processes may ask at once. */
export async function claim(
  db: Db,
  holder: string,
  types: readonly string[],
  leaseMs: number,
  maxAttempts: number,
  maxCrashes: (type: string) => number = () => maxAttempts - 1,
): Promise<Claim | null> {
  const free = db
    .select({ id: requests.id })
    .from(requests)
    .where(
      and(
        inArray(requests.type, [...types]),
        inArray(requests.status, ['queued', 'started']),
        sql`(${requests.leaseUntil} is null or ${requests.leaseUntil} < now())`,
      ),
    )
    .orderBy(requests.createdDate)
    .limit(1)
    .for('update', { skipLocked: true });
  const [request] = await db
    .update(requests)
    .set({
      status: 'started',
      holder,
      fence: sql`${requests.fence} + 1`,
      attempts: sql`${requests.attempts} + 1`,
      // One that was put back is queued; a started one was left by a process that died.
      crashes: sql`${requests.crashes} + case when ${requests.status} = 'started' then 1 else 0 end`,
      leaseUntil: sql`now() + make_interval(secs => ${leaseMs / 1000})`,
      startedDate: sql`coalesce(${requests.startedDate}, now())`,
    })
    .where(inArray(requests.id, free))
    .returning();
  if (!request) return null;
  const isTooMany = request.attempts > maxAttempts || request.crashes > maxCrashes(request.type);
  return { request, todo: request.cancelled ? 'cancel' : isTooMany ? 'give-up' : 'run' };
}

const held = (request: Pick<BackgroundRequest, 'id' | 'fence'>) =>
  and(eq(requests.id, request.id), eq(requests.fence, request.fence), eq(requests.status, 'started'));

/** Prolongs the lease and says how far the work is. `lost`: stop; `cancelled`: stop, then clean up. */
export async function renew(
  db: Db,
  request: BackgroundRequest,
  leaseMs: number,
  progress: number,
  message: string,
): Promise<'held' | 'cancelled' | 'lost'> {
  const [row] = await db
    .update(requests)
    .set({ leaseUntil: sql`now() + make_interval(secs => ${leaseMs / 1000})`, progress, message })
    .where(held(request))
    .returning({ cancelled: requests.cancelled });
  return !row ? 'lost' : row.cancelled ? 'cancelled' : 'held';
}

/** How long results, and the word that a request ended, are kept unless the configuration says otherwise. */
export const KEPT_DAYS = 7;

export async function end(
  db: Db,
  request: BackgroundRequest,
  as: {
    status: 'finished' | 'failed';
    message: string;
    result?: { readonly key: string; readonly name: string } | undefined;
  },
  keptDays = KEPT_DAYS,
): Promise<boolean> {
  const rows = await db
    .update(requests)
    .set({
      status: as.status,
      message: as.message,
      ...(as.status === 'finished' ? { progress: 1 } : {}),
      resultKey: as.result?.key ?? null,
      resultName: as.result?.name ?? null,
      holder: null,
      leaseUntil: null,
      finishedDate: sql`now()`,
      expiryDate: sql`now() + make_interval(secs => ${keptDays * 86_400})`,
    })
    .where(held(request))
    .returning({ id: requests.id });
  return rows.length > 0;
}

/** Gives the request back to be taken again: at once (the process stops), or after a pause (it failed unexpectedly). */
export async function putBack(db: Db, request: BackgroundRequest, pauseMs: number, countAttempt: boolean) {
  await db
    .update(requests)
    .set({
      status: 'queued',
      holder: null,
      ...(countAttempt ? {} : { attempts: sql`${requests.attempts} - 1` }),
      leaseUntil: pauseMs > 0 ? sql`now() + make_interval(secs => ${pauseMs / 1000})` : null,
    })
    .where(held(request));
}

/**
 * Asks for the end of a request. One that waits ends now; one that runs ends when its holder has cleaned up, or, when
 * the holder is gone, as soon as another process finds it. Ended ones stay as they are.
 */
export async function cancel(context: Pick<Context, 'db' | 'events'>, id: string): Promise<void> {
  await context.db.transaction(async (tx) => {
    const rows = await tx
      .update(requests)
      .set({
        cancelled: true,
        // Whoever takes it next frees what it holds; a started one is left to its holder.
        leaseUntil: sql`case when ${requests.status} = 'queued' then null else ${requests.leaseUntil} end`,
      })
      .where(and(eq(requests.id, id), inArray(requests.status, ['queued', 'started'])))
      .returning({ id: requests.id });
    if (rows.length > 0) await context.events.tell(tx, { on: 'background' });
  });
}

/** Forgets requests whose time is over and has their results removed. */
export async function forgetExpired(context: Pick<Context, 'db' | 'events'>): Promise<void> {
  await context.db.transaction(async (tx) => {
    const gone = await tx
      .delete(requests)
      .where(and(isNotNull(requests.expiryDate), lt(requests.expiryDate, sql`now()`)))
      .returning({ resultKey: requests.resultKey });
    for (const { resultKey } of gone) if (resultKey !== null) await enqueueRemoval(context, tx, resultKey, 0);
  });
}
