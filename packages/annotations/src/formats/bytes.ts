import { AnnotationError } from '../errors.ts';
import type { ImportedFile } from './format.ts';

/** Pieces of text joined to such of some tens of kilobytes: each has a cost of its own on its way to a file. */
export function* inChunks(pieces: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < 64 * 1024) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** Text of UTF-8 bytes, chunk by chunk, without a byte order mark. Throws 'file' for what is no UTF-8. */
export async function* decodeUtf8(file: ImportedFile): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new AnnotationError('file', `${file.path} is no text in UTF-8; save it in that encoding.`, cause);
    }
  };
  for await (const chunk of file.open()) yield decode(chunk);
  yield decode();
}

/** A whole file as text, for formats that cannot be read piece by piece. Throws 'file' past `limit` characters. */
export async function readText(file: ImportedFile, limit: number): Promise<string> {
  const pieces: string[] = [];
  let length = 0;
  for await (const piece of decodeUtf8(file)) {
    length += piece.length;
    if (length > limit) throw tooLarge(file, limit, 'characters');
    pieces.push(piece);
  }
  return pieces.join('');
}

/** A whole file. Throws 'file' past `limit` bytes. */
export async function readBytes(file: ImportedFile, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of file.open()) {
    length += chunk.length;
    if (length > limit) throw tooLarge(file, limit, 'bytes');
    chunks.push(chunk.slice());
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLarge(file: ImportedFile, limit: number, unit: string): AnnotationError {
  return new AnnotationError('file', `${file.path} is larger than ${limit} ${unit}, which no such file needs.`);
}
