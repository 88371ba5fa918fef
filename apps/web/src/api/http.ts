/** The server refused, or could not do it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Problems of single fields, by their names. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: unknown;

  constructor(status: number, message: string, fields: Readonly<Record<string, string>> = {}, body?: unknown) {
    super(message);
    this.status = status;
    this.fields = fields;
    this.body = body;
  }
}

/** No answer came: nobody knows whether the server has done it. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export type Options = {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Lets the request outlive the page; its body may have 64 KB. */
  readonly keepalive?: boolean;
};

/** The answer as JSON; undefined when it has no body. @throws ApiError, NoAnswer */
export async function ask<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const answer = await send(method, path, options);
  const text = await bodyOf(answer, path);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** The answer itself, when it is a good one. @throws ApiError, NoAnswer */
export async function send(method: string, path: string, options: Options = {}): Promise<Response> {
  const { query = {}, json, signal, keepalive } = options;
  const url = new URL(path, location.origin);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  const token = csrfToken();
  if (token && method !== 'GET') headers['X-CSRFToken'] = token;
  const body = json === undefined ? options.body : JSON.stringify(json);
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body }),
      ...(signal ? { signal } : {}),
      ...(keepalive ? { keepalive } : {}),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new NoAnswer('The server cannot be reached.', { cause });
  }
  if (answer.ok) return answer;
  throw errorOf(answer.status, await bodyOf(answer, path));
}

async function bodyOf(answer: Response, path: string): Promise<string> {
  try {
    return await answer.text();
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new NoAnswer(`The answer of ${path} was cut off.`, { cause });
  }
}

function errorOf(status: number, text: string): ApiError {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return new ApiError(status, text.trim().slice(0, 300) || `The server answered ${status}.`, {}, text);
  }
  const fields: Record<string, string> = {};
  let detail: string | undefined;
  if (typeof body === 'object' && body !== null)
    for (const [key, value] of Object.entries(body)) {
      const words = Array.isArray(value) ? value.filter((each) => typeof each === 'string').join(' ') : value;
      if (typeof words !== 'string' || words === '') continue;
      if (key === 'detail' || key === 'non_field_errors') detail ??= words;
      else fields[key] = words;
    }
  else if (typeof body === 'string') detail = body;
  detail ??= Object.entries(fields)
    .map(([key, words]) => `${key}: ${words}`)
    .join(' ');
  return new ApiError(status, detail || `The server answered ${status}.`, fields, body);
}

/** The cookie whose value proves that a request is of our own page. */
function csrfToken(): string | undefined {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1];
}

/** What to say of anything that was thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
