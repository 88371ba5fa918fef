import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { diskError, OUTPUT } from './output-folder.ts';

/** Snapshots of a session beside its results: `resume/000120.snapshot` is the state after frame 120. */
export type Snapshot = { readonly frame: number; readonly file: string };

/** The newest might be cut off by a power failure, so the one before stays. */
const KEPT = 2;

/** Snapshots of the folder, in no order. */
export async function listSnapshots(folder: string): Promise<Snapshot[]> {
  const place = path.join(folder, OUTPUT.resume);
  const names = await readdir(place).catch(() => []);
  return names.flatMap((name) => {
    const frame = /^(\d+)\.snapshot$/.exec(name)?.[1];
    return frame === undefined ? [] : [{ frame: Number(frame), file: path.join(place, name) }];
  });
}

export function readSnapshot(snapshot: Snapshot): Promise<Uint8Array> {
  return readFile(snapshot.file);
}

/** Writes the state after `frame`, whole or not at all, and drops those before the last two. */
export async function writeSnapshot(folder: string, frame: number, bytes: Uint8Array): Promise<void> {
  const file = path.join(folder, OUTPUT.resume, `${String(frame).padStart(6, '0')}.snapshot`);
  const partial = `${file}.partial`;
  try {
    {
      await using handle = await open(partial, 'w');
      await handle.writeFile(bytes);
      await handle.sync();
    }
    await rename(partial, file);
    const others = (await listSnapshots(folder)).filter((snapshot) => snapshot.frame !== frame);
    const nearest = others.sort((a, b) => Math.abs(a.frame - frame) - Math.abs(b.frame - frame));
    for (const old of nearest.slice(KEPT - 1)) await rm(old.file, { force: true });
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined); // the first error is the one to tell
    throw diskError(file, error);
  }
}
