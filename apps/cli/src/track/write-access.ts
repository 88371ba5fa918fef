import { mkdtemp, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { diskError } from './output-folder.ts';

/**
 * Finds out before the work whether the output folder can be written, by making a folder where it lies, or will lie, and
 * taking it away again: permissions alone say nothing of a read-only or a full disk, nor of /proc. Throws output errors.
 */
export async function checkWriteAccess(folder: string): Promise<void> {
  try {
    await rmdir(await mkdtemp(path.join(await nearest(path.resolve(folder)), '.roto-')));
  } catch (error) {
    throw diskError(folder, error);
  }
}

/** The folder itself, or the next one above it that is there. */
async function nearest(folder: string): Promise<string> {
  for (let at = folder; ; at = path.dirname(at))
    try {
      await stat(at);
      return at;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || at === path.dirname(at)) throw error;
    }
}
