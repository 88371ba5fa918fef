// The process that Nuclio's processor starts for each worker, in place of Nuclio's own wrapper, which breaks at events
// over 64 KiB (docs/guide/serverless.md). Called as: node wrapper.ts SOCKET HANDLER-FILE NAME; the last two are not used.
import { connect } from 'node:net';
import { readFunctionConfig } from '../config.ts';
import { type FunctionRequest, type FunctionResponse, json, openFunction } from '../function.ts';
import { readEvent } from './event.ts';
import { lineSplitter } from './lines.ts';

const address = process.argv[2];
if (!address) {
  console.error('The wrapper is started by Nuclio or by `roto function serve`, with the path of a socket.');
  process.exit(2);
}
const socket = connect(address);
const send = (kind: string, rest: string): void => {
  socket.write(`${kind}${rest}\n`);
};
const log = (level: string, message: string, stack?: string): void =>
  send('l', JSON.stringify({ datetime: new Date().toISOString(), level, message, with: stack ? { stack } : {} }));

// The other side has gone: nobody waits for an answer any more.
socket.on('close', () => process.exit(0));
socket.on('error', (error) => {
  console.error(`The socket of the processor failed: ${error.message}`);
  process.exit(1);
});
process.on('SIGTERM', () => process.exit(0));

const fn = await open();
let last = Promise.resolve();
socket.on(
  'data',
  lineSplitter((line) => {
    last = last.then(() => answer(line));
  }),
);
// Ready only now: a replica that still loads its model gets no calls.
send('s', '');

async function answer(line: Buffer): Promise<void> {
  const started = performance.now();
  const { status, contentType, body } = await respond(line);
  send('m', JSON.stringify({ duration: Math.max(1e-6, (performance.now() - started) / 1000) }));
  send(
    'r',
    JSON.stringify({ body, body_encoding: 'text', content_type: contentType, headers: {}, status_code: status }),
  );
}

async function respond(line: Buffer): Promise<FunctionResponse> {
  let request: FunctionRequest;
  try {
    request = readEvent(line);
  } catch (error) {
    return json(400, { message: `The event is not valid: ${(error as Error).message}`, code: 'bad-request' });
  }
  return fn.handle(request);
}

async function open() {
  try {
    return await openFunction(readFunctionConfig(process.env), {
      info: (message) => log('info', message),
      warn: (message) => log('warning', message),
      error: (message, cause) => log('error', message, (cause as Error | undefined)?.stack),
    });
  } catch (error) {
    console.error(`The function cannot start: ${(error as Error).message}`);
    process.exit(1);
  }
}
