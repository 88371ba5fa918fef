// The handler as Nuclio's own wrapper calls it, for installations that cannot set NUCLIO_NODEJS_WRAPPER_PATH. Its
// wrapper requires this module, so it has no top-level await.
import { readFunctionConfig } from '../config.ts';
import { json, openFunction, type ServerlessFunction } from '../function.ts';
import { lineLog } from '../log.ts';
import { lowerCaseNames } from './event.ts';
import { wholeEventLines } from './whole-lines.ts';

wholeEventLines(process.argv[2]);

type Context = {
  callback(value: unknown): void;
  Response: new (body: string, headers: object, contentType: string, status: number) => unknown;
};
type Event = { body: Buffer; headers?: Record<string, string>; method?: string; path?: string };

let opened: Promise<ServerlessFunction> | undefined;
// Loading begins with the process; the first calls wait for it.
const open = (): Promise<ServerlessFunction> => {
  opened ??= openFunction(readFunctionConfig(process.env), lineLog);
  opened.catch(() => {
    opened = undefined;
  });
  return opened;
};

export function initContext(): void {
  open().catch((error: Error) => lineLog.error(`The function cannot start: ${error.message}`));
}

/** Answers exactly once, whatever happens: a rejection would end the process of the stock wrapper. */
export async function handler(context: Context, event: Event): Promise<void> {
  let answer = json(503, { message: 'The function could not be started; its log says why.', code: 'not-ready' });
  try {
    const fn = await open();
    const headers = lowerCaseNames(event.headers ?? {});
    answer = await fn.handle({ method: event.method || 'POST', path: event.path || '/', headers, body: event.body });
  } catch (error) {
    lineLog.error(`A call failed: ${(error as Error).message}`, error as Error);
  } finally {
    context.callback(new context.Response(answer.body, {}, answer.contentType, answer.status));
  }
}
