import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { checkKey, checkSize, MAX_STATE_BYTES, STATE_LIFE_MS, type StateStore, StoreError } from './store.ts';

/** How often a process looks for what nobody uses any more. */
const PRUNE_MS = 600_000;

/**
 * States as files of a folder that agents share: `<key>.<fence>.state`, written whole under another name and renamed. The
 * fence stands in the name, so that of two that write at once the one with the higher fence wins without any lock. The
 * time of last use is the file's time. Only the owner may read the files.
 */
export async function folderStore(folder: string, now: () => number = Date.now): Promise<StateStore> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StoreError('store-address', `The state folder ${folder} cannot be made: ${(cause as Error).message}`, {
      cause,
    });
  }
  let pruned = 0;

  /** Files of the key, the highest fence first. */
  const filesOf = async (key: string): Promise<{ file: string; fence: number }[]> => {
    const names = await readdir(folder);
    return names
      .flatMap((name) => {
        const match = /^(.+)\.(\d{1,15})\.state$/.exec(name);
        return match?.[1] === key ? [{ file: path.join(folder, name), fence: Number(match[2]) }] : [];
      })
      .sort((a, b) => b.fence - a.fence);
  };

  const prune = async (): Promise<void> => {
    if (now() - pruned < PRUNE_MS) return;
    pruned = now();
    for (const name of await readdir(folder)) {
      if (!/\.(state|partial)$/.test(name)) continue;
      const file = path.join(folder, name);
      const stats = await stat(file).catch(() => undefined);
      if (stats && stats.mtimeMs < now() - STATE_LIFE_MS) await rm(file, { force: true });
    }
  };

  return {
    shared: true,
    async read(key) {
      checkKey(key);
      await prune();
      for (const { file } of await filesOf(key)) {
        const stats = await stat(file).catch(() => undefined);
        if (!stats?.isFile() || stats.mtimeMs < now() - STATE_LIFE_MS) continue;
        if (stats.size > MAX_STATE_BYTES) continue;
        try {
          const value = await readFile(file);
          const time = now() / 1000;
          await utimes(file, time, time).catch(() => undefined);
          return value;
        } catch (error) {
          // A writer with a higher fence has just put another in its place.
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        }
      }
      return null;
    },
    async write(key, value, fence = 0) {
      checkKey(key);
      checkSize(value);
      await prune();
      if ((await filesOf(key)).some((other) => other.fence > fence)) return false;
      const partial = path.join(folder, `${randomBytes(8).toString('hex')}.partial`);
      try {
        {
          await using handle = await open(partial, 'wx', 0o600);
          await handle.writeFile(value);
        }
        const time = now() / 1000;
        await utimes(partial, time, time);
        await rename(partial, path.join(folder, `${key}.${fence}.state`));
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined); // the first error is the one to tell
        throw error;
      }
      const others = await filesOf(key);
      for (const { file, fence: older } of others) if (older < fence) await rm(file, { force: true });
      return others[0]?.fence === fence;
    },
    async drop(key) {
      checkKey(key);
      for (const { file } of await filesOf(key)) await rm(file, { force: true });
    },
    async [Symbol.asyncDispose]() {},
  };
}
