import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SERVER_LIMITS } from '../config.ts';
import { startServer } from '../server.ts';
import { makePrivateFolder } from './private-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'roto-private-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Everything below a folder that group or others may read, change or enter. */
async function open(at: string): Promise<string[]> {
  const entries = await readdir(at, { withFileTypes: true, recursive: true });
  const places = [at, ...entries.map((entry) => path.join(entry.parentPath, entry.name))];
  const found: string[] = [];
  for (const place of places) {
    const { mode } = await stat(place);
    if ((mode & 0o077) !== 0) found.push(`${path.relative(at, place)} ${(mode & 0o777).toString(8)}`);
  }
  return found;
}

async function start(data: string): Promise<void> {
  const config = { folder: data, host: '127.0.0.1', port: 0, limits: DEFAULT_SERVER_LIMITS };
  const server = await startServer(config, (error) => {
    throw error;
  });
  await server.context.store.write('tasks/1/thing.bin', new Uint8Array([1]));
  await server.close();
}

describe.skipIf(process.platform === 'win32')('H1: the data folder', () => {
  it('is closed to other users, with all files of the database and of the media', async () => {
    const data = path.join(folder, 'data');
    await start(data);
    expect((await stat(data)).mode & 0o777).toBe(0o700);
    expect(await open(data)).toEqual([]);
  });

  it('is mended when an earlier version left it open', async () => {
    const data = path.join(folder, 'data');
    await start(data);
    for (const entry of await readdir(data, { withFileTypes: true, recursive: true }))
      await chmod(path.join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o666);
    await chmod(data, 0o755);
    await start(data);
    expect(await open(data)).toEqual([]);
  });

  it('that holds files of others stays as it is, and what the server puts into it is closed', async () => {
    const shared = path.join(folder, 'shared');
    await mkdir(shared);
    await chmod(shared, 0o755);
    await writeFile(path.join(shared, 'notes.txt'), 'not of the server');
    await chmod(path.join(shared, 'notes.txt'), 0o644);
    await symlink(path.join(shared, 'notes.txt'), path.join(shared, 'link.txt'));
    await start(shared);
    expect(await open(path.join(shared, 'database'))).toEqual([]);
    expect(await open(path.join(shared, 'media'))).toEqual([]);
    expect((await stat(shared)).mode & 0o777).toBe(0o755);
    expect((await stat(path.join(shared, 'notes.txt'))).mode & 0o777).toBe(0o644);
  });

  it('in a place that takes no folders ends with an error, and not never', async () => {
    // In a process of its own: what is feared is an endless loop in a thread of Node's.
    const code = `import { makePrivateFolder } from ${JSON.stringify(new URL('./private-folder.ts', import.meta.url).href)};
      await makePrivateFolder('/proc/roto/data').then(() => console.log('made'), (error) => console.log(error.code));`;
    const node = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { timeout: 20_000 });
    expect((await node).stdout.trim()).toMatch(/^(ENOENT|EACCES|EROFS|EPERM)$/);
    await expect(makePrivateFolder('/dev/null/data')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
