import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { closeFolder, makePrivateFolder } from '../disk/private-folder.ts';
import { type Appended, checkKey, type MediaStore, StoreError } from './store.ts';

/** Names of files that are not complete yet begin so; no key does. */
const PARTIAL = '.partial-';

/** The media store as a folder: a key is a path in it. Several processes may use one folder. */
export async function openFolderStore(folder: string): Promise<MediaStore> {
  const root = path.resolve(folder);
  await makePrivateFolder(root);
  await closeFolder(root);
  const place = (key: string): string => {
    checkKey(key);
    return path.join(root, ...key.split('/'));
  };

  return {
    async append(key, offset, bytes, limit) {
      hearErrors(bytes);
      const file = place(key);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const { handle, made } = await openForWriting(file);
      try {
        const { size } = await handle.stat();
        if (offset > size) throw new StoreError(`${key} has ${size} bytes, so nothing can be written at ${offset}.`);
        const appended = await pumpOrCut(bytes, handle, offset, limit);
        if (made) await syncFolder(path.dirname(file));
        return appended;
      } finally {
        await handle.close();
      }
    },

    async write(key, bytes) {
      if (!(bytes instanceof Uint8Array)) hearErrors(bytes);
      const file = place(key);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const partial = path.join(path.dirname(file), PARTIAL + crypto.randomUUID());
      try {
        const handle = await open(partial, 'wx', 0o600);
        let written: number;
        try {
          if (bytes instanceof Uint8Array) {
            await writeAll(handle, bytes, 0);
            written = bytes.length;
          } else {
            const { end, cut } = await pump(bytes, handle, 0, Number.POSITIVE_INFINITY);
            if (cut) throw cut;
            written = end;
          }
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(partial, file);
        await syncFolder(path.dirname(file));
        return { bytes: written };
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
    },

    read(key, range) {
      try {
        return createReadStream(place(key), range ?? {});
      } catch (error) {
        const failed = new PassThrough();
        failed.destroy(error as Error);
        return failed;
      }
    },

    async size(key) {
      try {
        const stats = await stat(place(key));
        return stats.isFile() ? stats.size : null;
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },

    async list(prefix) {
      checkKey(prefix, true);
      if (!prefix.endsWith('/')) throw new StoreError(`${JSON.stringify(prefix)} is no prefix: it ends in no slash.`);
      const found = await filesUnder(path.join(root, ...prefix.slice(0, -1).split('/')));
      return found.map((file) => path.relative(root, file).split(path.sep).join('/')).sort();
    },

    async move(files) {
      const folders = new Set<string>();
      for (const { from, to } of files) {
        const [source, target] = [place(from), place(to)];
        const folder = path.dirname(target);
        if (!folders.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
        folders.add(folder);
        try {
          await rename(source, target);
        } catch (error) {
          if (isMissing(error)) throw new StoreError(`There is no ${from} in the media store.`);
          throw error;
        }
      }
      for (const folder of folders) await syncFolder(folder);
    },

    async remove(keyOrPrefix) {
      checkKey(keyOrPrefix, true);
      const target = path.join(root, ...keyOrPrefix.split('/'));
      if (!keyOrPrefix.endsWith('/') && (await isFolder(target))) return;
      await rm(target, { recursive: true, force: true });
    },

    async free() {
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },

    async tidy(milliseconds) {
      await tidyFolder(root, Date.now() - milliseconds);
    },

    async path(key) {
      const file = place(key);
      if (!(await isFile(file))) throw new StoreError(`There is no ${key} in the media store.`);
      return file;
    },
  };
}

/**
 * Paths of all complete files. Folder by folder: one that is removed meanwhile has nothing in it, which says nothing of
 * the others (a recursive readdir fails as a whole).
 */
async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const found = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.join(folder, entry.name));
  for (const entry of entries)
    if (entry.isDirectory()) found.push(...(await filesUnder(path.join(folder, entry.name))));
  return found;
}

/** Opens without cutting off what is there; makes the file where there is none. */
async function openForWriting(file: string): Promise<{ handle: FileHandle; made: boolean }> {
  try {
    return { handle: await open(file, 'r+'), made: false };
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    return { handle: await open(file, 'wx+', 0o600), made: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return { handle: await open(file, 'r+'), made: false };
    throw error;
  }
}

/** A sender may fail while the file is being opened; unheard, that would end the process. The reader finds the error later. */
function hearErrors(bytes: Readable): void {
  bytes.on('error', () => undefined);
}

/** Brings bytes to the disk; where that fails, what was written of them is cut off, and takes no room. */
async function pumpOrCut(bytes: Readable, handle: FileHandle, offset: number, limit: number): Promise<Appended> {
  try {
    const appended = await pump(bytes, handle, offset, limit);
    await handle.sync();
    return appended;
  } catch (error) {
    await handle.truncate(offset).catch(() => undefined);
    throw error;
  }
}

async function pump(bytes: Readable, handle: FileHandle, offset: number, limit: number): Promise<Appended> {
  let end = offset;
  try {
    for await (const chunk of bytes) {
      const block = chunk as Uint8Array;
      if (end + block.length > limit) {
        return { end, cut: new StoreError(`More than the ${limit} bytes that were announced.`) };
      }
      await writeAll(handle, block, end);
      end += block.length;
    }
    return { end, cut: null };
  } catch (error) {
    if (isOfSystem(error)) throw error;
    return { end, cut: error as Error };
  }
}

async function writeAll(handle: FileHandle, block: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < block.length; ) {
    done += (await handle.write(block, done, block.length - done, at + done)).bytesWritten;
  }
}

/** Removes files under a name for incomplete ones that nobody wrote to since. */
async function tidyFolder(folder: string, since: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    try {
      if (entry.isDirectory()) await tidyFolder(at, since);
      else if (entry.name.startsWith(PARTIAL) && (await stat(at)).mtimeMs < since) await rm(at, { force: true });
    } catch (error) {
      // Removed meanwhile.
      if (!isMissing(error)) throw error;
    }
  }
}

/** So that a new name outlives a power cut. Not every system can. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
};

/** The disk's own failures (full, broken), as against a sender that broke off. */
const isOfSystem = (error: unknown): boolean =>
  ['ENOSPC', 'EIO', 'EDQUOT', 'EFBIG', 'EROFS', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '');

const isFile = async (file: string): Promise<boolean> => (await stat(file).catch(() => null))?.isFile() ?? false;
const isFolder = async (file: string): Promise<boolean> => (await stat(file).catch(() => null))?.isDirectory() ?? false;
