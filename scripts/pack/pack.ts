// Makes the packages that are installed elsewhere: JavaScript and type declarations of every workspace, as tarballs.
//   npm run pack -- --out DIR
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { installedManifest, type Manifest } from './manifest.ts';

const root = path.resolve(import.meta.dirname, '../..');
/** Folders beside `src` that a package needs at run time. */
const BESIDE = ['bin', 'builtin', 'migrations', 'dist', 'README.md'];

const { values } = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help || !values.out) {
  console.error('npm run pack -- --out DIR     writes one tarball for each package to DIR');
  process.exit(values.help ? 0 : 2);
}
const out = path.resolve(values.out);
const built = mkdtempSync(path.join(tmpdir(), 'roto-pack-'));
try {
  mkdirSync(out, { recursive: true });
  const workspaces = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((name) => path.join(folder, name)),
  );
  // The page is shipped built.
  run(process.execPath, [path.join(root, 'apps/web/scripts/build.ts'), '--if-stale']);
  run('tsc', ['-p', path.join(root, 'scripts/pack/tsconfig.json'), '--outDir', built]);
  for (const workspace of workspaces) console.log(pack(workspace));
} finally {
  rmSync(built, { recursive: true, force: true });
}

/** Completes the built folder of a workspace and packs it. Returns the name of the tarball. */
function pack(workspace: string): string {
  const [from, to] = [path.join(root, workspace), path.join(built, workspace)];
  mkdirSync(to, { recursive: true });
  const beside = BESIDE.filter((name) => existsSync(path.join(from, name)));
  for (const name of beside) cpSync(path.join(from, name), path.join(to, name), { recursive: true });
  cpSync(path.join(root, 'LICENSE'), path.join(to, 'LICENSE'));
  const manifest = JSON.parse(readFileSync(path.join(from, 'package.json'), 'utf8')) as Manifest;
  const hasCode = existsSync(path.join(to, 'src'));
  writeFileSync(path.join(to, 'package.json'), JSON.stringify(installedManifest(manifest, beside, hasCode), null, 2));
  return run('npm', ['pack', '--silent', '--pack-destination', out], to).trim();
}

function run(command: string, args: readonly string[], cwd = root): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
