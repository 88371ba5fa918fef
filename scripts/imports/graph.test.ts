import { describe, expect, it } from 'vitest';
import { circles, importsOf, runtimeGraph } from './graph.ts';

const graphOf = (files: Record<string, string>) =>
  runtimeGraph(
    Object.entries(files).map(([file, text]) => ({ file, imports: importsOf(file, text) })),
    (file) => file,
  );

describe('the imports of a file', () => {
  it('are found in every form, over several lines, with types told apart', () => {
    const text = `// from './comment.ts' is not one
import a, { type B } from './a.ts';
import type { C } from '../c.ts';
import {
  d,
  e,
} from './deep/d.ts';
import './bare.ts';
export { f } from './f.ts';
export type { G } from './g.ts';
export const type = 1;
const later = await import('./later.ts');
import { readFile } from 'node:fs/promises';
`;
    expect(
      importsOf('room/file.ts', text).map(({ target, specifier, isType }) => [target ?? specifier, isType]),
    ).toEqual([
      ['room/a.ts', false],
      ['c.ts', true],
      ['room/deep/d.ts', false],
      ['room/bare.ts', false],
      ['room/f.ts', false],
      ['room/g.ts', true],
      ['room/later.ts', false],
      ['node:fs/promises', false],
    ]);
  });
});

describe('circles', () => {
  it('are found through several files', () => {
    const graph = graphOf({
      'a.ts': "import './b.ts';",
      'b.ts': "import './c.ts';\nimport './d.ts';",
      'c.ts': "import './a.ts';",
      'd.ts': '',
    });
    expect(circles(graph)).toEqual([['a.ts', 'b.ts', 'c.ts', 'a.ts']]);
  });

  it('are none where only types go back, and none where two ways lead to one file', () => {
    const graph = graphOf({
      'a.ts': "import './b.ts';\nimport './c.ts';",
      'b.ts': "import './c.ts';\nimport type { A } from './a.ts';",
      'c.ts': '',
    });
    expect(circles(graph)).toEqual([]);
  });
});
