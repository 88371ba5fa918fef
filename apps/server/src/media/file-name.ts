import { badRequest } from '../http/errors.ts';

/**
 * The name that a file is known by: the last part of what the client calls it (CVAT's clients send whole paths of their
 * machine, with either slash). Nothing on disk is ever named so. Throws HttpError 400 when no name is left.
 */
export function baseName(given: string): string {
  const name = given.split(/[/\\]/).at(-1)!.trim();
  if (name === '' || name === '.' || name === '..') {
    throw badRequest('filename', `${JSON.stringify(given.slice(0, 200))} names no file.`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
  if (/[\u0000-\u001f\u007f]/.test(name)) {
    throw badRequest('filename', `${JSON.stringify(name.slice(0, 200))} holds characters that no file name has.`);
  }
  if (Buffer.byteLength(name) > 255) {
    throw badRequest('filename', `A file name of ${Buffer.byteLength(name)} bytes is too long; the most is 255.`);
  }
  return name;
}
