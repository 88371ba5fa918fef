import { DrizzleQueryError } from 'drizzle-orm';
import { sqlState } from '../database/transact.ts';

/** What the log says of an error: where it comes from and why, and nothing of the values that were being written. */
export type Fault = {
  readonly reason: string;
  /** Five characters by which the database names the kind of error. */
  readonly sqlState?: string;
  /** Code of the operating system, such as ENOSPC. */
  readonly code?: string;
  /** The beginning of the statement, with places for its values. */
  readonly query?: string;
  /** Where in the program: lines of the stack, without the message. */
  readonly at?: string;
};

const MAX_QUERY = 200;
const MAX_REASON = 500;
const MAX_LINES = 12;

/**
 * Describes an error for the log. Errors of the database layer hold the statement with all its values in their message,
 * which may be annotations or digests of secrets, and the reason in their cause: of those only the cause is told.
 */
export function describeFault(error: unknown): Fault {
  if (!(error instanceof Error)) return { reason: shorten(String(error), MAX_REASON) };
  const causes = chain(error);
  const reasons = causes.filter((each) => !isQueryError(each)).map(({ message }) => message);
  const query = causes.find(isQueryError)?.query;
  const code = causes.map((each) => (each as NodeJS.ErrnoException).code).find((each) => typeof each === 'string');
  const state = sqlState(error);
  return {
    reason: shorten(reasons.join(': ') || error.name, MAX_REASON),
    ...(state ? { sqlState: state } : {}),
    ...(code !== undefined && code !== state ? { code } : {}),
    ...(query === undefined ? {} : { query: shorten(query.replaceAll(/\s+/g, ' '), MAX_QUERY) }),
    at: stackOf(error),
  };
}

function chain(error: Error): Error[] {
  const found: Error[] = [];
  for (let at: unknown = error; at instanceof Error && found.length < 8; at = at.cause) found.push(at);
  return found;
}

/** drizzle's: `Failed query: … params: …`. */
function isQueryError(error: Error): error is DrizzleQueryError {
  return error instanceof DrizzleQueryError;
}

function stackOf({ stack = '' }: Error): string {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return lines
    .slice(0, MAX_LINES)
    .map((line) => line.trim().replace(/^at /, ''))
    .join(' < ');
}

function shorten(text: string, most: number): string {
  const line = text.replaceAll(/[\r\n]+/g, ' ');
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
