import type { Dirent } from 'node:fs';
import { chmod, lstat, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';

const GROUP_AND_OTHERS = 0o077;
/** What a server keeps in its data folder; a folder that holds anything else is somebody's as well. */
const OWN_NAMES = /^(database|media|sample|serve\.json.*|server\.(lock|log).*|backup-.*|\..*)$/;

/**
 * Makes a folder that only its owner may enter, and those above it that are missing. Not by Node's own `recursive`: where
 * a folder that exists takes no new one and answers ENOENT, as /proc does, that never ends (Node 24.21).
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !(await exists(at)); at = path.dirname(at)) {
    missing.push(at);
    if (at === path.dirname(at)) break; // a drive that is not there; making it fails with words
  }
  for (const at of missing.reverse()) {
    try {
      await mkdir(at, { mode: 0o700 });
    } catch (error) {
      // Another process was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const found = await stat(folder);
  if (!found.isDirectory())
    throw Object.assign(new Error(`${folder} is a file, and a folder is needed.`), { code: 'ENOTDIR' });
}

/** Closes the data folder to others, unless it holds files of somebody else too; those inside are closed in any case. */
export async function closeDataFolder(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.every((name) => OWN_NAMES.test(name))) await narrow(folder, 0o700);
}

/**
 * Takes from group and others whatever they may do with a folder and all that is in it. Where the folder itself was
 * closed already, what is in it is out of reach and looked at only with `always`.
 */
export async function closeFolder(folder: string, { always = false } = {}): Promise<void> {
  const wasOpen = await narrow(folder, 0o700);
  if (!wasOpen && !always) return;
  for (const entry of await entriesOf(folder)) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) await closeFolder(at, { always: true });
    else if (entry.isFile()) await narrow(at, 0o600);
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Whether it was open to others. @throws when it is, and this process may not change that */
async function narrow(place: string, mode: number): Promise<boolean> {
  if (process.platform === 'win32') return false;
  try {
    const found = await lstat(place);
    if (found.isSymbolicLink() || (found.mode & GROUP_AND_OTHERS) === 0) return false;
    await chmod(place, mode);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // What vanished meanwhile needs nothing.
    if (code === 'ENOENT') return false;
    if (code !== 'EPERM') throw error;
    const what = `${place} can be read or changed by other users of this machine, and belongs to another user than this server`;
    throw Object.assign(new Error(`${what}. Change its owner, or run: chmod -R go= ${place}`), { code: 'EACCES' });
  }
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
