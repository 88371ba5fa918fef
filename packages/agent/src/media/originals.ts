import { mkdir, readdir, rm, rmdir, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashOf, type NodeClient } from '@roto/client/node';
import type { Log } from '@roto/functions';

const LOCK_FRESH_MS = 20_000;

/**
 * Original files of tasks on this machine, by their checksum, shared by all agents of the cache folder. The least recently
 * used ones give way when there are more bytes than allowed; a file that is open stays readable until it is closed.
 */
export type Originals = {
  /** The path of the file, fetched if need be. Throws ClientError, ApiError, and the signal's reason. */
  get(task: number, sha256: string, signal: AbortSignal): Promise<string>;
};

export function originalsCache(client: NodeClient, folder: string, maxBytes: number, log: Log): Originals {
  /** Checked once by this process; a cache may have been written by anybody. */
  const checked = new Map<string, number>();

  const present = async (file: string, sha256: string): Promise<boolean> => {
    const stats = await stat(file).catch(() => undefined);
    if (!stats?.isFile()) return false;
    if (checked.get(file) !== stats.mtimeMs && (await hashOf(file)) !== sha256) {
      log.warn(`${file} is damaged; it is fetched again.`);
      await rm(file, { force: true });
      return false;
    }
    const now = new Date();
    await utimes(file, now, now).catch(() => undefined);
    checked.set(file, (await stat(file).catch(() => stats)).mtimeMs);
    return true;
  };

  return {
    async get(task, sha256, signal) {
      const file = path.join(folder, sha256);
      await mkdir(folder, { recursive: true });
      if (await present(file, sha256)) return file;
      await using _lock = await lockFor(`${file}.lock`, signal);
      if (await present(file, sha256)) return file;
      log.info(`Fetching the media of task ${task} …`);
      await client.tasks.original(task, file, { sha256, maxBytes, signal });
      checked.set(file, (await stat(file)).mtimeMs);
      await makeRoom(folder, maxBytes, file);
      return file;
    },
  };
}

async function makeRoom(folder: string, maxBytes: number, keep: string): Promise<void> {
  const files = [];
  for (const name of await readdir(folder)) {
    if (!/^[0-9a-f]{64}(\.partial)?$/.test(name)) continue;
    const file = path.join(folder, name);
    const stats = await stat(file).catch(() => undefined);
    if (stats?.isFile()) files.push({ file, bytes: stats.size, used: stats.mtimeMs });
  }
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { file, bytes } of files.sort((a, b) => a.used - b.used)) {
    if (total <= maxBytes) return;
    if (file === keep) continue;
    await rm(file, { force: true });
    total -= bytes;
  }
}

/** One process at a time fetches a file. A lock whose holder died is not renewed any more, and is taken over. */
async function lockFor(place: string, signal: AbortSignal): Promise<AsyncDisposable> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await mkdir(place);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const stats = await stat(place).catch(() => undefined);
      if (stats && Date.now() - stats.mtimeMs > LOCK_FRESH_MS) await rmdir(place).catch(() => undefined);
      else await sleep(300, undefined, { signal });
    }
  }
  const renewal = setInterval(() => {
    const now = new Date();
    utimes(place, now, now).catch(() => undefined);
  }, LOCK_FRESH_MS / 4);
  renewal.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(renewal);
      await rmdir(place).catch(() => undefined);
    },
  };
}
