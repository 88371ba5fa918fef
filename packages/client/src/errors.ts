/** Why a call to a server failed, when no answer of it is at hand. */
export type ClientErrorCode =
  /** The address makes no sense, or nothing answers there. */
  | 'host'
  /** The connection failed or was cut before the answer. */
  | 'connection'
  /** User or password are wrong, or the server gave no session. */
  | 'login'
  /** The answer is not what the contract says. */
  | 'answer'
  /** A background request of the server failed; its words are in the message. */
  | 'request-failed'
  /** Something was asked for that this server does not offer; nothing was sent. */
  | 'unsupported'
  /** A file that is to be sent cannot be read, or one that came does not have the announced checksum. */
  | 'file'
  /** Sending or fetching a file failed too often. */
  | 'transfer';

export class ClientError extends Error {
  readonly code: ClientErrorCode;
  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClientError';
    this.code = code;
  }
}

/** The server answered, with a status that says no. The message ends with the server's own words. */
export class ApiError extends Error {
  readonly code = 'status';
  readonly status: number;
  /** The server's words, shortened; empty when it had none. */
  readonly detail: string;
  /** Its answer as it was: parsed JSON, else text. */
  readonly body: unknown;
  readonly headers: Headers;
  /** Seconds after which it wants to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(method: string, path: string, status: number, headers: Headers, body: unknown) {
    const detail = serverWords(body);
    super(`${method} ${path}: the server answered ${status}${detail ? `: ${detail}` : ''}`);
    this.name = 'ApiError';
    this.status = status;
    this.detail = detail;
    this.body = body;
    this.headers = headers;
    const after = headers.get('retry-after');
    this.retryAfter = after !== null && /^\d{1,6}$/.test(after.trim()) ? Number(after) : undefined;
  }
}

const MOST_WORDS = 2_000;

/** Errors come as `{"detail": …}`, `{"field": ["…"]}`, lists and bare texts. */
export function serverWords(body: unknown): string {
  const words = collect(body, '', 0).join('; ');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they could move the cursor of a terminal
  const plain = words.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return plain.length > MOST_WORDS ? `${plain.slice(0, MOST_WORDS)}…` : plain;
}

function collect(value: unknown, name: string, depth: number): string[] {
  const prefix = name === '' || name === 'detail' || name === 'non_field_errors' ? '' : `${name}: `;
  if (typeof value === 'string') return /^\s*<(!doctype|html)/i.test(value) ? [] : [prefix + value];
  if (typeof value === 'number' || typeof value === 'boolean') return [prefix + String(value)];
  if (typeof value !== 'object' || value === null || depth > 4) return [];
  if (Array.isArray(value)) return value.slice(0, 20).flatMap((each) => collect(each, name, depth + 1));
  return Object.entries(value)
    .slice(0, 20)
    .flatMap(([key, each]) => collect(each, key, depth + 1));
}
