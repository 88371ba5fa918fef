import { AnyObject, RemoteFunction } from '@roto/wire';
import { api, type Http } from './http.ts';
import { pages } from './pages.ts';

export type NewFunction = {
  readonly provider: string;
  readonly name: string;
  readonly kind: string;
  readonly visibility?: 'private' | 'public';
  readonly [key: string]: unknown;
};

/** Functions that agents serve. */
export type Functions = {
  list(signal?: AbortSignal): AsyncGenerator<RemoteFunction>;
  get(id: number, signal?: AbortSignal): Promise<RemoteFunction>;
  create(fn: NewFunction, signal?: AbortSignal): Promise<RemoteFunction>;
  delete(id: number, signal?: AbortSignal): Promise<void>;
  /** An interactive request; the answer comes when an agent has done it. */
  run(id: number, params: object, signal?: AbortSignal): Promise<Record<string, unknown>>;
};

export function functionCalls(http: Http): Functions {
  return {
    list: (signal) => pages(http, '/api/functions', RemoteFunction, {}, signal),
    get: (id, signal) => http.json('GET', api`/api/functions/${id}`, RemoteFunction, { signal }),
    create: (json, signal) => http.json('POST', '/api/functions', RemoteFunction, { json, signal }),
    delete: (id, signal) => http.done('DELETE', api`/api/functions/${id}`, { signal }),
    run: (id, json, signal) =>
      http.json('POST', api`/api/functions/${id}/run`, AnyObject, {
        json,
        signal,
        timeoutMs: 0,
      }),
  };
}
