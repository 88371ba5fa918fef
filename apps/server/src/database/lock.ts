import { readFileSync } from 'node:fs';
import { link, readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePrivateFolder } from '../disk/private-folder.ts';

/** The folder is another process's. */
export class FolderInUse extends Error {
  readonly code = 'folder-in-use';
  constructor(folder: string, pid: number) {
    super(
      `${folder} is in use by process ${pid}. The embedded database is for one process at a time: stop the other server, ` +
        'give this one another folder, or use PostgreSQL (DATABASE_URL) for several.',
    );
    this.name = 'FolderInUse';
  }
}

const NAME = 'server.lock';

/**
 * Claims a folder for this process, by a file with its number. A file that a killed process left is replaced.
 * @returns the way to give the folder back
 * @throws FolderInUse
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await makePrivateFolder(folder);
  const file = path.join(folder, NAME);
  const own = path.join(folder, `${NAME}.${process.pid}-${crypto.randomUUID().slice(0, 8)}`);
  const mark = `${process.pid} ${startOf(process.pid)}\n`;
  await writeFile(own, mark, { mode: 0o600 });
  try {
    for (;;) {
      try {
        // A link appears whole or not at all, and only where there is none.
        await link(own, file);
        return async () => {
          if ((await readFile(file, 'utf8').catch(() => '')) === mark) await unlink(file);
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const found = await readFile(file, 'utf8').catch(() => undefined);
      if (found === undefined) continue;
      const [pid, start] = found.trim().split(' ');
      if (isAlive(Number(pid), start ?? '')) throw new FolderInUse(folder, Number(pid));
      await retire(file, found, own);
    }
  } finally {
    await unlink(own).catch(() => undefined);
  }
}

/** A process takes this long at most to retire a lock; one that was killed meanwhile leaves its turn to others. */
const TURN_MS = 10_000;

/**
 * Takes a dead process's file away. One process at a time: else a slow one would take away the lock that a quick one has
 * put in its place since.
 */
async function retire(file: string, dead: string, own: string): Promise<void> {
  const turn = `${file}.retiring`;
  try {
    // The turn is as old as what it is a link to.
    await utimes(own, new Date(), new Date());
    await link(own, turn);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const begun = (await stat(turn).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - begun > TURN_MS) await unlink(turn).catch(() => undefined);
    else await sleep(10);
    return;
  }
  try {
    if ((await readFile(file, 'utf8').catch(() => undefined)) === dead) await unlink(file);
  } finally {
    await unlink(turn).catch(() => undefined);
  }
}

/** Whether the process that wrote the mark still runs; a number that was given to another process since is told apart. */
function isAlive(pid: number, start: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = startOf(pid);
  return now === '' || start === '' || now === start;
}

/** When a process began, in the system's ticks since its start; '' where the system does not say. */
function startOf(pid: number): string {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold anything; the start is the 22nd.
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
