import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

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
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, NAME);
  const own = path.join(folder, `${NAME}.${process.pid}-${crypto.randomUUID().slice(0, 8)}`);
  const mark = `${process.pid} ${startOf(process.pid)}\n`;
  await writeFile(own, mark);
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
      await retire(file, found);
    }
  } finally {
    await unlink(own).catch(() => undefined);
  }
}

/** Takes a dead process's file away; when another process was quicker and the file is alive again, puts it back. */
async function retire(file: string, dead: string): Promise<void> {
  const aside = `${file}.old-${crypto.randomUUID().slice(0, 8)}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== dead) await link(aside, file).catch(() => undefined);
  await unlink(aside);
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
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold anything; the start is the 22nd.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
