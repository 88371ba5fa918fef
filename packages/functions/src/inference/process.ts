/**
 * The process in which functions run: models block its event loop, native code may take it down, and neither touches the
 * agent's leases and connections. Started by `host.ts`; it ends when its parent does.
 */
import { type FromWorker, sentError, type ToWorker } from './messages.ts';
import { createWorker } from './worker.ts';

const send = (message: FromWorker): void => {
  // An agent that was killed takes no more; without somebody to tell, that would be a fault of this process.
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
};

// A terminal sends Ctrl+C to both; the agent decides what becomes of the work.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));

const worker = createWorker(send);
process.on('message', (message: ToWorker) => {
  if ('adjust' in message) return worker.adjust(message);
  if ('picture' in message) return worker.picture(message);
  worker.call(message).then(
    (value) => send({ answer: message.id, value }),
    (error) => send({ answer: message.id, error: sentError(error) }),
  );
});
