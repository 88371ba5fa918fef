import type { FunctionRequest } from '../function.ts';

const OPENING = Buffer.from('{"body":"', 'latin1');

/**
 * One event line of Nuclio's processor as a request. The processor writes keys in alphabetical order, so the body comes
 * first: base64 is cut out of the line, and only the rest, which is small, is parsed as JSON.
 * Throws SyntaxError for a line that is not an event.
 */
export function readEvent(line: Buffer): FunctionRequest {
  if (line.subarray(0, OPENING.length).equals(OPENING)) {
    const end = line.indexOf(0x22, OPENING.length);
    const rest = JSON.parse(`{"body":"${line.toString('utf8', end)}`) as Record<string, unknown>;
    return requestOf(rest, Buffer.from(line.toString('latin1', OPENING.length, end), 'base64'));
  }
  const event = JSON.parse(line.toString('utf8')) as Record<string, unknown>;
  const { body } = event;
  return requestOf(
    event,
    typeof body === 'string' ? Buffer.from(body, 'base64') : Buffer.from(JSON.stringify(body ?? '')),
  );
}

function requestOf(event: Record<string, unknown>, body: Buffer): FunctionRequest {
  const headers = lowerCaseNames((event.headers ?? {}) as Record<string, unknown>);
  return { method: String(event.method || 'POST'), path: String(event.path || '/'), headers, body };
}

/** Returns the headers as the function reads them. */
export function lowerCaseNames(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}
