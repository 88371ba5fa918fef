import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Graph } from '../graph/graph.ts';
import { writeModel } from '../graph/write.ts';

/**
 * Changes whenever the text of the model changes what it builds: an older entry is then never read again.
 */
export const buildVersion = 1;

export type CacheKey = {
  /** Identity of the weights. */
  readonly weights: string;
  /** Everything else that decides what is built. */
  readonly build: string;
};

/** Beside each model: how long its files are and what the model file hashes to, written last. */
type Seal = { readonly model: string; readonly sizes: Readonly<Record<string, number>> };

/**
 * Built graphs on disk, `<folder>/<key>/<part>/…`. A part is written under a name of its own and renamed into place,
 * so several processes may build it at once: the first one to finish wins, and nobody sees half a file. An entry whose
 * files are not what its seal says is removed and built again.
 */
export class GraphCache {
  readonly folder: string;

  constructor(folder: string, key: CacheKey) {
    const digest = createHash('sha256').update(`${buildVersion}\n${key.weights}\n${key.build}`).digest('hex');
    this.folder = path.join(folder, digest.slice(0, 32));
  }

  /** Path of the model file of a part; builds it when there is no sound entry. */
  async part(name: string, build: () => Graph): Promise<{ modelPath: string; built: boolean }> {
    const entry = path.join(this.folder, name);
    const modelPath = path.join(entry, `${name}.onnx`);
    if (await sound(entry, name)) return { modelPath, built: false };
    await mkdir(this.folder, { recursive: true });
    const fresh = path.join(this.folder, `.${name}-${process.pid}-${randomUUID()}`);
    await mkdir(fresh);
    try {
      await writeModel(build(), fresh, name);
      await seal(fresh, name);
      await settle(fresh, entry, name);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
    return { modelPath, built: true };
  }

  /** Forgets a part, for instance because it could not be opened. */
  async drop(name: string): Promise<void> {
    await rm(path.join(this.folder, name), { recursive: true, force: true });
  }
}

/** Renames a finished entry into place. When another process was first, its sound entry stays. */
async function settle(fresh: string, entry: string, name: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rename(fresh, entry);
    } catch (error) {
      if (await sound(entry, name)) return;
      if (attempt === 3) throw error;
      // What stands in the way is damaged: it is moved aside under a name of its own and removed.
      const aside = `${fresh}-old`;
      await rename(entry, aside).catch(() => undefined);
      await rm(aside, { recursive: true, force: true });
    }
  }
}

async function seal(folder: string, name: string): Promise<void> {
  const sizes: Record<string, number> = {};
  for (const file of [`${name}.onnx`, `${name}.bin`]) {
    const target = path.join(folder, file);
    if (!(await exists(target))) continue;
    const handle = await open(target, 'r+');
    try {
      await handle.sync();
      sizes[file] = (await handle.stat()).size;
    } finally {
      await handle.close();
    }
  }
  const content: Seal = { model: await hash(path.join(folder, `${name}.onnx`)), sizes };
  await writeFile(path.join(folder, 'seal.json'), JSON.stringify(content));
}

async function sound(folder: string, name: string): Promise<boolean> {
  try {
    const content = JSON.parse(await readFile(path.join(folder, 'seal.json'), 'utf8')) as Seal;
    for (const [file, size] of Object.entries(content.sizes))
      if ((await stat(path.join(folder, file))).size !== size) return false;
    return content.model === (await hash(path.join(folder, `${name}.onnx`)));
  } catch {
    return false; // Absent or unreadable: built again, which reports what is truly wrong with the folder.
  }
}

async function hash(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
