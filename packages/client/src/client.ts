import { About, outline, type StoredData, StoredDataOutline, type WrittenData } from '@roto/wire';
import { ClientError } from './errors.ts';
import { type Functions, functionCalls } from './functions.ts';
import { api, type Fetch, Http } from './http.ts';
import { type Queue, queueCalls } from './queue.ts';
import { type Requests, requestCalls } from './requests.ts';
import { type Runs, runCalls } from './runs.ts';
import { type Tasks, taskCalls } from './tasks.ts';

/** How calls show who sends them. */
export type Credentials =
  /** A personal access token. */
  | { readonly kind: 'token'; readonly token: string }
  /** The cookies that the browser holds for the server; calls that change something carry the value of `csrftoken`. */
  | { readonly kind: 'cookies'; readonly csrfToken: () => string | undefined }
  /** Nobody: what a server shows to strangers. */
  | { readonly kind: 'none' };

export type ClientOptions = {
  /** Origin of the server, such as `http://localhost:8080` or the `location.origin` of a page. */
  readonly base: string;
  readonly credentials: Credentials;
  /** Slug: work inside that organization. '': in the personal workspace alone. Left out: see everything, make things there. */
  readonly organization?: string | undefined;
  /** Another `fetch`, such as one that goes through a proxy. */
  readonly fetch?: Fetch;
};

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
    data: WrittenData,
    signal?: AbortSignal,
  ): Promise<StoredData>;
  jobAnnotations(jobId: number, signal?: AbortSignal): Promise<StoredData>;
};

/**
 * The calls, typed by `@roto/wire`; runs in browsers and in Node. Nothing is sent before the first call.
 * All calls throw ApiError for an answer that says no, ClientError when there is none, and the signal's reason.
 */
export function createClient({ base, credentials, organization, fetch = globalThis.fetch }: ClientOptions): Client {
  const http = new Http(base, fetch);
  if (credentials.kind === 'token') http.header('authorization', bearer(credentials.token));
  if (credentials.kind === 'cookies') http.header('x-csrftoken', credentials.csrfToken);
  http.header('x-organization', organization);
  return callsOf(http);
}

const AboutOutline = outline(About, 'name', 'version');

/** The calls over a signed-in connection. */
export function callsOf(http: Http): Client {
  const requests = requestCalls(http);
  const job = (id: number) => api`/api/jobs/${id}/annotations/`;
  return {
    base: http.base,
    tasks: taskCalls(http, requests),
    requests,
    functions: functionCalls(http),
    runs: runCalls(http),
    queue: (functionId) => queueCalls(http, functionId),
    about: (signal) => http.json('GET', '/api/server/about', AboutOutline, { signal }),
    patchJobAnnotations: (id, action, json, signal) =>
      http.json('PATCH', job(id), StoredDataOutline, { query: { action }, json, signal }),
    jobAnnotations: (id, signal) => http.json('GET', job(id), StoredDataOutline, { signal }),
  };
}

/** Value of the header Authorization. Throws ClientError 'login'. */
export function bearer(token: string): string {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new ClientError('login', 'The access token is empty or holds characters that no token has.');
  return `Bearer ${token}`;
}
