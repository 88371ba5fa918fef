import { readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { makeFolder } from '@roto/model';
import { CliError, outputError } from '../errors.ts';

/** What to do with results that are there already. */
export type Existing = 'refuse' | 'overwrite' | 'resume';

/** The names in an output folder that are ours; nothing else in it is ever touched. */
export const OUTPUT = {
  results: 'results.jsonl',
  coco: 'coco.json',
  davis: 'davis',
  cvat: 'cvat.json',
  overlay: 'overlay.mp4',
  /** Snapshots for --resume, and the lock. */
  resume: 'resume',
} as const;

/**
 * Looks at the folder without changing anything, so that a command that must fail does so before the work.
 * 'fresh': no results there. 'continue': results, and --resume. 'replace': results, and --overwrite.
 */
export async function inspectOutput(folder: string, existing: Existing): Promise<'fresh' | 'continue' | 'replace'> {
  const entries = await listFolder(folder);
  if (entries.includes(OUTPUT.results)) {
    if (existing === 'resume') return 'continue';
    if (existing === 'overwrite') return 'replace';
    throw outputError(
      `${folder} holds results already. Add --resume to go on with them, --overwrite to replace them, or choose another folder with -o.`,
    );
  }
  const ours = entries.filter((name) => (Object.values(OUTPUT) as string[]).includes(name));
  // All that a command leaves which ended before its first frame, on a full disk perhaps; nothing of it is missed.
  if (ours.length === 1 && ours[0] === OUTPUT.resume && (await isLeftOver(folder))) return 'replace';
  if (existing !== 'overwrite' && ours.length > 0)
    throw outputError(
      `${folder} holds ${ours.join(', ')}, but no ${OUTPUT.results}. Add --overwrite to replace that, or choose another folder with -o.`,
    );
  return existing === 'overwrite' && ours.length > 0 ? 'replace' : 'fresh';
}

/** Whether `resume/` holds nothing but a lock and snapshots of results that are not there. */
async function isLeftOver(folder: string): Promise<boolean> {
  const names = await readdir(path.join(folder, OUTPUT.resume)).catch(() => ['not a folder']);
  return names.every((name) => name === 'lock' || /^\d+\.snapshot(\.partial)?$/.test(name));
}

async function listFolder(folder: string): Promise<string[]> {
  if (folder === '' || folder.includes('\0'))
    throw outputError(`-o ${JSON.stringify(folder)} is no path; name a folder.`);
  try {
    return await readdir(folder);
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        await checkParent(folder);
        return [];
      case 'ENOTDIR':
        throw outputError(
          `${folder} cannot be the output folder: it, or a part of its path, is a file. Choose another with -o.`,
        );
      default:
        throw diskError(folder, error);
    }
  }
}

/** The nearest folder above that exists must be a folder that lets us write; found out now, not after the work. */
async function checkParent(folder: string): Promise<void> {
  for (let above = path.dirname(path.resolve(folder)); ; above = path.dirname(above)) {
    try {
      if (!(await stat(above)).isDirectory())
        throw outputError(`${folder} cannot be made: ${above} is a file. Choose another folder with -o.`);
      return;
    } catch (error) {
      if (error instanceof CliError) throw error;
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path.dirname(above))
        throw diskError(folder, error);
    }
  }
}

/** What a killed process was writing: `.coco.json.1a2b3c4d.partial`. */
const LEFT_OVER = /^\.(coco\.json|davis|cvat\.json|overlay\.mp4)\.[0-9a-f]+\.partial$/;

/** Makes the folder and takes its lock. The lock is given back when it is disposed. */
export async function claimOutput(folder: string): Promise<AsyncDisposable> {
  const lock = path.join(folder, OUTPUT.resume, 'lock');
  try {
    await makeFolder(path.dirname(lock));
    for (;;) {
      try {
        await writeFile(lock, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        await checkAbandoned(folder, lock);
        await rm(lock, { force: true });
      }
    }
    for (const name of await readdir(folder))
      if (LEFT_OVER.test(name)) await rm(path.join(folder, name), { recursive: true });
  } catch (error) {
    if (error instanceof CliError) throw error;
    await giveBack(folder, lock);
    throw diskError(folder, error);
  }
  return { [Symbol.asyncDispose]: () => giveBack(folder, lock) };
}

/** Removes the lock and, of a command that ended before its first line, the folders that are empty now. */
async function giveBack(folder: string, lock: string): Promise<void> {
  await rm(lock, { force: true }).catch(() => undefined);
  const names = await readdir(folder).catch((): string[] => []);
  if (names.includes(OUTPUT.results)) return;
  for (const empty of [path.dirname(lock), folder]) await rmdir(empty).catch(() => undefined);
}

/** A process that was killed leaves its lock; one that still runs on this machine keeps it. */
async function checkAbandoned(folder: string, lock: string): Promise<void> {
  let owner: { pid?: unknown; host?: unknown } = {};
  try {
    owner = JSON.parse(await readFile(lock, 'utf8'));
  } catch {
    return; // torn or gone: its writer did not live to finish it
  }
  const { pid, host } = owner;
  if (host === hostname() && (typeof pid !== 'number' || pid === process.pid || !isAlive(pid))) return;
  throw outputError(
    `${folder} is in use by process ${pid} on ${host}. Wait for it or stop it; if it is not running any more, delete ${lock}.`,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes results of ours that are to be replaced; the snapshots first, so that no crash leaves them beside new results. */
export async function clearOutput(folder: string): Promise<void> {
  try {
    for (const file of await readdir(path.join(folder, OUTPUT.resume)))
      if (file !== 'lock') await rm(path.join(folder, OUTPUT.resume, file), { recursive: true, force: true });
    for (const name of [OUTPUT.results, OUTPUT.coco, OUTPUT.davis, OUTPUT.cvat, OUTPUT.overlay])
      await rm(path.join(folder, name), { recursive: true, force: true });
  } catch (error) {
    throw diskError(folder, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space',
  EDQUOT: 'the disk quota is used up. Free some space',
  EFBIG: 'a file would grow past the limit of this system. Raise the limit',
  EROFS: 'the disk is read-only. Choose another folder with -o',
  EACCES: 'this user may not write there. Choose another folder with -o',
  EPERM: 'this user may not write there. Choose another folder with -o',
  ENOENT: 'no folder can be made there, or it was taken away meanwhile. Choose another folder with -o',
  ENAMETOOLONG: 'the name is too long. Choose another folder with -o',
  ENOTDIR: 'a part of the path is a file. Choose another folder with -o',
  EISDIR: 'a folder is in the way. Choose another folder with -o',
};

/** What the system said while we wrote, as an output error with a remedy. Errors of ours pass through. */
export function diskError(place: string, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof CliError || code === undefined || !/^E[A-Z]+$/.test(code)) return error as Error;
  const known = reasons[code] ?? `${message}. Choose another folder with -o`;
  return outputError(`${place} cannot be written: ${known}.`, error);
}
