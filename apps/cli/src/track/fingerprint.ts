import { createHash, type Hash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { listImages } from '@roto/media';

/** Bytes read at both ends of a file. */
const ENDS = 1 << 18;

/**
 * Names the contents of an input well enough to refuse another one on resume: SHA-256 over the size and both ends of
 * each file, in order. Not over all bytes: a video of an hour would take minutes on a slow disk. Deinterlaced, it is another.
 */
export async function fingerprint(input: string | readonly string[], deinterlace = false): Promise<string> {
  const hash = createHash('sha256');
  const paths = typeof input === 'string' ? [input] : input;
  const only = paths.length === 1 ? paths[0]! : undefined;
  const files = only !== undefined && (await stat(only)).isDirectory() ? await listImages(only) : paths;
  for (const file of files) await addFile(hash, file);
  if (deinterlace) hash.update('deinterlaced');
  return hash.digest('hex');
}

async function addFile(hash: Hash, path: string): Promise<void> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  hash.update(`${size};`);
  for (const from of size > ENDS ? [0, Math.max(ENDS, size - ENDS)] : [0]) {
    const bytes = Buffer.alloc(Math.min(ENDS, size - from));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    hash.update(bytes.subarray(0, bytesRead));
  }
}
