#!/usr/bin/env node
// Starts the command line. An installed package holds JavaScript; a clone holds TypeScript, which Node 22.18 and later
// run as it is: on an older one this starts itself again with the Node 24 that npm installed in the clone. Plain
// JavaScript, because the old Node reads it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
const built = new URL('../src/main.js', import.meta.url);
const main = new URL('../src/main.ts', import.meta.url);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (existsSync(built)) {
  if (major < 22) {
    console.error(`roto needs Node.js 22 or later; this is ${process.version}. Install a newer Node.`);
    process.exit(5);
  }
  await import(built.href);
} else if (runsTypeScript) {
  await import(main.href);
} else {
  const node = bundledNode();
  if (!node) {
    console.error(
      `roto needs Node.js 22.18 or later; this is ${process.version}, and the npm package "node" is not installed ` +
        'beside it. Run `npm install` in the project folder, or use a newer Node.',
    );
    process.exit(5);
  }
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl+C to both processes; this one waits for what the child makes of it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`roto could not start ${node}: ${error.message}. Run \`npm install\` in the project folder again.`);
    process.exit(5);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
}

function bundledNode() {
  try {
    const folder = path.dirname(createRequire(import.meta.url).resolve('node/package.json'));
    const binary = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
