import type { Io, Sink } from './io.ts';

/** One line of talk on stderr. */
export function say(io: Io, text: string): void {
  io.stderr.write(`${text}\n`);
}

/** One line of result on stdout. */
export function result(io: Io, text: string): void {
  io.stdout.write(`${text}\n`);
}

/** One JSON object as a line on stdout, for machines. */
export function jsonLine(io: Io, value: object): void {
  io.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Red on a terminal, unless NO_COLOR is set (no-color.org: to anything but the empty string). */
export function red(text: string, sink: Sink, io: Io): string {
  return sink.isTTY && !io.env.NO_COLOR && io.env.TERM !== 'dumb' ? `\u001b[31m${text}\u001b[39m` : text;
}

/** Columns as wide as their widest cell; numbers to the right. The first row is the heading. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length)));
  const numeric = rows[0]!.map((_, column) => rows.slice(1).every((row) => /^[-\d.,%–]*$/.test(String(row[column]))));
  const line = (row: readonly (string | number)[]) =>
    row
      .map((cell, column) =>
        numeric[column] ? String(cell).padStart(widths[column]!) : String(cell).padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** 1 frame, 2 frames. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** 3 s, 2 min 5 s, 1 h 4 min. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function megabytes(bytes: number): string {
  return bytes >= 99.5e6 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A name from a file in a line of its own: control characters would move the cursor. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
}
