import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderInUse, lockFolder } from './lock.ts';

describe('the lock of a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'roto-lock-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is held once, and given back', async () => {
    const release = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(FolderInUse);
    await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${process.pid}`);
    await release();
    await (await lockFolder(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  it('goes to one of many who ask at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('of a process that was killed is taken over, by one', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await writeFile(path.join(folder, 'server.lock'), `${child.pid} \n`);
    await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${child.pid}`);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readFile(path.join(folder, 'server.lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
  });

  it('whose taking over was cut off is taken over by a later one', async () => {
    await writeFile(path.join(folder, 'server.lock'), '0 0');
    const turn = path.join(folder, 'server.lock.retiring');
    await writeFile(turn, '');
    await utimes(turn, new Date(0), new Date(0));
    await (await lockFolder(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('of a process whose number another has now is taken over', async () => {
    await writeFile(path.join(folder, 'server.lock'), `${process.ppid} 1\n`);
    await (await lockFolder(folder))();
  });

  it.each(['', 'nonsense', '-1 0', '0 0', '99999999999999999999 0'])('with "%s" in it is nobody\'s', async (text) => {
    await writeFile(path.join(folder, 'server.lock'), text);
    await (await lockFolder(folder))();
  });
});
