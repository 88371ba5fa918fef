import { open, stat } from 'node:fs/promises';

/**
 * Reads a file that is taken into memory as a whole. Asks what it is before it opens it: a pipe would wait for a writer,
 * where no signal is heard, and a device has no end. Throws an error that says what is wrong; the caller names the file.
 */
export async function readWhole(file: string, mostBytes: number): Promise<Buffer> {
  const stats = await stat(file);
  if (stats.isDirectory()) throw new Error('it is a folder');
  if (!stats.isFile()) throw new Error(`it is ${stats.isFIFO() ? 'a pipe' : 'a device'}, no regular file`);
  if (stats.size > mostBytes) throw new Error(`it has ${stats.size} bytes, more than ${mostBytes}`);
  await using handle = await open(file);
  const bytes = Buffer.alloc(stats.size);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
