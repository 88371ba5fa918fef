import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { HubError } from './errors.ts';
import type { HubOptions } from './options.ts';

const MAX_REDIRECTS = 8;

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Where it came from, without the query, in which storage hosts carry their signatures. */
  readonly from: string;
  /** The body; it must be read or destroyed. */
  readonly body: IncomingMessage;
};

/** Worth another try: the connection broke, or the server said "later". `waitMs` is what it asked for. */
export class Transient extends Error {
  readonly waitMs: number | undefined;
  constructor(message: string, options?: ErrorOptions & { waitMs?: number }) {
    super(message, options);
    this.name = 'Transient';
    this.waitMs = options?.waitMs;
  }
}

/** Requests to one endpoint, with connections that are kept between them. Dispose of it to close them. */
export class HubClient implements Disposable {
  readonly options: HubOptions;
  readonly #token: string | undefined;
  readonly #endpoint: URL;
  readonly #agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent };

  constructor(options: HubOptions, token: string | undefined) {
    this.options = options;
    this.#token = token;
    this.#endpoint = endpointOf(options.endpoint);
    const settings = { keepAlive: true, ...(options.proxy && { proxyEnv: { ...options.proxy } }) };
    this.#agents = { 'http:': new http.Agent(settings), 'https:': new https.Agent(settings) };
  }

  [Symbol.dispose](): void {
    this.#agents['http:'].destroy();
    this.#agents['https:'].destroy();
  }

  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  /** The address of a file at a revision. */
  resolveUrl(repo: string, revision: string, file: string): URL {
    const parts = file.split('/').map(encodeURIComponent).join('/');
    return new URL(
      `${this.#endpoint.href.replace(/\/$/, '')}/${repo}/resolve/${encodeURIComponent(revision)}/${parts}`,
    );
  }

  /**
   * Follows redirects by hand: the token goes to the endpoint's own origin and nowhere else, and an encrypted address
   * is never left for an open one. `stop` may end the walk early at a redirect whose headers already say enough.
   */
  async send(
    method: 'GET' | 'HEAD',
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    stop: (headers: IncomingHttpHeaders) => boolean = () => false,
  ): Promise<Answer> {
    let at = url;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const answer = await this.#once(method, at, headers, signal);
      const { location } = answer.headers;
      const moved = [301, 302, 303, 307, 308].includes(answer.status) && location !== undefined;
      if (!moved || stop(answer.headers)) {
        checkTransient(answer);
        return answer;
      }
      answer.body.resume();
      const next = URL.canParse(location, at.href) ? new URL(location, at.href) : undefined;
      if (!next || (next.protocol !== 'https:' && (next.protocol !== 'http:' || at.protocol === 'https:')))
        throw new HubError('hub-protocol', `${nameOf(at)} redirects to an address that is not safe to follow.`);
      at = next;
    }
    throw new HubError('hub-protocol', `${nameOf(url)} redirects more than ${MAX_REDIRECTS} times.`);
  }

  #once(method: string, url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    const protocol = url.protocol as 'http:' | 'https:';
    const authorized = this.#token !== undefined && url.origin === this.#endpoint.origin;
    return new Promise((resolve, reject) => {
      const request = (protocol === 'https:' ? https : http).request(url, {
        method,
        agent: this.#agents[protocol],
        signal,
        timeout: this.options.timeoutMs,
        headers: {
          'user-agent': 'roto',
          // A compressed body would have another length than the one announced.
          'accept-encoding': 'identity',
          ...headers,
          ...(authorized && { authorization: `Bearer ${this.#token}` }),
        },
      });
      request.on('timeout', () => {
        request.destroy(new Error(`no answer for ${this.options.timeoutMs / 1000} s`));
      });
      request.on('error', (cause) => {
        reject(signal.aborted ? signal.reason : new Transient(`${nameOf(url)}: ${reasonOf(cause)}`, { cause }));
      });
      request.on('response', (body) => {
        resolve({ status: body.statusCode ?? 0, headers: body.headers, from: nameOf(url), body });
      });
      request.end();
    });
  }
}

function checkTransient(answer: Answer): void {
  if (answer.status < 500 && answer.status !== 408 && answer.status !== 429) return;
  answer.body.destroy();
  const seconds = Number(answer.headers['retry-after']);
  const waitMs = seconds >= 0 && seconds <= 300 ? { waitMs: seconds * 1000 } : {};
  throw new Transient(`${answer.from} answered ${answer.status}`, waitMs);
}

/** Runs `attempt` again after a `Transient`, waiting longer each time. `progressed` starts the count anew. */
export async function withRetries<T>(
  options: HubOptions,
  signal: AbortSignal,
  attempt: (progressed: () => void) => Promise<T>,
): Promise<T> {
  let failures = 0;
  for (;;) {
    try {
      return await attempt(() => {
        failures = 0;
      });
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      failures++;
      if (failures >= options.attempts)
        throw new HubError(
          'hub-unreachable',
          `${error.message}, ${failures} times in a row. Check the network, HF_ENDPOINT and the proxy settings ` +
            '(HTTPS_PROXY), or copy the model folder here and give its path; what has arrived is kept and continued.',
          { cause: error },
        );
      await sleep(error.waitMs ?? options.backoffMs * Math.min(16, 2 ** (failures - 1)), undefined, { signal });
    }
  }
}

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new HubError('hub-protocol', `The endpoint "${text}" (HF_ENDPOINT) is no http or https address.`);
  return url;
}

function nameOf(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** Node wraps refused connections to several addresses into one error without a message. */
function reasonOf(error: Error & { code?: string }): string {
  return error.message || error.code || 'the connection failed';
}
