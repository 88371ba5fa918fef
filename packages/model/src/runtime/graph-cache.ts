import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { Graph } from '../graph/graph.ts';
import { writeModel } from '../graph/write.ts';
import { makeFolder } from '../make-folder.ts';

/** To be raised whenever the text of the model changes what it builds: older entries are then never read again. */
export const buildVersion = 7;

export type CacheKey = {
  /** Identity of the weights. */
  readonly weights: string;
  /** Everything else that decides what is built. */
  readonly build: string;
};

/** Size and checksum of each file of an entry; written last. */
type Seal = Readonly<Record<string, { readonly bytes: number; readonly crc32: number }>>;

const sealName = 'seal.json';
/** Half-written entries of a process that was killed are removed when they are older than this. */
const abandonedAfterMs = 60 * 60 * 1000;

/**
 * Built graphs on disk: `<folder>/v<build version>-<digest>/<part>/`. A part is written under a name of its own and
 * renamed into place, so several processes may build it at once: the first to finish wins, and nobody sees half a
 * file. Entries are read through their checksums (4 GB/s); one that does not match is built again.
 */
export class GraphCache {
  readonly folder: string;
  readonly #root: string;

  constructor(root: string, key: CacheKey) {
    const digest = createHash('sha256').update(`${key.weights}\n${key.build}`).digest('hex');
    this.#root = root;
    this.folder = path.join(root, `v${buildVersion}-${digest.slice(0, 32)}`);
  }

  /** Path of the model file of a part; builds it when there is no sound entry. */
  async part(name: string, build: () => Graph): Promise<{ modelPath: string; built: boolean }> {
    const entry = path.join(this.folder, name);
    const modelPath = path.join(entry, `${name}.onnx`);
    if (await isSound(entry)) return { modelPath, built: false };
    await makeFolder(this.folder);
    await this.#sweep();
    const fresh = path.join(this.folder, `.${name}-${randomUUID()}`);
    await mkdir(fresh);
    try {
      await writeModel(build(), fresh, name);
      await writeSeal(fresh);
      await settle(fresh, entry);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
    return { modelPath, built: true };
  }

  /** Forgets a part, for instance because ONNX Runtime could not read it. */
  async drop(name: string): Promise<void> {
    await rm(path.join(this.folder, name), { recursive: true, force: true });
  }

  /** Removes what earlier build versions and killed processes left. Another process may do the same at the same time. */
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#root)) {
      const version = /^v(\d+)-[0-9a-f]{32}$/.exec(name)?.[1];
      if (version !== undefined && Number(version) < buildVersion)
        await rm(path.join(this.#root, name), { recursive: true, force: true });
    }
    for (const name of await readdir(this.folder)) {
      if (!name.startsWith('.')) continue;
      const left = path.join(this.folder, name);
      const age = await stat(left).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (age > abandonedAfterMs) await rm(left, { recursive: true, force: true });
    }
  }
}

/** Renames a finished entry into place. Where another process was first, its sound entry stays. */
async function settle(fresh: string, entry: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rename(fresh, entry);
    } catch (error) {
      if (await isSound(entry)) return;
      if (attempt === 3) throw error;
      // What stands in the way is damaged. It is moved aside first, since a folder cannot be replaced in one step.
      const aside = `${fresh}-old`;
      await rename(entry, aside).catch(() => undefined);
      await rm(aside, { recursive: true, force: true });
    }
  }
}

async function writeSeal(folder: string): Promise<void> {
  const seal: Record<string, { bytes: number; crc32: number }> = {};
  for (const file of await readdir(folder)) seal[file] = await checksum(path.join(folder, file), { flush: true });
  await writeFile(path.join(folder, sealName), JSON.stringify(seal));
}

async function isSound(folder: string): Promise<boolean> {
  try {
    const seal = JSON.parse(await readFile(path.join(folder, sealName), 'utf8')) as Seal;
    for (const [file, wanted] of Object.entries(seal)) {
      const found = await checksum(path.join(folder, file));
      if (found.bytes !== wanted.bytes || found.crc32 !== wanted.crc32) return false;
    }
    return true;
  } catch {
    return false; // Absent or unreadable: built again, which reports what is truly wrong with the folder.
  }
}

async function checksum(file: string, { flush = false } = {}): Promise<{ bytes: number; crc32: number }> {
  const handle = await open(file, flush ? 'r+' : 'r');
  try {
    if (flush) await handle.sync();
    const chunk = Buffer.allocUnsafe(4 << 20);
    let [bytes, sum] = [0, 0];
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, bytes);
      if (bytesRead === 0) return { bytes, crc32: sum };
      sum = crc32(chunk.subarray(0, bytesRead), sum);
      bytes += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
