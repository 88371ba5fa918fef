// Builds the page when it is stale, and fails when opening a job would load more script than the budget: all that the
// browser fetches until the workspace is there, compressed with gzip. Run by `npm run check:bundle`.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 450;
/** Pages of the first load; a job is the heaviest. */
const FIRST = ['index.html', 'src/pages/job.tsx'];

const web = path.resolve(import.meta.dirname, '..');
const built = spawnSync(process.execPath, [path.join(web, 'scripts', 'build.ts'), '--if-stale'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);

type Chunk = { readonly file: string; readonly imports?: readonly string[]; readonly css?: readonly string[] };
const dist = path.join(web, 'dist');
const manifest = JSON.parse(readFileSync(path.join(dist, '.vite', 'manifest.json'), 'utf8')) as Record<string, Chunk>;

const files = new Set<string>();
const visit = (name: string): void => {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`The build has no ${name}; name the new first page in apps/web/scripts/check-bundle.ts.`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const each of chunk.imports ?? []) visit(each);
};
for (const name of FIRST) visit(name);

const sizes = [...files].map((file) => ({
  file,
  kb: gzipSync(readFileSync(path.join(dist, file)), { level: 9 }).length / 1000,
}));
const total = sizes.reduce((sum, { kb }) => sum + kb, 0);
for (const { file, kb } of sizes.toSorted((a, b) => b.kb - a.kb))
  console.log(`${kb.toFixed(1).padStart(8)} KB  ${file}`);
console.log(`${total.toFixed(1).padStart(8)} KB  in all, compressed; ${BUDGET_KB} KB are allowed`);
if (total > BUDGET_KB) {
  console.error(
    `Opening a job loads ${total.toFixed(0)} KB of script and style, more than ${BUDGET_KB} KB. Load something later.`,
  );
  process.exit(1);
}
