// Holds the import arrows of ARCHITECTURE.md: a part may import only what stands to its left, never in a circle,
// and only through the package's index. Run by `npm run check:imports`.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Package → what it may import of ours. */
const allowed: Record<string, readonly string[]> = {
  'packages/geometry': [],
  'packages/media': ['@roto/geometry'],
  'packages/model': ['@roto/geometry'],
  'packages/tracker': ['@roto/geometry', '@roto/media', '@roto/model'],
  'packages/annotations': ['@roto/geometry', '@roto/tracker'],
  'packages/sample': ['@roto/geometry', '@roto/media'],
  'packages/wire': ['@roto/annotations'],
  'packages/client': ['@roto/annotations', '@roto/wire'],
  'packages/functions': [
    '@roto/geometry',
    '@roto/media',
    '@roto/model',
    '@roto/tracker',
    '@roto/annotations',
    '@roto/wire',
  ],
  'packages/agent': ['@roto/wire', '@roto/client', '@roto/functions'],
  'apps/server': ['@roto/geometry', '@roto/media', '@roto/annotations', '@roto/sample', '@roto/wire'],
  'apps/web': ['@roto/geometry', '@roto/annotations', '@roto/wire', '@roto/client'],
  'apps/cli': [
    '@roto/geometry',
    '@roto/media',
    '@roto/model',
    '@roto/tracker',
    '@roto/annotations',
    '@roto/sample',
    '@roto/wire',
    '@roto/client',
    '@roto/functions',
    '@roto/agent',
    '@roto/server',
  ],
};

const problems: string[] = [];
for (const part of [...list('packages'), ...list('apps')]) {
  const may = allowed[part];
  if (!may) {
    problems.push(`${part} is a new part: say in scripts/check-imports.ts what it may import.`);
    continue;
  }
  const dependencies = Object.keys(
    JSON.parse(readFileSync(path.join(root, part, 'package.json'), 'utf8')).dependencies ?? {},
  );
  for (const file of sources(path.join(root, part, 'src'))) {
    const text = readFileSync(file, 'utf8');
    for (const [, specifier] of text.matchAll(/(?:from\s|import\()\s*'([^']+)'/g)) {
      const where = path.relative(root, file);
      if (specifier!.startsWith('.')) {
        const target = path.resolve(path.dirname(file), specifier!);
        if (!target.startsWith(path.join(root, part) + path.sep))
          problems.push(`${where} reaches out of ${part} by '${specifier}'; import the package instead.`);
      } else if (specifier!.startsWith('@roto/')) {
        if (!may.includes(specifier!))
          problems.push(
            `${where} imports ${specifier}, but ${part} may import only: ${may.join(', ') || 'nothing of ours'}.`,
          );
      } else if (!specifier!.startsWith('node:') && !isOfTests(file)) {
        const name = specifier!.startsWith('@')
          ? specifier!.split('/').slice(0, 2).join('/')
          : specifier!.split('/')[0]!;
        if (!dependencies.includes(name))
          problems.push(`${where} imports ${name}, which ${part}/package.json does not name.`);
      }
    }
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log('imports: every arrow points left');

/** What only tests run may import the development dependencies of the root. */
function isOfTests(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || file.includes(`${path.sep}testing${path.sep}`);
}

function list(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
