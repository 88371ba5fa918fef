// Checks the import arrows of ARCHITECTURE.md against scripts/imports/rules.ts: packages import only what stands to their
// left and only through an entry of the package, folders of the server only what their row names, and neither files nor
// folders import each other in a circle. Run by `npm run check:imports`.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { circles, isOfTests, readSources, runtimeGraph, type SourceFile } from './imports/graph.ts';
import { ASIDE, PACKAGES, SERVER, WITHOUT_REACT } from './imports/rules.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const problems: string[] = [];

const parts = [...folders('packages'), ...folders('apps')];
const sources = new Map<string, SourceFile[]>(parts.map((part) => [part, readSources(root, `${part}/src`)]));
for (const part of parts) {
  const may = PACKAGES[part];
  if (!may) problems.push(`${part} is a new part: say in scripts/imports/rules.ts what it may import.`);
  else checkPart(part, may, sources.get(part)!);
}
for (const [part, inner] of Object.entries(ASIDE)) {
  const files = readSources(root, part);
  sources.set(part, files);
  checkAside(part, inner, files);
}
checkRooms(sources.get('apps/server')!);
checkWithoutReact(sources.get('apps/web')!);
for (const circle of circles(
  runtimeGraph([...sources.values()].flat(), (file) => (/\.tsx?$/.test(file) ? file : undefined)),
))
  problems.push(`Files import each other in a circle: ${circle.join(' → ')}.`);

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log('imports: every arrow points left, and nothing goes in a circle');

/** A package or app: imports packages to its left by name, dependencies that its package.json names, and its own files. */
function checkPart(part: string, may: readonly string[], files: readonly SourceFile[]): void {
  const { dependencies = {} } = manifest(part);
  for (const { file, imports } of files)
    for (const { specifier, target } of imports) {
      if (target !== undefined) {
        if (!isUnder(target, part))
          problems.push(`${file} reaches out of ${part} by '${specifier}'; import the package instead.`);
      } else if (specifier.startsWith('@roto/')) {
        if (!may.includes(specifier.split('/')[1]!))
          problems.push(
            `${file} imports ${specifier}, but ${part} may import only: ${may.join(', ') || 'nothing of ours'}.`,
          );
      } else if (!specifier.startsWith('node:') && !isOfTests(file) && !(packageOf(specifier) in dependencies))
        problems.push(`${file} imports ${packageOf(specifier)}, which ${part}/package.json does not name.`);
    }
  for (const name of Object.keys(dependencies).filter((name) => name.startsWith('@roto/')))
    if (!may.includes(name.split('/')[1]!))
      problems.push(`${part}/package.json names ${name}, which ${part} may not import.`);
}

/** What stands beside the packages: imports them by name, and relatively only itself and the named folders. */
function checkAside(part: string, inner: readonly string[], files: readonly SourceFile[]): void {
  for (const { file, imports } of files)
    for (const { specifier, target } of imports)
      if (target !== undefined && ![part, ...inner].some((folder) => isUnder(target, folder)))
        problems.push(`${file} opens '${specifier}', which is in none of: ${[part, ...inner].join(', ')}.`);
}

/** The folders of the server: each imports only those of its row, and none in a circle. */
function checkRooms(files: readonly SourceFile[]): void {
  const roof = new Set<string>();
  const roomOf = (file: string): string => {
    const [first, ...rest] = path.relative(SERVER.root, file).split(path.sep);
    return rest.length > 0 ? first! : first!.replace(/\.ts$/, '');
  };
  const tested = files.filter(({ file }) => !isOfTests(file));
  for (const { file } of tested) if (path.dirname(file) === SERVER.root) roof.add(roomOf(file));
  for (const { file, imports } of tested) {
    const room = roomOf(file);
    const row = SERVER.rooms[room];
    if (!row && !roof.has(room)) {
      problems.push(`${file} is in a new folder: say in scripts/imports/rules.ts what ${room}/ may import.`);
      continue;
    }
    if (!row) continue;
    for (const { specifier, target } of imports) {
      if (target === undefined || !isUnder(target, SERVER.root) || roomOf(target) === room) continue;
      if (!row.includes(roomOf(target)))
        problems.push(`${file} imports '${specifier}', but ${room}/ may import only: ${row.join(', ') || 'nothing'}.`);
    }
  }
  for (const circle of circles(runtimeGraph(tested, (file) => (isOfTests(file) ? undefined : roomOf(file)))))
    problems.push(`Folders of the server import each other in a circle: ${circle.join(' → ')}.`);
}

function manifest(part: string): { dependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(path.join(root, part, 'package.json'), 'utf8'));
}

function isUnder(file: string, folder: string): boolean {
  return file.startsWith(folder + path.sep);
}

/** Document, drawing and saving of the page know nothing of what shows them. */
function checkWithoutReact(files: readonly SourceFile[]): void {
  const { root: page, folders: bare, packages } = WITHOUT_REACT;
  for (const { file, imports } of files) {
    const [folder = ''] = path.relative(page, file).split(path.sep);
    if (!(bare as readonly string[]).includes(folder)) continue;
    for (const { specifier, target } of imports)
      if (
        target === undefined
          ? (packages as readonly string[]).includes(packageOf(specifier))
          : isUnder(target, `${page}/ui`)
      )
        problems.push(`${file} imports ${specifier}, but apps/web/src/${folder} runs without React and without ui/.`);
  }
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function folders(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}
