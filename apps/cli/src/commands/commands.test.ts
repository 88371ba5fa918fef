import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Interrupted } from '../errors.ts';
import { makeWorld, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.remove());

const small = ['--size', '320x180'];
const model = () => ['--model', world.model, '--threads', '1'];

describe('help', () => {
  test('teaches: examples, files, exit codes; on stdout and with code 0', async () => {
    for (const argv of [['--help'], ['track', '--help'], ['models', '--help'], ['models', 'pull', '--help']]) {
      const { code, stdout, stderr } = await world.run(...argv);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('Usage: roto');
    }
    const { stdout } = await world.run('track', '--help');
    for (const word of ['--prompts prompts.json', '--resume', 'coco.json', 'Exit codes', 'pixels of the video'])
      expect(stdout).toContain(word);
  });

  test('every command says in one line what it is for', async () => {
    const { stdout } = await world.run('--help');
    for (const name of ['track', 'info', 'estimate', 'models', 'sample', 'demo', 'eval'])
      expect(stdout).toMatch(new RegExp(`^  ${name} .*\\w`, 'm'));
  });

  test('a misspelt option is answered with the right one', async () => {
    expect((await world.run('track', world.video, '--polygone', 'x', '-o', 'y')).stderr).toContain('--polygon');
  });

  test('bin/roto.mjs says the version of the package', () => {
    const bin = path.resolve(import.meta.dirname, '../../bin/roto.mjs');
    const { version } = JSON.parse(readFileSync(path.resolve(bin, '../../package.json'), 'utf8'));
    expect(execFileSync(process.execPath, [bin, '--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
  });
});

describe('a terminal', () => {
  const bad = ['info', 'missing.mp4'];

  test('errors are red there, and nowhere else', async () => {
    const red = '\u001b[31m';
    const env = { HOME: world.folder };
    expect((await world.runWith({ tty: true, env }, ...bad)).stderr).toContain(red);
    expect((await world.runWith({ tty: true, env: { ...env, NO_COLOR: '1' } }, ...bad)).stderr).not.toContain(red);
    expect((await world.runWith({ tty: false, env }, ...bad)).stderr).not.toContain(red);
  });
});

describe('info', () => {
  test('says size, frames, rate', async () => {
    const { code, stdout } = await world.run('info', world.video);
    expect(code).toBe(0);
    expect(stdout).toMatch(/96 × 64/);
    expect(stdout).toMatch(/frames 0 to 13 \(14\)/);
    expect(stdout).toMatch(/15\.000 frames a second/);
  });

  test('--json is one object', async () => {
    const { stdout } = await world.run('info', world.images, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'images', frameCount: 4, width: 96, height: 64, codec: 'png' });
  });
});

describe('models', () => {
  test('list names the published ones with their sizes', async () => {
    const { code, stdout } = await world.run('models', 'list', '--json');
    expect(code).toBe(0);
    const models = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(models.filter(({ kind }) => kind === 'published')).toHaveLength(8);
    expect((await world.run('models', 'list')).stdout).toMatch(
      /facebook\/sam2\.1-hiera-large +2\.1 +224\.4 +898 +to download/,
    );
  });

  test('verify reads a folder through', async () => {
    const { code, stdout, stderr } = await world.run('models', 'verify', world.model);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/SHA-256 [0-9a-f]{64}/);
    expect(stderr).toContain('Sound');
  });

  test('verify hears Ctrl+C', async () => {
    const stopped = { signal: AbortSignal.abort(new Interrupted()) };
    expect((await world.runWith(stopped, 'models', 'verify', world.model)).code).toBe(130);
  });

  test('list names the revision of a model that is here under a pinned commit only', async () => {
    const commit = '0123456789abcdef0123456789abcdef01234567';
    const folder = world.at('hf', 'hub', 'models--somebody--narrow', 'snapshots', commit);
    cpSync(world.model, folder, { recursive: true });
    const row = new RegExp(`somebody/narrow +2\\.1 .* here with --revision ${commit}$`, 'm');
    expect((await world.run('models', 'list')).stdout).toMatch(row);
    const verified = await world.run('models', 'verify', 'somebody/narrow', '--revision', commit);
    expect(verified.code, verified.stderr).toBe(0);
  });
});

describe('estimate', () => {
  test('measures, says how it knows, and writes nothing', async () => {
    const { code, stdout, stderr } = await world.run('estimate', world.video, '--objects', '3', ...model());
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^[\d.]+ s for 14 frames and 3 objects, [\d.]+ frames a second\n$/);
    expect(stderr).toMatch(/Measured on this machine: 10 frames with one object;/);
    const json = JSON.parse((await world.run('estimate', world.video, '--to', '0', '--json', ...model())).stdout);
    expect(json).toMatchObject({ frames: 1, objects: 1, measuredFrames: 0, memoryFull: false });
    expect(json.seconds).toBeGreaterThan(0);
  });
});

