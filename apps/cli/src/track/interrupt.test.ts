import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../cli.ts';
import { readConfig } from '../config.ts';
import { Interrupted } from '../errors.ts';
import { FORMATS } from '../formats/formats.ts';
import { makeWorld, type World } from '../testing/world.ts';
import { runTrack } from './run.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld({ frameCount: 8 });
});
afterAll(() => world.remove());

const box = { x0: 20, y0: 15, x1: 60, y1: 50 };
const track = (out: string, ...more: string[]): string[] => [
  ...['track', world.video, '--box', '20,15,60,50', '--model', world.model, '--threads', '1'],
  ...['-o', world.at(out), ...more],
];

/** Runs until stdout or stderr says something, and sends Ctrl+C then. */
async function interruptAt(text: RegExp, argv: readonly string[]) {
  const stop = new AbortController();
  const said = { stdout: '', stderr: '' };
  const write = (name: 'stdout' | 'stderr') => (piece: string) => {
    said[name] += piece;
    if (text.test(piece)) stop.abort(new Interrupted());
  };
  const code = await runCli(argv, {
    stdout: { write: write('stdout') },
    stderr: { write: write('stderr'), isTTY: false, columns: 80 },
    env: world.env,
    signal: stop.signal,
  });
  return { code, ...said };
}

test('Ctrl+C while the files are written stops there, keeps what is whole, and --resume writes the rest', async () => {
  const { code, stdout, stderr } = await interruptAt(/"written","file":"davis"/, track('files', '--json'));
  expect(code).toBe(130);
  expect(readdirSync(world.at('files')).sort()).toEqual(['coco.json', 'davis', 'results.jsonl', 'resume']);
  expect(stderr).toMatch(/8 of 8 frames are kept in .*, but cvat\.json, overlay\.mp4 are not written\..*--resume/);
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
    event: 'interrupted',
    done: 8,
    unwritten: ['cvat', 'overlay'],
  });
  const results = readFileSync(world.at('files', 'results.jsonl'));
  expect((await world.run(...track('files', '--resume'))).code).toBe(0);
  expect(readdirSync(world.at('files')).sort()).toEqual(
    ['coco.json', 'cvat.json', 'davis', 'overlay.mp4', 'results.jsonl', 'resume'].sort(),
  );
  expect(readFileSync(world.at('files', 'results.jsonl'))).toEqual(results);
});

test.each(FORMATS)(
  'Ctrl+C in the middle of %s leaves nothing half-written, and an older one as it was',
  async (format) => {
    const out = world.at(format);
    expect((await world.run(...track(format, '--format', format, '--to', '3'))).code).toBe(0);
    const before = contents(out);
    const stop = new AbortController();
    const nothing = () => undefined;
    const report = await runTrack(
      {
        input: world.video,
        objects: [{ id: 1, label: 'object', prompts: [{ frame: 0, shape: { kind: 'box', box, points: [] } }] }],
        to: 3,
        backward: false,
        model: { id: world.model, revision: undefined, device: 'cpu', threads: 1, precision: 'float32' },
        out,
        existing: 'resume',
        formats: [format],
      },
      {
        ...{ start: nothing, frame: nothing, recomputed: nothing, warn: nothing, stop: nothing },
        writing: (_, done) => {
          if (done === 2) stop.abort(new Interrupted());
        },
      },
      readConfig(world.env),
      { stdout: { write: nothing }, stderr: { write: nothing }, env: world.env, signal: stop.signal },
    );
    expect(report).toMatchObject({ interrupted: true, unwritten: [format], done: 4, tracked: 0 });
    expect(contents(out)).toEqual(before);
  },
);

/** Every file below a folder, with what is in it. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return [path.relative(folder, file), readFileSync(file, 'base64')];
    }),
  );
}
