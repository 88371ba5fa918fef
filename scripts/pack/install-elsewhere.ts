// Packs all packages, installs the tarballs in an empty folder, and uses them as a stranger would: the guide's example as
// JavaScript and as TypeScript (strict, with TypeScript 5.9 and 7), and `roto demo`, on Node 22 and 24.
//   npm run test:install
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'roto-elsewhere-'));
const at = (...names: string[]): string => path.join(folder, ...names);
// These keep onnxruntime-node and node-av from fetching optional extras outside the registry.
const env = { ...process.env, SKIP_FFMPEG: 'true', ONNXRUNTIME_NODE_INSTALL: 'skip', XDG_CACHE_HOME: at('cache') };

try {
  step('pack');
  run(process.execPath, [path.join(root, 'scripts/pack/pack.ts'), '--out', at('tarballs')], root);
  const tarballs = readdirSync(at('tarballs')).map((name) => `./tarballs/${name}`);

  step('install in an empty folder');
  writeFileSync(at('package.json'), JSON.stringify({ name: 'elsewhere', private: true, type: 'module' }));
  npm('install', ...tarballs);
  console.log(`installed: ${run('du', ['-sm', 'node_modules']).split('\t')[0]} MB`);
  npm('install', '--save-dev', '@types/node@24', 'ts5@npm:typescript@5.9', 'ts7@npm:typescript@7');

  const example = guideExample();
  writeFileSync(at('example.mjs'), example);
  writeFileSync(at('example.ts'), example);
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  };
  writeFileSync(at('tsconfig.json'), JSON.stringify({ compilerOptions, files: ['example.ts'] }));
  for (const compiler of ['ts5', 'ts7']) {
    step(`types with ${compiler}`);
    run(process.execPath, [at('node_modules', compiler, 'bin', 'tsc'), '-p', '.']);
  }
  // Node 22 does not know `await using`; the compiler writes it in older words.
  run(process.execPath, [at('node_modules', 'ts5', 'bin', 'tsc'), '-p', '.', '--noEmit', 'false', '--outDir', 'older']);

  for (const version of ['22', '24']) {
    // Each Node in a folder of its own: npm's package `node` puts a binary there.
    mkdirSync(at(`node${version}`));
    run('npm', ['install', '--prefix', at(`node${version}`), '--no-audit', '--no-fund', '--silent', `node@${version}`]);
    const node = at(`node${version}`, 'node_modules', 'node', 'bin', 'node');
    step(`the example and the demo on Node ${run(node, ['--version']).trim()}`);
    const roto = at('node_modules', '@roto', 'cli', 'bin', 'roto.mjs');
    run(node, [roto, 'sample', '--out', `sample${version}`, '--frames', '20', '--size', '640x360']);
    const clip = readdirSync(at(`sample${version}`), { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith('.mp4'),
    )!;
    const code = version === '22' ? readFileSync(at('older', 'example.js'), 'utf8') : example;
    writeFileSync(at('run.mjs'), code.replace("'clip.mp4'", JSON.stringify(at(`sample${version}`, clip))));
    const lines = run(node, ['run.mjs']).trim().split('\n');
    if (!lines.every((line) => /^\d+ dog (\d+ points, IoU \d|not seen)/.test(line)))
      throw new Error(`unexpected: ${lines[0]}`);
    run(node, [roto, 'demo', '--frames', '30', '--size', '640x360', '-o', `demo${version}`]);
  }
  console.log('Installed elsewhere, everything works.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The example of the guide, with a box that fits the sample. */
function guideExample(): string {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(path.join(root, 'docs/guide/library.md'), 'utf8'))!;
  return code!
    .replace('x0: 430, y0: 380, x1: 700, y1: 550', 'x0: 30, y0: 30, x1: 200, y1: 200')
    .replace('to: 60', 'to: 10');
}

function npm(...args: string[]): void {
  run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error']);
}

function run(command: string, args: readonly string[], cwd = folder): string {
  return execFileSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1e8,
  });
}

function step(what: string): void {
  console.log(`— ${what}`);
}
