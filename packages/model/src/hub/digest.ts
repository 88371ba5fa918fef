import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { WeightFileError } from '../weights/errors.ts';
import { FileRanges } from '../weights/file-ranges.ts';
import { etagOf } from './cache.ts';

/** The two hashes by which the hub names contents: of large files, and git's of small ones. */
export type Algorithm = 'sha256' | 'git-sha1';

export type Hashing = {
  readonly signal?: AbortSignal | undefined;
  /** Told the bytes read so far, of how many. */
  readonly report?: ((read: number, total: number) => void) | undefined;
};

const CHUNK = 2 ** 20;

/** The hash of a whole file, hexadecimal; read in pieces, between which a signal is heard. Throws the signal's reason. */
export async function digestFile(
  file: string,
  algorithm: Algorithm,
  { signal, report }: Hashing = {},
): Promise<string> {
  // Also refuses a pipe, which would be waited for.
  const { size } = new FileRanges(file);
  const hash = createHash(algorithm === 'sha256' ? 'sha256' : 'sha1');
  // Small files are named by git: SHA-1 over a header and the contents.
  if (algorithm === 'git-sha1') hash.update(`blob ${size}\0`);
  let read = 0;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK, ...(signal && { signal }) })) {
      hash.update(chunk as Buffer);
      read += (chunk as Buffer).length;
      report?.(read, size);
      // The stream itself hears it one piece later.
      signal?.throwIfAborted();
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new WeightFileError('weight-file', file, `cannot be read (${(cause as Error).message}).`, { cause });
  }
  return hash.digest('hex');
}

/** The hash that the name of a cached file's blob promises; undefined for other files, and where it promises nothing. */
export function promisedDigest(pointer: string): { algorithm: Algorithm; value: string } | undefined {
  const value = etagOf(pointer) ?? '';
  if (/^[0-9a-f]{64}$/.test(value)) return { algorithm: 'sha256', value };
  if (/^[0-9a-f]{40}$/.test(value)) return { algorithm: 'git-sha1', value };
  return undefined;
}

/** Whether a file of the cache has the contents that its blob's name promises; true where the name promises nothing. */
export async function isWhole(pointer: string, hashing: Hashing): Promise<boolean> {
  const promised = promisedDigest(pointer);
  return !promised || (await digestFile(pointer, promised.algorithm, hashing)) === promised.value;
}
