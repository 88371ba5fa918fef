import { AnnotationFunction, AnyObject, outline } from '@roto/wire';
import { api, type Http } from './http.ts';
import { pages } from './pages.ts';

/**
 * A function to be registered, whose kind and members come from somebody's file: the server says what is wrong with them.
 * See `NewFunction` of @roto/wire.
 */
export type FunctionDraft = {
  readonly provider: string;
  readonly name: string;
  readonly kind: string;
  readonly visibility?: 'private' | 'public';
  readonly [member: string]: unknown;
};

/** Functions that agents serve. */
export type Functions = {
  list(signal?: AbortSignal): AsyncGenerator<AnnotationFunction>;
  get(id: number, signal?: AbortSignal): Promise<AnnotationFunction>;
  create(fn: FunctionDraft, signal?: AbortSignal): Promise<AnnotationFunction>;
  delete(id: number, signal?: AbortSignal): Promise<void>;
  /** An interactive request; the answer comes when an agent has done it. */
  run(id: number, params: object, signal?: AbortSignal): Promise<Record<string, unknown>>;
};

const FunctionOutline = outline(AnnotationFunction, 'id', 'name', 'provider');

export function functionCalls(http: Http): Functions {
  return {
    list: (signal) => pages(http, '/api/functions', FunctionOutline, {}, signal),
    get: (id, signal) => http.json('GET', api`/api/functions/${id}`, FunctionOutline, { signal }),
    create: (json, signal) => http.json('POST', '/api/functions', FunctionOutline, { json, signal }),
    delete: (id, signal) => http.done('DELETE', api`/api/functions/${id}`, { signal }),
    run: (id, json, signal) =>
      http.json('POST', api`/api/functions/${id}/run`, AnyObject, {
        json,
        signal,
        timeoutMs: 0,
      }),
  };
}
