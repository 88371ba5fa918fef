import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createProgram } from './cli.ts';
import { parsePrompts } from './prompts/prompts-file.ts';

const root = path.resolve(import.meta.dirname, '../../..');

const pages = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...['docs', 'docs/guide', 'docs/decisions'].flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];
const text = (page: string) => readFileSync(path.join(root, page), 'utf8');

test.each(pages)('links of %s lead somewhere', (page) => {
  const links = [...text(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  const local = links.filter((link) => !/^(https?:|#)/.test(link)).map((link) => link.split('#')[0]!);
  for (const link of local) expect(existsSync(path.join(root, path.dirname(page), link)), link).toBe(true);
});

test('every command and option in the pages exists', () => {
  const io = { stdout: { write() {} }, stderr: { write() {} }, env: {}, signal: new AbortController().signal };
  const program = createProgram(io);
  const known = new Set(['--help', '--version']);
  const commands = new Set(program.commands.map((command) => command.name()));
  for (const command of program.commands)
    for (const each of [command, ...command.commands]) for (const option of each.options) known.add(option.long!);
  for (const page of pages.filter((name) => name.startsWith('docs/guide') || name === 'README.md')) {
    for (const [line, command] of text(page).matchAll(/\broto ([a-z]+)\b.*/g)) {
      expect(commands, `${page}: ${line}`).toContain(command);
      for (const [option] of line.matchAll(/(?<![\w-])--[a-z-]+/g)) expect(known, `${page}: ${line}`).toContain(option);
    }
  }
});

test('the prompts file of the guide is one', () => {
  const [, example] = /```json\n([\s\S]*?)```/.exec(text('docs/guide/prompts.md'))!;
  expect(parsePrompts(JSON.parse(example!), 'prompts.md').map(({ label }) => label)).toEqual(['dog', 'ball']);
});

test('the event lines of the guide are those that the command writes', () => {
  const listed = [...text('docs/guide/track.md').matchAll(/^\| (`\w+`(?:, `\w+`)*) \| `/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  const source = ['commands/track.ts', 'cli.ts'].map((name) =>
    readFileSync(path.join(import.meta.dirname, name), 'utf8'),
  );
  const written = [...source.join('').matchAll(/event: [^,}]*/g)].flatMap(([part]) =>
    [...part.matchAll(/'(\w+)'/g)].map(([, name]) => name),
  );
  expect(new Set(listed)).toEqual(new Set(written));
});
