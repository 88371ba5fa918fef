import { checked, WireError } from '@roto/wire';
import type { Static, TSchema } from 'typebox';
import { ApiError, ClientError } from './errors.ts';
import { pause } from './pause.ts';

export type Fetch = typeof globalThis.fetch;

export type HeaderValue = string | (() => string | undefined);
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export type Send = {
  readonly query?: Query;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; a stream cannot be sent twice, so nothing is retried with one. */
  readonly body?: Uint8Array | FormData | Blob;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Default: by the method, as HTTP has it. True for a POST that may arrive twice. */
  readonly idempotent?: boolean;
  /** Milliseconds until the head of the answer; default 120 s. 0: none. */
  readonly timeoutMs?: number;
};

const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
const RETRIES = 3;
const BACK_OFF_MS = 500;
const TIMEOUT_MS = 120_000;
/** A server that asks for a longer pause is not waited for; whoever called may. */
const MOST_RETRY_AFTER_S = 60;

/** A path with its variable parts percent-encoded, none of its characters safe: api`/api/requests/${id}`. */
export function api(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw({ raw: parts }, ...values.map((value) => encodeURIComponent(String(value))));
}

/**
 * Calls to one server, as one person. Idempotent calls are repeated up to three times on 502, 503 and 504 and on cut
 * connections; on 413, 429 and 503 after the pause that the server asks for. A connection that was refused carried
 * nothing, so it is tried again for every method; an answered POST or PATCH never is.
 */
export class Http {
  readonly base: string;
  readonly #fetch: Fetch;
  readonly #headers = new Map<string, HeaderValue>();

  constructor(base: string, fetch: Fetch) {
    this.base = base;
    this.#fetch = fetch;
    this.#headers.set('accept', 'application/vnd.cvat+json');
  }

  /** Sets a header of all later calls, or what gives its value at each call; undefined removes it. */
  header(name: string, value: HeaderValue | undefined): void {
    if (value === undefined) this.#headers.delete(name.toLowerCase());
    else this.#headers.set(name.toLowerCase(), value);
  }

  /** The answer, when its status is 2xx. Its body must be read or cancelled. Throws ApiError, ClientError. */
  async send(method: string, path: string, send: Send = {}): Promise<Response> {
    const answer = await this.ask(method, path, send);
    if (answer.ok) return answer;
    throw new ApiError(method, path, answer.status, answer.headers, await readBody(answer));
  }

  /** The answer, whatever its status. Throws ClientError. */
  async ask(method: string, path: string, send: Send = {}): Promise<Response> {
    const url = this.#url(path, send.query);
    const repeatable = send.idempotent ?? IDEMPOTENT.has(method);
    for (let attempt = 0; ; attempt++) {
      send.signal?.throwIfAborted();
      let answer: Response;
      try {
        answer = await this.#once(url, method, send);
      } catch (error) {
        send.signal?.throwIfAborted();
        const refused = reason(error) === 'ECONNREFUSED';
        if (attempt >= RETRIES || !(repeatable || refused))
          throw new ClientError('connection', `${method} ${path}: no answer from ${this.base} (${reason(error)}).`, {
            cause: error,
          });
        await pause(BACK_OFF_MS * 2 ** attempt, send.signal);
        continue;
      }
      const wait = repeatable && attempt < RETRIES ? pauseBeforeRetry(answer, attempt) : undefined;
      if (wait === undefined) return answer;
      await answer.body?.cancel();
      await pause(wait, send.signal);
    }
  }

  /** The body of a 2xx answer as JSON of this form. */
  async json<T extends TSchema>(method: string, path: string, schema: T, send: Send = {}): Promise<Static<T>> {
    const answer = await this.send(method, path, send);
    const body = await readBody(answer);
    try {
      return checked(schema, body, `The answer to ${method} ${path}`);
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause;
      throw new ClientError('answer', `${cause.message} Is ${this.base} a CVAT server?`, { cause });
    }
  }

  /** A 2xx answer whose body says nothing. */
  async done(method: string, path: string, send: Send = {}): Promise<void> {
    await (await this.send(method, path, send)).body?.cancel();
  }

  /** A link that the server gave: the same place on the server that we talk to, whatever name a proxy gave it. */
  own(link: string): string {
    const url = new URL(link, this.base);
    return url.pathname + url.search;
  }

  async #once(url: string, method: string, send: Send): Promise<Response> {
    const headers = new Headers();
    for (const [name, value] of this.#headers) {
      const text = typeof value === 'function' ? value() : value;
      if (text !== undefined) headers.set(name, text);
    }
    for (const [name, value] of Object.entries(send.headers ?? {})) headers.set(name, value);
    let body = send.body as RequestInit['body'];
    if (send.json !== undefined) {
      body = JSON.stringify(send.json);
      headers.set('content-type', 'application/json');
    }
    // Without the object before it: a browser's fetch refuses to be called as a method of anything but its window.
    const fetch = this.#fetch;
    const { timeoutMs = TIMEOUT_MS } = send;
    const late = new AbortController();
    const timer =
      timeoutMs > 0
        ? setTimeout(() => late.abort(new DOMException('no answer in time', 'TimeoutError')), timeoutMs)
        : undefined;
    try {
      return await fetch(url, {
        method,
        headers,
        body,
        signal: send.signal ? AbortSignal.any([send.signal, late.signal]) : late.signal,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #url(path: string, query: Query = {}): string {
    const url = new URL(path, this.base);
    if (url.origin !== this.base) throw new ClientError('answer', `${url.origin} is not the server ${this.base}.`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    return url.href;
  }
}

function pauseBeforeRetry(answer: Response, attempt: number): number | undefined {
  const after = answer.headers.get('retry-after');
  if ([413, 429, 503].includes(answer.status) && after !== null && /^\d{1,6}$/.test(after))
    return Number(after) <= MOST_RETRY_AFTER_S ? Number(after) * 1000 : undefined;
  return [502, 503, 504].includes(answer.status) ? BACK_OFF_MS * 2 ** attempt : undefined;
}

/** Parsed JSON where it is JSON, else the text; undefined for an empty body. */
export async function readBody(answer: Response): Promise<unknown> {
  let text: string;
  try {
    text = await answer.text();
  } catch (cause) {
    throw new ClientError('connection', `The answer broke off (${reason(cause)}).`, { cause });
  }
  if (text === '') return undefined;
  if (!answer.headers.get('content-type')?.includes('json')) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ClientError('answer', 'The server calls its answer JSON, but it is not.', { cause });
  }
}

/** What went wrong below HTTP, in few words: undici hides it in the cause. */
export function reason(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } };
  if (typeof cause?.code === 'string') return cause.code;
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  if (typeof cause?.message === 'string') return cause.message;
  return error instanceof Error ? error.message : String(error);
}
