import type { FunctionResult } from '@roto/wire';
import { eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { functionRequests } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { HttpError } from '../http/errors.ts';
import { endRequest, submit } from '../queue/requests.ts';
import type { Params } from './params.ts';
import { keeperOf } from './states.ts';

/** How often the table is looked at when no notice comes. */
const LOOK_MS = 2_000;

/**
 * Waits for the answers of interactive requests. The request is a row like any other, so that any process's agent may
 * answer it; the one that waits is told by a notice, and looks now and then in case it was lost.
 */
export function createInteractive(context: Context) {
  const { db, events } = context;
  const waiting = new Map<string, () => void>();
  const stop = events.hear((notice) => {
    if (notice === null) for (const wake of waiting.values()) wake();
    else if (notice.on === 'request-ended') waiting.get(notice.requestId)?.();
  });

  return {
    close: stop,

    /**
     * @param gone aborts when the client has left; the request is cancelled then
     * @returns the result of contract 4.4
     * @throws HttpError 504 when no agent answered in time, 400 when the agent could not do it
     */
    async run(functionId: number, userId: number, params: Params, gone: AbortSignal): Promise<FunctionResult> {
      const deadlineMs = context.config.limits.interactiveDeadlineMs;
      const id = await transact(db, async (tx) => {
        const onlyAgentId =
          params.type === 'track'
            ? await keeperOf(tx, { functionId, userId, taskId: params.task, states: params.states as string[] })
            : null;
        return submit(tx, events, {
          functionId,
          category: 'interactive',
          params,
          taskId: params.task,
          ownerId: userId,
          onlyAgentId,
          deadlineMs,
        });
      });
      const until = performance.now() + deadlineMs;
      try {
        for (;;) {
          // Before the look, so that a notice in between is not missed.
          const told = new Promise<void>((resolve) => waiting.set(id, resolve));
          const row = await look(id);
          if (row?.state === 'finished') return row.result as FunctionResult;
          if (!row || (row.state !== 'queued' && row.state !== 'leased'))
            throw refusal(row?.error || 'The request is gone.', params);
          const left = until - performance.now();
          if (left <= 0) {
            await transact(db, (tx) => endRequest(tx, events, id, { state: 'failed', error: 'No answer in time.' }));
            throw tooLate(row.state === 'leased');
          }
          if (gone.aborted) {
            await transact(db, (tx) =>
              endRequest(tx, events, id, { state: 'cancelled', error: 'The client has left.' }),
            );
            throw new HttpError(408, { detail: 'The client has left.' });
          }
          await firstOf(told, Math.min(left, LOOK_MS), gone);
        }
      } finally {
        waiting.delete(id);
      }
    },
  };

  /** Null is never an answer while the database is away: the next look may find it back. */
  async function look(id: string) {
    const columns = { state: functionRequests.state, error: functionRequests.error, result: functionRequests.result };
    for (let attempt = 1; ; attempt++) {
      try {
        const [row] = await db.select(columns).from(functionRequests).where(eq(functionRequests.id, id));
        return row ?? null;
      } catch (error) {
        if (attempt === 5) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200 * attempt));
      }
    }
  }
}

function refusal(error: string, params: Params): HttpError {
  if (/in time\.$/.test(error)) return tooLate(error.startsWith('The agent'));
  return new HttpError(error.startsWith('Invalid annotation request') ? 400 : 502, {
    detail: `The agent could not do ${params.type}: ${error}`,
  });
}

function tooLate(taken: boolean): HttpError {
  return new HttpError(504, {
    detail: taken
      ? 'The agent did not answer in time.'
      : 'No agent took the request in time. Is one running for this function?',
  });
}

function firstOf(told: Promise<void>, ms: number, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      gone.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    gone.addEventListener('abort', done);
    void told.then(done);
  });
}
