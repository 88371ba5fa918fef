import type { Log } from '@roto/functions';

/** One line of JSON for each event, on standard error. */
export const lineLog: Log = {
  info: (message) => line('info', message),
  warn: (message) => line('warning', message),
  error: (message, cause) => line('error', message, (cause as { stack?: string } | undefined)?.stack),
};

function line(level: string, message: string, stack?: string): void {
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, message, ...(stack && { stack }) })}\n`,
  );
}
