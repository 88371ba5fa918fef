// Installs the dependencies when they are missing or older than package-lock.json, so that `npm start` and `npm test`
// work on a fresh clone. Plain JavaScript, because it runs on the user's own Node (20 or later) before Node 24 is there.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const stamp = path.join(root, 'node_modules', '.roto-installed');
const lock = createHash('sha256')
  .update(readFileSync(path.join(root, 'package-lock.json')))
  .update(`${process.platform}-${process.arch}`)
  .digest('hex');

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(
    `Roto needs Node.js 20 or later to start (this is ${process.version}). Install it from your package manager, then run the command again.`,
  );
  process.exit(1);
}

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  const names = Object.keys(JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages);
  const folders = names.filter((name) => name.includes('node_modules/')).map((name) => path.join(root, name));
  console.error(`Installing ${folders.length} packages from the npm registry (once, about a minute) …`);
  const status = await install(folders);
  if (status !== 0) {
    console.error(
      'The install failed (see above). Check that the npm registry can be reached, then run the same command again.',
    );
    process.exit(status);
  }
  dropForeignBinaries();
  writeFileSync(stamp, lock);
}

/** Removes ONNX Runtime for other systems, some 240 MB: its package brings all of them. */
function dropForeignBinaries() {
  const bin = path.join(root, 'node_modules', 'onnxruntime-node', 'bin');
  if (!existsSync(bin)) return;
  for (const napi of readdirSync(bin))
    for (const platform of readdirSync(path.join(bin, napi)))
      for (const arch of readdirSync(path.join(bin, napi, platform)))
        if (platform !== process.platform || arch !== process.arch)
          rmSync(path.join(bin, napi, platform, arch), { recursive: true, force: true });
}

/** Runs npm, and says from the first second on how far it is. Returns its exit status. */
function install(folders) {
  // The two variables keep onnxruntime-node and node-av from fetching optional extras outside the registry.
  const env = { ...process.env, SKIP_FFMPEG: 'true', ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const stdio = ['ignore', 2, 2];
  const child = npm
    ? spawn(process.execPath, [npm, ...args], { cwd: root, env, stdio })
    : spawn('npm', args, { cwd: root, env, stdio, shell: process.platform === 'win32' });
  const began = Date.now();
  const isTerminal = process.stderr.isTTY === true;
  // A terminal has one line that changes; a file gets a line now and then.
  const telling = setInterval(
    () => {
      const here = folders.filter((folder) => existsSync(path.join(folder, 'package.json'))).length;
      const text = `  ${here} of ${folders.length} packages, ${Math.round((Date.now() - began) / 1000)} s`;
      process.stderr.write(isTerminal ? `\r${text} ` : `${text}\n`);
    },
    isTerminal ? 500 : 5_000,
  );
  return new Promise((resolve) => {
    const end = (status) => {
      clearInterval(telling);
      if (isTerminal) process.stderr.write('\n');
      resolve(status);
    };
    child.once('error', (error) => {
      console.error(`npm cannot be started: ${error.message}`);
      end(1);
    });
    child.once('exit', (code) => end(code ?? 1));
  });
}
