import type { Context } from '../context.ts';
import type { requests } from '../database/schema/index.ts';

/** A row of `requests`, as its holder has it: `fence` is the number of this lease. */
export type BackgroundRequest = typeof requests.$inferSelect;

/**
 * What clients fetch when the request has finished (`result_url`, which is GET /api/requests/{id}/result): a key of the
 * media store and the file name that they are told.
 */
export type RequestResult = { readonly key: string; readonly name: string } | undefined;

/** Says how far the work is: 0…1, and what is being done. Cheap; written to the database about once a second. */
export type Progress = (done: number, message?: string) => void;

/**
 * The work of one type of request. A process may be killed anywhere in it, and another then runs it again from its
 * start: it must end the same however often it was begun.
 */
export type RequestHandler = {
  /**
   * Does the work. A RequestFailure (or MediaError, or HttpError below 500) fails the request for good with its message; any
   * other exception is tried again, a few times. What it commits, it commits in transactions that call `assertHeld`.
   */
  run(context: Context, request: BackgroundRequest, progress: Progress, signal: AbortSignal): Promise<RequestResult>;
  /**
   * How often the process may die while it works on this before the request is taken for the reason and fails; else once:
   * after the first time it is tried once more.
   */
  readonly maxCrashes?: number;
  /** Frees what a request that failed for good, or was cancelled, has left behind. May run more than once. */
  release?(context: Context, request: BackgroundRequest): Promise<void>;
};

/** The work that this server can do, by operation type (`create:task`). */
export type RequestHandlers = Readonly<Record<string, RequestHandler>>;

/** The request cannot succeed, and the message tells its owner why and what to do. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
}
