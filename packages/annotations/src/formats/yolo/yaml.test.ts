import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { quoted } from './yaml.ts';

const names = [
  'no',
  'yes',
  'on',
  '12:30',
  '1_000',
  '=',
  'a\tb',
  '',
  ' x ',
  '~',
  'é',
  'кот',
  '猫',
  '🐈',
  '"',
  '\\',
  '\u0085',
  '\u007f',
  '\u2028',
  '\ufeff',
  "it's: #1",
  '- a',
  '0x1f',
  '1e3',
  '2026-01-01',
  '<<',
];

test('15 any name is text for readers of YAML 1.1 and 1.2', () => {
  const text = `names:\n${names.map((name, i) => `  ${i}: ${quoted(name)}\n`).join('')}`;
  for (const version of ['1.1', '1.2'] as const)
    expect(Object.values((parse(text, { version }) as { names: object }).names)).toEqual(names);
  // What PyYAML does not print it does not read.
  expect(/[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd]/u.test(text)).toBe(false);
});
