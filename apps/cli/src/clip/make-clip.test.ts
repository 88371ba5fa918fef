import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Interrupted } from '../errors.ts';
import { clipFiles } from './clip-folder.ts';
import { type ClipOptions, makeClip } from './make-clip.ts';

const options: ClipOptions = { seed: 2, difficulty: 'plain', frameCount: 3, width: 96, height: 64 };

let place: string;
let folder: string;
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'roto-clip-'));
  folder = path.join(place, 'some', 'clip');
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const make = (more: Partial<ClipOptions> = {}, overwrite?: boolean, signal = new AbortController().signal) =>
  makeClip(folder, { ...options, ...more }, { signal, report: () => undefined, overwrite });
const truth = () => readdirSync(clipFiles(folder).truth);
const refused = (message: RegExp) =>
  expect.objectContaining({ reason: 'output', message: expect.stringMatching(message) });

describe('a folder with an earlier clip', () => {
  test('keeps nothing of it when another is made there', async () => {
    await make({ frameCount: 5 });
    expect(truth()).toHaveLength(5);
    await make({ width: 64 });
    expect(truth()).toEqual(['00000.png', '00001.png', '00002.png']);
    expect(readdirSync(folder).sort()).toEqual(['Annotations', 'clip.mp4', 'prompts.json', 'sample.json']);
  });

  test('is left as it is when the same clip is asked for, and made again when a part of it is gone', async () => {
    const clip = await make();
    const made = statSync(clip.video).mtimeMs;
    await make();
    expect(statSync(clip.video).mtimeMs).toBe(made);
    rmSync(clip.prompts);
    await make();
    expect(existsSync(clip.prompts)).toBe(true);
    // An earlier version left masks of a longer clip there.
    writeFileSync(path.join(clip.truth, '00003.png'), '');
    await make();
    expect(truth()).toHaveLength(3);
  });

  test('can be used after a kill in the middle of the replacement', async () => {
    await make();
    writeFileSync(path.join(folder, 'sample.json'), '{"generator":1,"unfinished":true}\n');
    rmSync(clipFiles(folder).video);
    mkdirSync(path.join(folder, '.sample.0123abcd.partial'));
    await make();
    expect(readdirSync(folder).sort()).toEqual(['Annotations', 'clip.mp4', 'prompts.json', 'sample.json']);
  });
});

describe('a folder of somebody else', () => {
  test.each(['clip.mp4', 'prompts.json', 'sample.json', 'Annotations/clip'])('with %s is refused', async (name) => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '{"mine": true}');
    await expect(make({}, false)).rejects.toEqual(refused(/holds .*, but no sample of roto.*--overwrite/));
    await expect(make()).rejects.toEqual(refused(/Choose another folder with -o\.$/));
    expect(readFileSync(file, 'utf8')).toBe('{"mine": true}');
    expect(readdirSync(folder)).toHaveLength(1);
    await make({}, true);
    expect(truth()).toHaveLength(3);
  });

  test('with other names only is used, and they stay', async () => {
    const mine = path.join(folder, 'Annotations', 'mine');
    mkdirSync(mine, { recursive: true });
    writeFileSync(path.join(folder, 'notes.txt'), 'mine');
    await make();
    await make({ seed: 3 });
    expect(existsSync(mine)).toBe(true);
    expect(readFileSync(path.join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });
});

describe('an interruption', () => {
  const interrupted = () => {
    const controller = new AbortController();
    const report = () => controller.abort(new Interrupted());
    return { signal: controller.signal, report, overwrite: undefined };
  };

  test('leaves no folder where none was', async () => {
    await expect(makeClip(folder, options, interrupted())).rejects.toThrow('Interrupted');
    expect(readdirSync(place)).toEqual([]);
  });

  test('leaves an earlier clip as it was', async () => {
    await make({ frameCount: 5 });
    const before = readFileSync(clipFiles(folder).video);
    await expect(makeClip(folder, options, interrupted())).rejects.toThrow('Interrupted');
    expect(truth()).toHaveLength(5);
    expect(readdirSync(folder).sort()).toEqual(['Annotations', 'clip.mp4', 'prompts.json', 'sample.json']);
    expect(readFileSync(clipFiles(folder).video).equals(before)).toBe(true);
  });
});
