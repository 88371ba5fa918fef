/** How the gateway reaches functions: through Nuclio's dashboard, or at addresses of their own. */
export interface LambdaEndpoint {
  /** Entries as Nuclio's dashboard has them, by id. Throws LambdaError. */
  entries(signal: AbortSignal): Promise<ReadonlyMap<string, unknown>>;
  /** Sends a payload to a function. Answers its JSON. Throws LambdaError. */
  call(id: string, payload: object, signal: AbortSignal): Promise<unknown>;
}

/** A function that cannot be reached, or that refuses. `status` is what the caller of the gateway is answered with. */
export class LambdaError extends Error {
  override readonly name = 'LambdaError';
  readonly status: number;
  /** `code` of the function's answer, such as `state-gone`; ours only. */
  readonly reason: string | undefined;

  constructor(status: number, message: string, reason?: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.reason = reason;
  }
}

/** Nuclio's dashboard is told the same. */
export const CALL_MS = 120_000;
const PROBE_MS = 10_000;
/** A mask of a whole 4K picture as nested numbers is 16 MB of JSON. */
const MOST_ANSWER_BYTES = 64 * 2 ** 20;

/** Asks, and answers the JSON of a 2xx. Throws LambdaError for all else, hostile answers included. */
export async function askJson(url: string, init: RequestInit, who: string, signal: AbortSignal): Promise<unknown> {
  const ms = init.method === 'POST' ? CALL_MS : PROBE_MS;
  const late = AbortSignal.timeout(ms);
  let text: string;
  let status: number;
  try {
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.any([late, signal]) });
    status = response.status;
    text = await readText(response, who);
  } catch (error) {
    if (error instanceof LambdaError) throw error;
    if (signal.aborted) throw signal.reason;
    if (late.aborted)
      throw new LambdaError(504, `${who} did not answer in ${ms / 1000} s.`, undefined, { cause: error });
    const cause = (error as Error).cause as { code?: string; message?: string } | undefined;
    const why = cause?.code ?? cause?.message ?? (error as Error).message;
    throw new LambdaError(503, `${who} cannot be reached: ${why}.`, undefined, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (status >= 200 && status < 300) {
    if (value === undefined)
      throw new LambdaError(502, `${who} answered with something other than JSON: ${shown(text)}`);
    return value;
  }
  const { message, error, code } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const words = typeof message === 'string' ? message : typeof error === 'string' ? error : shown(text);
  throw new LambdaError(
    status,
    `${who} answered ${status}: ${words.slice(0, 1_000)}`,
    typeof code === 'string' ? code : undefined,
  );
}

async function readText(response: Response, who: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MOST_ANSWER_BYTES)
      throw new LambdaError(502, `${who} answered with more than ${MOST_ANSWER_BYTES / 2 ** 20} MiB.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line === '' ? 'an empty body.' : JSON.stringify(line.slice(0, 120));
}
