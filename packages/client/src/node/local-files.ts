import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { ClientError } from '../errors.ts';
import type { UploadFile } from '../uploads.ts';

/** A file of this machine, to be sent. Throws ClientError 'file' for what is no readable file. */
export async function localFile(file: string): Promise<UploadFile> {
  await using handle = await openLocal(file);
  const stats = await handle.stat();
  if (!stats.isFile()) throw new ClientError('file', `${file} is not a file; name the files that are to be sent.`);
  return {
    name: path.basename(file),
    size: stats.size,
    async slice(start, end) {
      await using handle = await openLocal(file);
      const bytes = new Uint8Array(end - start);
      let read = 0;
      while (read < bytes.length) {
        const { bytesRead } = await handle.read(bytes, read, bytes.length - read, start + read);
        if (bytesRead === 0) break;
        read += bytesRead;
      }
      return new Blob([bytes.subarray(0, read)]);
    },
  };
}

export async function localFiles(files: readonly string[]): Promise<UploadFile[]> {
  const found: UploadFile[] = [];
  for (const file of files) found.push(await localFile(file));
  return found;
}

async function openLocal(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it may not be read' : code;
    throw new ClientError('file', `${file} cannot be sent: ${why}.`, { cause });
  }
}
