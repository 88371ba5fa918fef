import { Socket } from 'node:net';
import { lineSplitter } from './lines.ts';

type Listener = (...values: unknown[]) => void;

/**
 * Nuclio's own wrapper parses each chunk of its event socket alone and ends at an event over 64 KiB, or joins text at
 * quadratic cost. This hands it whole lines: listeners for data on the one socket that is connected to `address` get a
 * line at a time. To be called before the wrapper connects.
 */
export function wholeEventLines(address: string | undefined): void {
  if (!address) return;
  const events = new WeakSet<Socket>();
  const { connect, on } = Socket.prototype;
  Socket.prototype.connect = function (this: Socket, ...given: unknown[]) {
    const [first] = (Array.isArray(given[0]) ? given[0] : given) as unknown[];
    const path = typeof first === 'object' && first !== null ? (first as { path?: unknown }).path : first;
    if (path === address) events.add(this);
    return Reflect.apply(connect, this, given);
  } as typeof connect;
  const listen = function (this: Socket, name: string | symbol, listener: Listener) {
    if (name !== 'data' || !events.has(this)) return Reflect.apply(on, this, [name, listener]);
    const split = lineSplitter((line) => listener(Buffer.concat([line, Buffer.from('\n')])));
    return Reflect.apply(on, this, ['data', (chunk: Buffer | string) => split(Buffer.from(chunk))]);
  };
  Socket.prototype.on = listen as typeof on;
  Socket.prototype.addListener = listen as typeof on;
}
