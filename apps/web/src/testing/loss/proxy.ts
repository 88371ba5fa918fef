import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What happens to a request on its way:
 *   before   it is lost before it reaches the server
 *   after    the server does it, and its answer is lost
 *   cut      half of the answer comes
 *   500, 503 the proxy answers in the server's place
 */
export type Fault = 'none' | 'before' | 'after' | 'cut' | 500 | 503;

export type FaultyProxy = {
  readonly url: string;
  /** Asked for every write; reads and streams pass while the line is up. */
  fault: () => Fault;
  delayMs: () => number;
  /** What passed last, for who looks for a fault. */
  readonly passed: string[];
  /** Down: nothing passes, and what is open breaks. */
  setLine(isUp: boolean): void;
  close(): Promise<void>;
};

/** Stands between a page and its server, and loses things. */
export async function openProxy(target: () => string): Promise<FaultyProxy> {
  let isUp = true;
  const open = new Set<ServerResponse>();
  const server = createServer((incoming, outgoing) => {
    open.add(outgoing);
    outgoing.on('close', () => open.delete(outgoing));
    void handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const proxy: FaultyProxy = {
    get url() {
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    passed: [],
    fault: () => 'none',
    delayMs: () => 0,
    setLine(up) {
      isUp = up;
      if (!up) for (const each of open) each.destroy();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const isWrite = incoming.method !== 'GET';
    const fault = isWrite ? proxy.fault() : 'none';
    const note = (end: unknown) => {
      const body = Buffer.concat(chunks)
        .toString()
        .replaceAll(/"(points|attributes|elements)":\[[^\]]*\],?/g, '');
      proxy.passed.push(
        `${incoming.method} ${incoming.url} ${fault} ${isUp ? 'up' : 'down'} ${end} ${body.slice(0, 1_500)}`,
      );
    };
    if (!isUp) return void outgoing.destroy();
    if (isWrite) await sleep(proxy.delayMs());
    note('begins');
    if (!isUp || fault === 'before') return void outgoing.destroy();
    if (typeof fault === 'number') {
      outgoing.writeHead(fault, { 'Content-Type': 'application/json' });
      return void outgoing.end('{"detail":"The server is starting again."}');
    }
    await new Promise<void>((resolve, reject) => {
      const url = new URL(incoming.url!, target());
      const onward = request(
        url,
        { method: incoming.method!, headers: { ...incoming.headers, host: url.host } },
        (answer) => {
          note(answer.statusCode);
          if (fault === 'after') {
            answer.resume();
            answer.on('end', () => resolve(void outgoing.destroy()));
            return;
          }
          if (fault === 'cut') {
            const whole: Buffer[] = [];
            answer.on('data', (piece) => whole.push(piece));
            answer.on('end', () => {
              const body = Buffer.concat(whole);
              outgoing.writeHead(answer.statusCode!, { ...answer.headers, 'content-length': body.length });
              outgoing.write(body.subarray(0, body.length >> 1), () => resolve(void outgoing.destroy()));
            });
            return;
          }
          outgoing.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(outgoing);
          outgoing.on('close', () => onward.destroy());
          answer.on('end', resolve);
          answer.on('error', reject);
        },
      );
      onward.on('error', reject);
      onward.end(Buffer.concat(chunks));
    });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return proxy;
}
