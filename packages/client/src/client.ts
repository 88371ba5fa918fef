import { About } from '@roto/wire';
import { Type } from 'typebox';
import { type Functions, functionCalls } from './functions.ts';
import { type Fetch, findServer } from './host.ts';
import { api, Http } from './http.ts';
import { type Credentials, signIn } from './login.ts';
import { type Queue, queueCalls } from './queue.ts';
import { type Requests, requestCalls } from './requests.ts';
import { type Runs, runCalls } from './runs.ts';
import { type Tasks, taskCalls } from './tasks.ts';

export type ClientOptions = {
  /** `http://localhost:8080`; without a scheme https is tried, then http. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly credentials: Credentials;
  /** Slug: work inside that organization. '': in the personal workspace alone. Left out: see everything, make things there. */
  readonly organization?: string | undefined;
  /** Goes in front of ours in User-Agent. */
  readonly userAgent?: string;
  /** Another `fetch`, such as one that goes through a proxy. */
  readonly fetch?: Fetch;
  readonly signal?: AbortSignal | undefined;
};

const Labeled = Type.Record(Type.String(), Type.Unknown());

/** A CVAT server, or ours, as one signed-in person sees it. Made by `createClient`. */
export type Client = {
  /** `https://host:port`. */
  readonly base: string;
  readonly tasks: Tasks;
  readonly requests: Requests;
  readonly functions: Functions;
  readonly runs: Runs;
  queue(functionId: number): Queue;
  about(signal?: AbortSignal): Promise<About>;
  /** Creates, updates or deletes objects of a job; answers with what was written, ids and all. */
  patchJobAnnotations(
    jobId: number,
    action: 'create' | 'update' | 'delete',
    data: object,
    signal?: AbortSignal,
  ): Promise<Record<string, unknown>>;
  jobAnnotations(jobId: number, signal?: AbortSignal): Promise<Record<string, unknown>>;
};

/**
 * Finds the server and signs in. Throws ClientError ('host', 'login', 'connection', 'answer') and ApiError.
 * All calls throw ApiError for an answer that says no, ClientError when there is none, and the signal's reason.
 */
export async function createClient(options: ClientOptions): Promise<Client> {
  const fetch = options.fetch ?? globalThis.fetch;
  const http = new Http(await findServer(options.host, options.port, fetch, options.signal), fetch);
  http.header('user-agent', `${options.userAgent ? `${options.userAgent} ` : ''}roto`);
  await signIn(http, options.credentials, options.signal);
  http.header('x-organization', options.organization);
  const requests = requestCalls(http);
  const job = (id: number) => api`/api/jobs/${id}/annotations/`;
  return {
    base: http.base,
    tasks: taskCalls(http, requests),
    requests,
    functions: functionCalls(http),
    runs: runCalls(http),
    queue: (functionId) => queueCalls(http, functionId),
    about: (signal) => http.json('GET', '/api/server/about', About, { signal }),
    patchJobAnnotations: (id, action, json, signal) =>
      http.json('PATCH', job(id), Labeled, { query: { action }, json, signal }),
    jobAnnotations: (id, signal) => http.json('GET', job(id), Labeled, { signal }),
  };
}
