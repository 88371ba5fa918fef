import { runCli } from './cli.ts';
import { EXIT, Interrupted } from './errors.ts';
import { askHidden } from './server/ask-hidden.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // Whoever asks twice does not want to wait for the files; --resume makes them later.
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\nStopping; what is done is kept. Once more to leave at once.\n');
    stop.abort(new Interrupted(signal));
  });

// `roto serve` holds a channel to its agent; when it is gone, killed perhaps, nobody is left to serve for.
process.once('disconnect', () => stop.abort(new Interrupted('SIGTERM')));
process.channel?.unref();

// A reader that went away (`roto … | head`) is an interruption, not a fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  stop.abort(new Interrupted('SIGPIPE'));
});
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  askHidden: askHidden(process.stdin, process.stderr, stop.signal),
  signal: stop.signal,
});
