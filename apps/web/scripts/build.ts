// Builds the page into `dist`, with compressed copies beside the files. `--if-stale` does nothing when `dist` was made of
// the present sources. `dist` is replaced at once, so that a server that sends its files meanwhile never misses one.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';

const page = path.resolve(import.meta.dirname, '..');
const root = path.resolve(page, '../..');
const dist = path.join(page, 'dist');
const stamp = '.sources';

const sources = sourceHash();
if (!process.argv.includes('--if-stale') || builtFrom() !== sources) {
  console.error('Building the page (a few seconds) …');
  const next = path.join(page, `dist.${process.pid}`);
  try {
    await build({ configFile: path.join(page, 'vite.config.ts'), logLevel: 'warn', build: { outDir: next } });
    for (const file of filesIn(next)) compress(file);
    writeFileSync(path.join(next, stamp), sources);
    replaceDist(next);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

/** A hash over everything that goes into the page. */
function sourceHash(): string {
  const hash = createHash('sha256');
  const folders = ['apps/web/src', 'apps/web/public', 'packages/geometry/src', 'packages/annotations/src'].concat([
    'packages/wire/src',
    'packages/client/src',
  ]);
  const files = [...folders.flatMap((folder) => filesIn(path.join(root, folder))), path.join(page, 'index.html')]
    .concat(['apps/web/vite.config.ts', 'package-lock.json'].map((name) => path.join(root, name)))
    .filter((file) => !/\.test\.tsx?$/.test(file));
  for (const file of files) hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function builtFrom(): string | undefined {
  try {
    return readFileSync(path.join(dist, stamp), 'utf8');
  } catch {
    return undefined;
  }
}

function replaceDist(next: string): void {
  const old = path.join(page, `dist.${process.pid}.old`);
  try {
    renameSync(dist, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
}

function compress(file: string): void {
  if (!/\.(js|css|html|svg|json)$/.test(file) || statSync(file).size < 1_024) return;
  const bytes = readFileSync(file);
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
