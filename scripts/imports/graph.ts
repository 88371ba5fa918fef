import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export type Import = {
  readonly specifier: string;
  /** The file that a relative specifier names, else undefined. */
  readonly target: string | undefined;
  /** `import type` and `export type … from`: gone before anything runs. */
  readonly isType: boolean;
};

export type SourceFile = { readonly file: string; readonly imports: readonly Import[] };

const STATEMENT =
  /^\s*(?:import|export)\b(?<type>\s+type\b(?!\s*,|\s+from))?[^;'"]*?\bfrom\s*'(?<from>[^']+)'|^\s*import\s*'(?<bare>[^']+)'|\bimport\(\s*'(?<dynamic>[^']+)'/gm;

/** Returns the imports of one file's text. `file` is its path. */
export function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(STATEMENT)].map(({ groups }) => {
    const specifier = (groups!.from ?? groups!.bare ?? groups!.dynamic)!;
    return {
      specifier,
      target: specifier.startsWith('.') ? path.join(path.dirname(file), specifier) : undefined,
      // An import() inside of a type is `import('…').Name`; both are rare, and taken for what runs.
      isType: groups!.type !== undefined,
    };
  });
}

/** Reads every .ts and .tsx file under `folder`; paths are relative to `root`. */
export function readSources(root: string, folder: string): SourceFile[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort()
    .map((file) => ({ file, imports: importsOf(file, readFileSync(path.join(root, file), 'utf8')) }));
}

/** Whether only tests run it; such a file may import development dependencies and any room. */
export function isOfTests(file: string): boolean {
  return /\.(test|slow\.test|table)\.tsx?$/.test(file) || file.split(path.sep).includes('testing');
}

/** Returns what each node imports at run time, nodes named by `nodeOf` (undefined: left out). */
export function runtimeGraph(
  files: readonly SourceFile[],
  nodeOf: (file: string) => string | undefined,
): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { file, imports } of files) {
    const from = nodeOf(file);
    if (from === undefined) continue;
    const targets = graph.get(from) ?? new Set();
    graph.set(from, targets);
    for (const { target, isType } of imports) {
      const to = target === undefined || isType ? undefined : nodeOf(target);
      if (to !== undefined && to !== from) targets.add(to);
    }
  }
  return graph;
}

/** Returns one circle `[a, b, …, a]` for each knot of nodes that import each other. */
export function circles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  for (const start of graph.keys()) {
    if (done.has(start)) continue;
    const circle = pathBack(graph, start);
    if (!circle) continue;
    found.push(circle);
    for (const node of circle) done.add(node);
  }
  return found;
}

/** The shortest way from a node back to itself. */
function pathBack(graph: ReadonlyMap<string, ReadonlySet<string>>, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  for (let next = [start]; next.length > 0; ) {
    const after: string[] = [];
    for (const node of next)
      for (const target of graph.get(node) ?? []) {
        if (target === start) {
          const way = [node];
          while (way[0] !== start) way.unshift(cameFrom.get(way[0]!)!);
          return [...way, start];
        }
        if (cameFrom.has(target)) continue;
        cameFrom.set(target, node);
        after.push(target);
      }
    next = after;
  }
  return undefined;
}
