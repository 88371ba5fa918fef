import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder } from './make-folder.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'roto-folder-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('makes what is missing, also by several at once, and leaves what is there', async () => {
  const deep = path.join(folder, 'a', 'b', 'c');
  await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(path.join(deep, 'd'))]);
  expect(await makeFolder(deep)).toBeUndefined();
  expect(await makeFolder(path.join(deep, 'x', 'y'))).toBe(path.join(deep, 'x'));
  expect((await stat(path.join(deep, 'd'))).isDirectory()).toBe(true);
});

test('a file in the way is an error, at the end of the path and within it', async () => {
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(path.join(file, 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.skipIf(process.platform !== 'linux')('a folder that takes no others ends in an error, not in a loop', async () => {
  for (const place of ['/proc/roto', '/proc/roto/deep/below'])
    await expect(makeFolder(place)).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
});
