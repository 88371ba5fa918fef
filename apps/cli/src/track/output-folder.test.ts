import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimOutput, inspectOutput } from './output-folder.ts';

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'roto-output-'));
  out = path.join(folder, 'out');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a command that ends before its first frame leaves the folder as it was', async () => {
  {
    await using _lock = await claimOutput(out);
    expect(readdirSync(out)).toEqual(['resume']);
  }
  expect(readdirSync(folder)).toEqual([]);
  mkdirSync(out);
  writeFileSync(path.join(out, 'notes.txt'), 'not ours');
  {
    await using _lock = await claimOutput(out);
  }
  expect(readdirSync(out)).toEqual(['notes.txt']);
});

test.each(['refuse', 'resume', 'overwrite'] as const)(
  'what a full disk left behind blocks no next try: --%s',
  async (existing) => {
    mkdirSync(path.join(out, 'resume'), { recursive: true });
    expect(await inspectOutput(out, existing)).toBe('replace');
    writeFileSync(path.join(out, 'resume', 'lock'), '');
    writeFileSync(path.join(out, 'resume', '000016.snapshot.partial'), '');
    expect(await inspectOutput(out, existing)).toBe('replace');
  },
);

test('a folder of the name resume that is not ours is in the way', async () => {
  mkdirSync(path.join(out, 'resume'), { recursive: true });
  writeFileSync(path.join(out, 'resume', 'curriculum-vitae.txt'), '');
  await expect(inspectOutput(out, 'refuse')).rejects.toThrow(/holds resume, but no results.jsonl/);
});
