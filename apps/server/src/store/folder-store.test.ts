import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { refusalOf } from '../http/problems.ts';
import { describeMediaStore } from '../testing/store-contract.ts';
import { openFolderStore } from './folder-store.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'roto-store-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
describeMediaStore('folder', () => openFolderStore(path.join(folder, 'media')));

describe('the folder of the media store', () => {
  it('L3: loses what a killed writer left half-written, and nothing that is being written', async () => {
    const root = path.join(folder, 'tidy');
    const store = await openFolderStore(root);
    await store.write('exports/whole.zip', new Uint8Array([1]));
    const [old, young] = ['.partial-old', '.partial-young'].map((name) => path.join(root, 'exports', name));
    for (const file of [old!, young!]) await writeFile(file, 'half');
    const yesterday = new Date(Date.now() - 86_400_000);
    await utimes(old!, yesterday, yesterday);
    await store.tidy(3_600_000);
    expect((await readdir(path.join(root, 'exports'))).sort()).toEqual(['.partial-young', 'whole.zip']);
  });

  const small = path.join(folder, 'small');
  const canMount = (): boolean => {
    mkdirSync(small, { recursive: true });
    return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small], { stdio: 'ignore' }).status === 0;
  };
  const mounted = process.platform === 'linux' && canMount();
  afterAll(() => mounted && spawnSync('umount', [small]));

  it.skipIf(!mounted)('M5: keeps nothing of what the disk had no room for, and says that it is full', async () => {
    const store = await openFolderStore(path.join(small, 'media'));
    const free = (await store.free())!;
    expect(free).toBeLessThan(3_000_000);
    const much = (): Readable => Readable.from(Array(50).fill(Buffer.alloc(100_000)));
    await store.append('tasks/1/incoming/a', 0, Readable.from([Buffer.alloc(1000)]), 1e9);
    const failure = await store.append('tasks/1/incoming/a', 1000, much(), 1e9).catch((error) => error);
    expect(failure).toMatchObject({ code: 'ENOSPC' });
    expect(await store.size('tasks/1/incoming/a')).toBe(1000);
    await expect(store.write('exports/b', much())).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await store.free()).toBeGreaterThan(free - 100_000);
    expect(refusalOf(failure)).toMatchObject({ status: 507, body: { detail: expect.stringContaining('disk') } });
  });
});
