import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks on the terminal without showing what is typed. Undefined where there is no terminal to ask on. */
export function askHidden(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  signal: AbortSignal,
): ((question: string) => Promise<string>) | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return (question) =>
    new Promise((resolve, reject) => {
      output.write(question);
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
      const lines = createInterface({ input, output: silent, terminal: true });
      const end = (): void => {
        signal.removeEventListener('abort', abort);
        lines.close();
        output.write('\n');
      };
      const abort = (): void => {
        end();
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort);
      // In raw mode Ctrl+C is a key like any other.
      lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
      lines.once('line', (line) => {
        end();
        resolve(line);
      });
    });
}
