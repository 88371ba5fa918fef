import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { sqlState } from '../database/transact.ts';
import { MEDIA_TYPE } from './accept.ts';
import type { App } from './app.ts';
import { HttpError, notFound } from './errors.ts';
import { fieldErrors } from './validation.ts';

/** Told of errors that are a fault of ours; the client is only told that there was one. */
export type Report = (error: unknown, where: string) => void;

/** Turns whatever is thrown into an answer, in this one place. */
export function answerProblems(app: App, report: Report): void {
  app.setErrorHandler<FastifyError | HttpError | Error>((error, request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.status === 500 || refusal.status === 507)
      report(error, `${request.method} ${request.url.split('?')[0]}`);
    return send(reply, refusal);
  });
  // Before a body is read, which no address means to take.
  app.addHook('onRequest', async (request) => {
    if (request.is404) throw nothingAt(request);
  });
  app.setNotFoundHandler((request, reply) => send(reply, nothingAt(request)));
}

function nothingAt({ method, url }: FastifyRequest): HttpError {
  return notFound(`There is nothing at ${method} ${url.split('?')[0]!.slice(0, 200)}.`);
}

function send(reply: FastifyReply, refusal: HttpError): FastifyReply {
  // A route may have said how its answer is to be kept and what it is; that was not about this one.
  for (const name of ['cache-control', 'etag', 'content-disposition', 'content-range', 'content-length'])
    reply.removeHeader(name);
  return reply.code(refusal.status).headers(refusal.headers).type(MEDIA_TYPE).send(JSON.stringify(refusal.body));
}

export function refusalOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const { validation, statusCode, message } = error as Partial<FastifyError>;
  if (validation) return new HttpError(400, fieldErrors(validation));
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new HttpError(statusCode, { detail: message ?? 'The request makes no sense.' });
  return byDatabase(error) ?? byDisk(error) ?? new HttpError(500, { detail: INTERNAL });
}

const INTERNAL = 'Internal server error. Details are in the server log.';

/** A full disk, as the file system and as the database say it. */
function byDisk(error: unknown): HttpError | undefined {
  if (!isDiskFull(error)) return undefined;
  const detail =
    'The disk of the server is full, and nothing of this request was saved. Free space on it, then try again.';
  return new HttpError(507, { detail });
}

export function isDiskFull(error: unknown): boolean {
  if (sqlState(error) === '53100') return true;
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (code === 'ENOSPC' || code === 'EDQUOT' || /No space left on device/i.test(at.message)) return true;
  }
  return false;
}

/** What the database's complaint means for the client; undefined: a fault of ours. */
function byDatabase(error: unknown): HttpError | undefined {
  const state = sqlState(error);
  // Text with a zero character, which PostgreSQL does not keep, and numbers past the ends of their column.
  if (state === '22021' || state === '22P05')
    return new HttpError(400, { detail: 'Text must not hold the character U+0000.' });
  if (state === '22003') return new HttpError(400, { detail: 'A number is too large.' });
  if (state === '25006')
    return new HttpError(503, { detail: 'The database is read-only just now; nothing can be saved. Try again later.' });
  // Two writers met too often; the connection was lost or refused.
  const passing = ['40P01', '40001', '57P01', '57P02', '57P03', '53300'];
  if (state !== undefined && (passing.includes(state) || state.startsWith('08'))) return busy();
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (
      code === 'ECONNREFUSED' ||
      code === 'ECONNRESET' ||
      /^Connection terminated|not queryable|^Client was closed/.test(at.message)
    )
      return busy();
  }
  return undefined;
}

function busy(): HttpError {
  return new HttpError(503, { detail: 'The database cannot be reached just now. Try again.' }, { 'Retry-After': '1' });
}
