import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder, and those above it that are missing; the answer is the first that was made. Not by Node's own
 * `recursive`: where a folder that exists takes no new one and answers ENOENT, as /proc does, that tries parent and child
 * in turn for ever, at full load (Node 24.21).
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !(await exists(at)); at = path.dirname(at)) {
    missing.push(at);
    if (at === path.dirname(at)) break; // a drive that is not there; making it says so
  }
  if (missing.length === 0) missing.push(path.resolve(folder));
  let first: string | undefined;
  for (const at of missing.reverse())
    try {
      await mkdir(at);
      first ??= at;
    } catch (error) {
      // It was there, or another process was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await stat(at)).isDirectory()) throw error;
    }
  return first;
}

async function exists(place: string): Promise<boolean> {
  try {
    await stat(place);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
