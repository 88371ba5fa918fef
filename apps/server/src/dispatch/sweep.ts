import { and, eq, lt, or, sql } from 'drizzle-orm';
import { agents, functionRequests, trackingStates } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { lockRequest } from '../queue/holder.ts';
import { endRequest, isOpen, type QueueContext } from '../queue/requests.ts';
import { giveBack } from '../runs/steps.ts';

const t = functionRequests;
const isDue = and(isOpen, or(sql`${t.leaseUntil} < now()`, sql`${t.notBefore} <= now()`, sql`${t.deadline} < now()`));

/**
 * Looks after what time alone brings about: leases that ended, waits that are over, deadlines that passed. Every process
 * sweeps; each request is looked at again under its lock, so it does no harm that several do. Returns how many were due.
 */
export async function sweep(context: QueueContext): Promise<number> {
  const due = await context.db.select({ id: t.id, functionId: t.functionId }).from(t).where(isDue).limit(200);
  for (const { id, functionId } of due) {
    await transact(context.db, async (tx) => {
      const locked = await lockRequest(tx, functionId, id);
      if (!locked) return;
      const { row, run } = locked;
      const [still] = await tx
        .select({
          late: sql<boolean>`coalesce(${t.leaseUntil} < now(), false)`,
          expired: sql<boolean>`coalesce(${t.deadline} < now(), false)`,
        })
        .from(t)
        .where(and(eq(t.id, id), isDue));
      if (!still) return;
      if (still.expired) {
        const why = row.state === 'leased' ? 'The agent did not answer in time.' : 'No agent took the request in time.';
        return void (await endRequest(tx, context.events, id, { state: 'failed', error: why }));
      }
      if (!still.late) {
        await tx.update(t).set({ notBefore: null }).where(eq(t.id, id));
        return context.events.tell(tx, { on: 'queue', functionId, category: row.category });
      }
      const error = `The agent fell silent${row.attempts > 1 ? `, as ${row.attempts - 1} before it` : ''}.`;
      if (run) return giveBack(tx, context, row, run, { error, late: true });
      if (row.attempts >= context.config.limits.maxAttempts)
        return void (await endRequest(tx, context.events, id, { state: 'parked', error }));
      // The holder stays named: it may still finish until another takes the request.
      await tx.update(t).set({ state: 'queued', leaseUntil: null }).where(eq(t.id, id));
      return context.events.tell(tx, { on: 'queue', functionId, category: row.category });
    });
  }
  return due.length;
}

/** Ended interactive requests and steps are kept this long, for answers and second answers that are still on their way. */
const KEEP_MINUTES = 10;
/** CVAT's agents forget a tracking state that was not used for so long. */
const STATE_HOURS = 8;
/** Every start of an agent is one of its own. */
const AGENT_DAYS = 7;

/** Deletes what nobody will ask for again. */
export async function tidy(context: QueueContext): Promise<void> {
  await context.db
    .delete(t)
    .where(
      and(
        lt(t.endedDate, sql`now() - ${KEEP_MINUTES} * interval '1 minute'`),
        or(eq(t.category, 'interactive'), sql`${t.runId} is not null`, eq(t.state, 'cancelled')),
      ),
    );
  await context.db
    .delete(trackingStates)
    .where(lt(trackingStates.usedDate, sql`now() - ${STATE_HOURS} * interval '1 hour'`));
  await context.db.delete(agents).where(lt(agents.lastSeen, sql`now() - ${AGENT_DAYS} * interval '1 day'`));
  // States may be megabytes, and those of ended runs are of no use: who continues one begins with new ones.
  await context.db.execute(sql`
    update run_objects o set agent_state = null from runs r
    where o.agent_state is not null and r.id = o.run_id and r.state in ('finished', 'cancelled', 'failed')`);
}

/** Sweeps until stopped. A sweep that fails (the database is away) is followed by the next. */
export function startSweeping(context: QueueContext, log: (error: unknown) => void): () => Promise<void> {
  const { batch, interactive } = context.config.limits.leaseMs;
  const every = Math.min(3_000, Math.max(200, Math.min(batch, interactive) / 4));
  let running: Promise<void> = Promise.resolve();
  let sinceTidy = 0;
  let stopped = false;
  let timer: NodeJS.Timeout;
  const again = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = (async () => {
        await sweep(context);
        sinceTidy += every;
        if (sinceTidy >= 60_000) {
          sinceTidy = 0;
          await tidy(context);
        }
      })()
        .catch(log)
        .then(again);
    }, every);
    timer.unref();
  };
  again();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
