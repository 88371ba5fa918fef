// Stand-in for Nuclio's own Node.js wrapper, with its properties: an event socket, a handler that is required and not
// awaited, and data that is parsed chunk by chunk (argument `chunks`, releases up to 1.14) or joined as text and cut at
// newlines (`text`, after pull request 3699). Called as: node stock-wrapper.cjs SOCKET HANDLER-FILE MODE
const net = require('node:net');
const { EventEmitter } = require('node:events');

const [, , address, file, mode] = process.argv;
const handlerModule = require(file);
class Response {
  constructor(body, headers, contentType, status) {
    Object.assign(this, { body, headers, content_type: contentType, status_code: status, body_encoding: 'text' });
  }
}
const context = {
  _emitter: new EventEmitter(),
  Response,
  userData: {},
  callback: (value) => context._emitter.emit('answer', value),
};
handlerModule.initContext?.(context);
const socket = net.connect(address, () => socket.write('s\n'));

function take(text) {
  const event = JSON.parse(text);
  event.body = Buffer.from(event.body, 'base64');
  context._emitter.once('answer', (value) => {
    socket.write('m{"duration": 0.1}\n');
    socket.write(`r${JSON.stringify(value)}\n`);
  });
  handlerModule.handler(context, event);
}
let buffer = '';
socket.on('data', (data) => {
  if (mode === 'chunks') return take(data.toString());
  buffer += data.toString();
  const lines = buffer.split('\n');
  buffer = lines.pop();
  for (const line of lines) if (line) take(line);
});
socket.on('close', () => process.exit(0));
