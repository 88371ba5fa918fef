import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** What a page imports → the most that it may weigh, in bytes after minifying and gzip. */
const BUDGETS: readonly (readonly [what: string, code: string, most: number])[] = [
  ['geometry, whole', "export * from '@roto/geometry'", 13_000],
  ['one function of geometry', "export { boxIou } from '@roto/geometry'", 1_500],
  ['annotations, whole', "export * from '@roto/annotations'", 21_000],
  ['interpolation', "export { interpolate } from '@roto/annotations'", 4_000],
  ['wire, whole', "export * from '@roto/wire'", 30_000],
  ['schemas of wire', "export { Task, Job, Run } from '@roto/wire'", 9_000],
  ['client, whole', "export * from '@roto/client'", 35_000],
  ['tracker, whole', "export * from '@roto/tracker'", 14_000],
];

describe('in a browser', () => {
  it.each(BUDGETS)('%s builds without modules of Node and stays small', async (_what, code, most) => {
    // An import that a browser does not have, such as node:fs, fails the build.
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: path.join(root, 'scripts') },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    });
    expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(most);
  });

  it('finds an import of Node', async () => {
    const building = build({
      stdin: { contents: "export * from '@roto/client/node'", resolveDir: path.join(root, 'scripts') },
      bundle: true,
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    });
    await expect(building).rejects.toThrow('node:');
  });
});
