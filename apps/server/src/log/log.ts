import { type Logger, pino, stdTimeFunctions } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** What happened, in a few words that do not change, and the values beside it. */
export type Log = {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
};

/**
 * A log of lines: JSON for machines, or text `2026-01-31T12:00:00.000Z warn sign-in failed name="ann"` for people and for
 * programs such as fail2ban. `write` gets whole lines.
 */
export function createLog(options: {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly write: (line: string) => void;
}): Log {
  const { level, format, write } = options;
  const logger = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(format === 'json' ? line : toText(line)) },
  );
  return forwarding(logger);
}

export const SILENT: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function nothing(): void {}

function forwarding(logger: Logger): Log {
  return {
    debug: (event, fields = {}) => logger.debug(fields, event),
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
  };
}

function toText(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  // Values are quoted as JSON, so that no name or address can make a line of its own.
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${time} ${level} ${msg}${rest.join('')}\n`;
}
