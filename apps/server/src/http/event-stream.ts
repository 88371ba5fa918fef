import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../context.ts';
import type { App } from './app.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly eventStreams: EventStreams;
  }
}

/** An open stream of server-sent events. */
export type EventStream = {
  readonly request: FastifyRequest;
  readonly hasEnded: boolean;
  /** What was sent lies in memory, because the reader is slow. */
  readonly isFull: boolean;
  /** `id` is what a reader that comes back says in Last-Event-ID. */
  send(event: string, data: unknown, id?: string | number): void;
  /** As `send`, of data that is JSON text already. */
  sendText(event: string | undefined, text: string, id?: string | number): void;
  /** Resolves when the reader has taken what was sent, or is gone. */
  drained(): Promise<void>;
  end(): void;
  /** Called once, whoever ended it. */
  onEnd(listener: () => void): void;
};

export type EventStreamOptions = {
  /** Milliseconds after which a reader whose stream broke should come back. */
  readonly retryMs: number;
  /** CVAT's agents take every blank line for an event: then lines that are none have no blank one after them. */
  readonly terse?: boolean;
};

export type EventStreams = {
  /** Takes over the response. The guard has let the request in. */
  open(request: FastifyRequest, reply: FastifyReply, options: EventStreamOptions): EventStream;
};

/** Says whether the one who sent a request may still do what it asked; made anew for each round of questions. */
export type StillAllowed = () => (request: FastifyRequest) => Promise<boolean>;

const KEEP_ALIVE_MS = 20_000;
/** Routes whose change may take a right from somebody: who is who, who is a member, and whose something is. */
const CHANGES_RIGHTS = /^\/api\/((auth|users|memberships|organizations)\b|(tasks|jobs|functions)\/:id$)/;
/** After a notice that rights changed; several come together. */
const SETTLE_MS = 20;

/**
 * The event streams of this process. Whoever reads one was let in once, and may lose the right while it is open: all
 * streams are asked about again every so often, and at once when somebody's rights change. One that may no longer be read
 * ends; its reader comes back and is told 401, 403 or 404.
 */
export function addEventStreams(app: App, { config, db, events }: Context, stillAllowed: StillAllowed): void {
  const open = new Map<EventStream, { readonly response: ServerResponse; readonly terse: boolean }>();
  const alive = setInterval(() => {
    for (const { response, terse } of open.values()) response.write(terse ? ':\n' : ':\n\n');
  }, KEEP_ALIVE_MS);
  alive.unref();

  let asking: Promise<void> | undefined;
  let again = false;
  const ask = async (): Promise<void> => {
    do {
      again = false;
      const isAllowed = stillAllowed();
      for (const stream of [...open.keys()]) {
        // Without an answer nobody may read on: the reader comes back, and is let in when the database is there again.
        if (!stream.hasEnded && !(await isAllowed(stream.request).catch(() => false))) stream.end();
      }
    } while (again);
  };
  const askSoon = (): void => {
    again = true;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
  };
  const recheck = setInterval(askSoon, config.limits.streamRecheckMs);
  recheck.unref();
  let settling: NodeJS.Timeout | undefined;
  const stop = events.hear((notice) => {
    if (notice !== null && notice.on !== 'access') return;
    settling ??= setTimeout(() => {
      settling = undefined;
      askSoon();
    }, SETTLE_MS);
  });

  app.addHook('onResponse', async ({ method, routeOptions }, { statusCode }) => {
    if (method === 'GET' || method === 'HEAD' || statusCode >= 400 || !CHANGES_RIGHTS.test(routeOptions.url ?? ''))
      return;
    // A hint: without it the next round finds out.
    await events.tell(db, { on: 'access' }).catch(() => undefined);
  });

  const streams: EventStreams = {
    open(request, reply, { retryMs, terse = false }) {
      reply.hijack();
      const response = reply.raw;
      response.writeHead(200, HEADERS);
      response.write(terse ? `retry: ${retryMs}\n` : `retry: ${retryMs}\n\n`);
      const stream = streamOf(request, response);
      open.set(stream, { response, terse });
      stream.onEnd(() => open.delete(stream));
      return stream;
    },
  };
  app.decorate('eventStreams', streams);
  app.addHook('preClose', async () => {
    stop();
    clearInterval(alive);
    clearInterval(recheck);
    clearTimeout(settling);
    for (const stream of [...open.keys()]) stream.end();
    await asking;
  });
}

/** Never compressed, nor held back by a proxy. */
const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
} as const;

function streamOf(request: FastifyRequest, response: ServerResponse): EventStream {
  const listeners: (() => void)[] = [];
  let hasEnded = false;
  const ended = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    for (const listener of listeners) listener();
  };
  response.on('close', ended);
  response.on('error', ended);
  const sendText = (event: string | undefined, text: string, id?: string | number): void => {
    if (hasEnded) return;
    const name = event === undefined ? '' : `event: ${event}\n`;
    response.write(`${name}${id === undefined ? '' : `id: ${id}\n`}data: ${text}\n\n`);
  };
  return {
    request,
    get hasEnded() {
      return hasEnded;
    },
    get isFull() {
      return response.writableNeedDrain;
    },
    send: (event, data, id) => sendText(event, JSON.stringify(data), id),
    sendText,
    async drained() {
      if (!response.writableNeedDrain || hasEnded) return;
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
    },
    end() {
      ended();
      response.end();
    },
    onEnd(listener) {
      if (hasEnded) listener();
      else listeners.push(listener);
    },
  };
}
