import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Hook = (work: () => Promise<void>) => void;

/** A folder for the files of one test file, gone afterwards. Takes the test runner's `beforeAll` and `afterAll`. */
export function temporaryFolder(beforeAll: Hook, afterAll: Hook): { readonly path: string } {
  const folder = { path: '' };
  beforeAll(async () => {
    folder.path = await mkdtemp(join(tmpdir(), 'roto-media-'));
  });
  afterAll(() => rm(folder.path, { recursive: true, force: true }));
  return folder;
}
