import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TrackableShape } from '@roto/wire';
import { moved } from './agent.ts';

type State = { readonly n: number; readonly shape: TrackableShape };
type Payload = { image: string; shapes: (TrackableShape | null)[]; states: (State | null)[] };

/** Answers a call in another way than the function would, or passes it on. */
export type Whim = (response: ServerResponse, payload: Payload) => unknown;
export const PASS = Symbol('passed on to the function');

/**
 * A Nuclio dashboard with a tracker behind it, as the gateway meets them over HTTP. The function is one that can be
 * foretold: each step moves the shape by one pixel to the right. Its states are its own, so any caller continues.
 */
export async function startDashboard(entries: Record<string, unknown>) {
  const asked: { path: string; headers: IncomingMessage['headers']; payload?: Payload }[] = [];
  let whim: Whim = () => PASS;
  const server = createServer(async (request, response) => {
    const path = request.url!;
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const json = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (path === '/api/functions') {
      asked.push({ path, headers: request.headers });
      return json(200, entries);
    }
    if (path !== '/api/function_invocations') return json(404, { error: 'not found' });
    const payload = JSON.parse(Buffer.concat(pieces).toString()) as Payload;
    asked.push({ path, headers: request.headers, payload });
    if ((await whim(response, payload)) !== PASS) return;
    const states = Array.from({ length: Math.max(payload.shapes.length, payload.states.length) }, (_, i): State => {
      const state = payload.states[i];
      return state ? { n: state.n + 1, shape: moved(state.shape, 1) } : { n: 0, shape: payload.shapes[i]! };
    });
    json(200, { states, shapes: states.map(({ shape }) => shape) });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    calls: () => asked.flatMap(({ payload }) => payload ?? []),
    behave(next: Whim): void {
      whim = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type Dashboard = Awaited<ReturnType<typeof startDashboard>>;

export const TRACKER_ENTRY = {
  metadata: {
    name: 'shifter',
    namespace: 'nuclio',
    annotations: {
      name: 'Segment Anything 2: Tracker',
      type: 'tracker',
      spec: '',
      supported_shape_types: 'polygon, mask, rectangle',
    },
  },
  spec: { description: 'moves', minReplicas: 1 },
  status: { state: 'ready', httpPort: 0 },
};
