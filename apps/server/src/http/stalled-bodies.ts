import type { FastifyRequest } from 'fastify';
import type { App } from './app.ts';

/** A body of which nothing came for so long is given up. */
const STALLED_MS = 30_000;
/** JSON is held in memory until it is complete, so after a first while it must come at least this fast on average. */
const GRACE_MS = 30_000;
const MIN_BYTES_PER_SECOND = 16 * 1024;

/**
 * Ends connections whose request body does not arrive. What is waiting for this server, to be read or to be answered, is
 * no fault of the sender and does not count.
 */
export function endStalledBodies(app: App, stalledMs = STALLED_MS): void {
  const graceMs = Math.min(GRACE_MS, stalledMs);
  const watched = new Set<{ look(now: number): void }>();
  app.addHook('onRequest', async (request, reply) => {
    if (!hasBody(request)) return;
    const { raw } = request;
    const { socket } = raw;
    const isJson = /json/.test(request.headers['content-type'] ?? '');
    const began = performance.now();
    const first = socket.bytesRead;
    let bytes = first;
    let progress = began;
    const entry = {
      look(now: number): void {
        if (raw.complete || socket.destroyed) return void watched.delete(entry);
        // Bytes that are here and not taken: this server is slow, not the sender.
        if (socket.bytesRead > bytes || raw.readableLength > 0) progress = now;
        bytes = socket.bytesRead;
        const late = now - began - graceMs;
        const isSlow = isJson && late > 0 && (bytes - first) / (late / 1000) < MIN_BYTES_PER_SECOND;
        if (now - progress < stalledMs && !isSlow) return;
        watched.delete(entry);
        // Answered already, and the rest of the body is thrown away as it comes.
        if (reply.raw.headersSent) return void socket.destroy();
        socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        // Its handler, if it waits for the body, is told that no more comes.
        raw.destroy(Object.assign(new Error('The body did not arrive in time.'), { statusCode: 408 }));
      },
    };
    watched.add(entry);
  });
  const looking = setInterval(
    () => {
      for (const entry of watched) entry.look(performance.now());
    },
    Math.min(5_000, stalledMs / 4),
  );
  looking.unref();
  app.addHook('onClose', async () => clearInterval(looking));
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