describe('sample, demo and eval', () => {
  test('a sample is a video, true masks and prompts that track understands; made once', async () => {
    const out = world.at('sample');
    const { code, stdout } = await world.run('sample', '--seed', '2', '--frames', '3', ...small, '-o', out);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toBe(world.at('sample', 'clip.mp4'));
    expect(readdirSync(world.at('sample', 'Annotations', 'clip'))).toEqual(['00000.png', '00001.png', '00002.png']);
    const made = statSync(world.at('sample', 'clip.mp4')).mtimeMs;
    expect((await world.run('sample', '--seed', '2', '--frames', '3', ...small, '-o', out)).code).toBe(0);
    expect(statSync(world.at('sample', 'clip.mp4')).mtimeMs).toBe(made);
    const prompts = world.at('sample', 'prompts.json');
    const argv = [
      'track',
      world.at('sample', 'clip.mp4'),
      '--prompts',
      prompts,
      ...model(),
      '--format',
      'none',
      '-o',
      world.at('t'),
    ];
    expect((await world.run(...argv)).code).toBe(0);
    const header = JSON.parse(readFileSync(world.at('t', 'results.jsonl'), 'utf8').split('\n')[0]!);
    expect(header.objects).toHaveLength(3);
  });

  test('the demo ends with a score for each object and the place of the overlay', async () => {
    const { code, stdout, stderr } = await world.run(
      'demo',
      '--frames',
      '4',
      ...small,
      '-o',
      world.at('demo'),
      ...model(),
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/id +object +J +F +J&F\n/);
    expect(stdout.match(/^ ?\d +object \d +0\.\d{3}/gm)).toHaveLength(3);
    expect(stdout).toContain('frames 1 to 2');
    expect(stdout).toContain(world.at('demo', 'tracked', 'overlay.mp4'));
    expect(statSync(world.at('demo', 'tracked', 'overlay.mp4')).size).toBeGreaterThan(1000);
  });

  test('the demo replaces its own earlier output, of another size and length', async () => {
    const demo = (...more: string[]) => world.run('demo', ...more, '-o', world.at('again'), ...model());
    expect((await demo('--frames', '5', ...small)).code).toBe(0);
    const { code, stdout, stderr } = await demo('--frames', '3', '--size', '160x90');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('frames 1 to 1');
  });

  test.each(['demo', 'eval'])('%s refuses a clip of which no frame would count', async (command) => {
    const out = command === 'demo' ? ['-o', world.at('short')] : [];
    const { code, stdout, stderr } = await world.run(command, '--frames', '2', ...small, ...out, ...model());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/--frames 2: J&F leaves out .* Give at least 3\./);
    expect(existsSync(world.at('short'))).toBe(false);
  });

  test('eval says J&F of each clip and their mean', async () => {
    const { code, stdout } = await world.run(
      'eval',
      '--seeds',
      '3,4',
      '--frames',
      '3',
      ...small,
      '--hard',
      '--json',
      ...model(),
    );
    expect(code).toBe(0);
    const [third, fourth, mean] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(third).toMatchObject({ seed: 3, hard: true });
    expect(third.scores).toHaveLength(3);
    expect(mean.mean).toBeCloseTo((third.mean + fourth.mean) / 2, 10);
  });
});
