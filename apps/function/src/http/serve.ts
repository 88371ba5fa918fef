import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '@roto/functions';
import { CallError } from '../errors.ts';
import { type FunctionResponse, json } from '../function.ts';
import { FunctionPool } from './pool.ts';

export type ServeOptions = {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Each has a model of its own, and answers one call at a time. */
  readonly processes: number;
  /** Variables of the processes: ROTO_MODEL, CVAT_FUNCTIONS_REDIS_HOST, … */
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
};

export type ServedFunction = AsyncDisposable & { readonly url: string; readonly pool: FunctionPool };

/** As maxRequestBodySize of function.yaml: states are ids, so a body is one picture. */
const MOST_BODY_BYTES = 64 * 2 ** 20;

/**
 * The function as plain HTTP, without Nuclio: calls go to wrapper processes by Nuclio's own protocol. Resolves once the
 * first process has loaded its model. Throws WorkerEndedError when it cannot start, and what listening throws.
 */
export async function serveFunction({ host, port, processes, env, log }: ServeOptions): Promise<ServedFunction> {
  const pool = new FunctionPool(processes, env, log);
  const server = createServer((request, response) => {
    void answer(pool, request).then((given) => send(response, given));
  });
  server.headersTimeout = 20_000;
  server.requestTimeout = 60_000;
  try {
    // A port that is taken is found out before models are loaded.
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
    await pool.start();
  } catch (error) {
    server.close();
    await pool[Symbol.asyncDispose]();
    throw error;
  }
  const { address, port: bound, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    pool,
    async [Symbol.asyncDispose]() {
      // Calls in progress are answered; then the processes end.
      await new Promise((resolve) => server.close(resolve));
      await pool[Symbol.asyncDispose]();
    },
  };
}

async function answer(pool: FunctionPool, request: IncomingMessage): Promise<FunctionResponse> {
  const { method = 'GET', url = '/' } = request;
  const { started, busy, workers } = pool.state;
  if (method === 'GET' && url === '/live') return json(200, { live: true });
  if (method === 'GET' && url === '/ready') {
    if (started === 0) return json(503, { message: 'The model is loading.', code: 'not-ready' });
    // Processes that are all in a call are working; the question does not wait behind their calls.
    if (busy === started) return json(200, { ready: true, workers, started, busy });
  }
  try {
    if (method === 'GET' && url === '/metrics')
      return { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: await pool.metrics() };
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
    return await pool.call({ method, path: url, headers, body: await readBody(request) });
  } catch (error) {
    if (error instanceof CallError) return json(error.status, { message: error.message, code: error.code });
    return json(400, { message: `The request could not be read: ${(error as Error).message}`, code: 'bad-request' });
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const tooLarge = new CallError('too-large', `The body is larger than ${MOST_BODY_BYTES} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > MOST_BODY_BYTES) throw tooLarge;
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MOST_BODY_BYTES) throw tooLarge;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function send(response: ServerResponse, { status, contentType, body }: FunctionResponse): void {
  const close = status === 413 ? { connection: 'close' } : {};
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body), ...close });
  response.end(body);
}
