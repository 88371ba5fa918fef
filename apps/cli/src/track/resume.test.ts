import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Interrupted } from '../errors.ts';
import { runAndSignal } from '../testing/kill.ts';
import { makeWorld, type World } from '../testing/world.ts';

let world: World;
let undisturbed: Buffer;
beforeAll(async () => {
  world = await makeWorld({ frameCount: 40 });
  expect((await world.run(...track('whole'))).code).toBe(0);
  undisturbed = results('whole');
});
afterAll(() => world.remove());

const track = (out: string, ...more: string[]): string[] => [
  ...['track', world.video, '--box', '20,15,60,50', '--model', world.model, '--threads', '1', '--format', 'coco'],
  ...['-o', world.at(out), ...more],
];
const results = (out: string): Buffer => readFileSync(world.at(out, 'results.jsonl'));

describe('a run that was cut short', () => {
  test('kill -9, then --resume: the results equal those of an undisturbed run', async () => {
    const killed = await runAndSignal(world, 'SIGKILL', 21, track('killed'));
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    expect(existsSync(world.at('killed', 'coco.json'))).toBe(false);
    expect(readdirSync(world.at('killed', 'resume'))).toContain('000015.snapshot');
    appendFileSync(world.at('killed', 'results.jsonl'), '{"frame":99,"timeS'); // a line that the kill tore
    writeFileSync(world.at('killed', '.coco.json.0123abcd.partial'), '{"ima'); // and a file that it left half-written
    const { code, stderr } = await world.run(...track('killed', '--resume'));
    expect(code, stderr).toBe(0);
    expect(readdirSync(world.at('killed')).sort()).toEqual(['coco.json', 'results.jsonl', 'resume']);
    const [, done] = /(\d+) of 40 frames are done already/.exec(stderr) ?? [];
    expect(Number(done)).toBeGreaterThanOrEqual(21);
    expect(results('killed')).toEqual(undisturbed);
    expect(readFileSync(world.at('killed', 'coco.json'))).toEqual(readFileSync(world.at('whole', 'coco.json')));
  });

  test('SIGTERM keeps the frames done, writes their files, and ends with 130', async () => {
    const stopped = await runAndSignal(world, 'SIGTERM', 5, track('stopped'));
    expect(stopped).toMatchObject({ code: 130, signal: null });
    const lines = results('stopped').toString().trim().split('\n');
    expect(lines.length - 1).toBeGreaterThanOrEqual(5);
    expect(lines.length - 1).toBeLessThan(40);
    const coco = JSON.parse(readFileSync(world.at('stopped', 'coco.json'), 'utf8'));
    expect(coco.images).toHaveLength(lines.length - 1);
    expect((await world.run(...track('stopped', '--resume'))).code).toBe(0);
    expect(results('stopped')).toEqual(undisturbed);
  });

  test('an interruption before the first frame leaves no folder', async () => {
    const answer = await world.runWith({ signal: AbortSignal.abort(new Interrupted()) }, ...track('never'));
    expect(answer.code).toBe(130);
    expect(existsSync(world.at('never'))).toBe(false);
  });
});

describe('--resume', () => {
  test('goes further than the run was first meant to go', async () => {
    expect((await world.run(...track('further', '--to', '9'))).code).toBe(0);
    expect((await world.run(...track('further', '--to', '9', '--resume'))).stderr).toContain('done already');
    expect((await world.run(...track('further', '--resume'))).code).toBe(0);
    expect(results('further')).toEqual(undisturbed);
  });

  test('takes the snapshot before a damaged one, and begins anew without any', async () => {
    for (const [out, spoil] of [
      ['damaged', (file: string) => truncateSync(file, 100)],
      ['swapped', (file: string) => writeFileSync(file, 'not a snapshot')],
    ] as const) {
      expect((await world.run(...track(out, '--to', '20'))).code).toBe(0);
      const names = readdirSync(world.at(out, 'resume')).sort();
      expect(names).toEqual(['000015.snapshot', '000020.snapshot']);
      spoil(world.at(out, 'resume', names[1]!));
      if (out === 'swapped') spoil(world.at(out, 'resume', names[0]!));
      const { code, stderr } = await world.run(...track(out, '--resume'));
      expect(code).toBe(0);
      expect(stderr).toContain('cannot be used');
      expect(results(out)).toEqual(undisturbed);
    }
  });

  test('loses no finished frame, also where no snapshot is usable and the run is cut short again', async () => {
    expect((await world.run(...track('poor', '--to', '30'))).code).toBe(0);
    const before = results('poor');
    for (const name of readdirSync(world.at('poor', 'resume')))
      writeFileSync(world.at('poor', 'resume', name), 'of another version');
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const ended = await runAndSignal(world, signal, 1, track('poor', '--resume'), ['frame', 'recomputed']);
      expect(ended.code, ended.stderr).toBe(signal === 'SIGTERM' ? 130 : null);
      expect(ended.stderr.includes('31 of 40 frames are kept')).toBe(signal === 'SIGTERM');
      expect(results('poor').equals(before)).toBe(true);
    }
    const { code, stdout, stderr } = await world.run(...track('poor', '--resume', '--json'));
    expect(code, stderr).toBe(0);
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const count = (event: string) => told.filter((one) => one.event === event).length;
    expect(told.find(({ event }) => event === 'start')).toMatchObject({ done: 31, recompute: count('recomputed') });
    expect(count('recomputed')).toBeGreaterThan(0);
    expect(count('frame')).toBe(9);
    expect(results('poor').equals(undisturbed)).toBe(true);
  });

  test('leaves finished frames as they are where they come out otherwise, and says so', async () => {
    expect((await world.run(...track('other', '--to', '20'))).code).toBe(0);
    const lines = results('other').toString().split('\n');
    lines[18] = lines[18]!.replace(/"presence":[^,]*/, '"presence":0.25');
    writeFileSync(world.at('other', 'results.jsonl'), lines.join('\n'));
    writeFileSync(world.at('other', 'resume', '000020.snapshot'), '');
    const { code, stderr } = await world.run(...track('other', '--resume'));
    expect(code).toBe(0);
    expect(stderr).toMatch(/Frame 17 comes out otherwise.*stay as they are/);
    expect(results('other').toString().split('\n').slice(0, 22)).toEqual(lines.slice(0, 22));
    expect(results('other').toString().split('\n').slice(22)).toEqual(undisturbed.toString().split('\n').slice(22));
  });

  test('refuses other prompts, another video, another model, another start, and says which', async () => {
    const out = world.at('strict');
    expect((await world.run(...track('strict', '--to', '3'))).code).toBe(0);
    const before = results('strict');
    const [video, model] = [world.video, world.model];
    const cases: [string, RegExp, ...string[]][] = [
      ['prompts', /prompts differ/, video, '--box', '21,15,60,50', '--model', model],
      ['label', /objects/, video, '--box', '20,15,60,50', '--label', 'cat', '--model', model],
      ['video', /video frameCount 40 there, 4 here/, world.images, '--box', '20,15,60,50', '--model', model],
      ['start', /start frame 0 there, 2 here/, video, '--box', '20,15,60,50', '--frame', '2', '--model', model],
    ];
    for (const [what, message, ...argv] of cases) {
      const { code, stderr } = await world.run('track', ...argv, '--threads', '1', '--resume', '-o', out);
      expect(code, what).toBe(6);
      expect(stderr, what).toMatch(message);
      expect(results('strict'), what).toEqual(before);
    }
    // The model of these tests is too small for 8 bits, so the results of a larger one are pretended.
    writeFileSync(
      world.at('strict', 'results.jsonl'),
      before.toString().replace('"precision":"float32"', '"precision":"int8"'),
    );
    const { code, stderr } = await world.run(...track('strict', '--resume'));
    expect(code).toBe(6);
    expect(stderr).toContain('model precision "int8" there, "float32" here');
  });

  test('a results file that is damaged in the middle is refused, not repaired', async () => {
    expect((await world.run(...track('torn', '--to', '5'))).code).toBe(0);
    const lines = results('torn').toString().split('\n');
    lines[3] = lines[3]!.slice(0, 20);
    writeFileSync(world.at('torn', 'results.jsonl'), lines.join('\n'));
    const { code, stderr } = await world.run(...track('torn', '--resume'));
    expect(code).toBe(6);
    expect(stderr).toContain('Line 4');
    lines.splice(3, 1);
    writeFileSync(world.at('torn', 'results.jsonl'), lines.join('\n'));
    const gap = await world.run(...track('torn', '--resume'));
    expect(gap.code).toBe(6);
    expect(gap.stderr).toContain('--overwrite');
  });

  test('a folder that another process is writing to is refused', async () => {
    expect((await world.run(...track('busy', '--to', '3'))).code).toBe(0);
    const lock = world.at('busy', 'resume', 'lock');
    // The parent of the test runs as long as the test does.
    writeFileSync(lock, JSON.stringify({ pid: process.ppid, host: hostname() }));
    const { code, stderr } = await world.run(...track('busy', '--resume'));
    expect(code).toBe(6);
    expect(stderr).toContain(`in use by process ${process.ppid}`);
    writeFileSync(lock, '{"pi'); // a process that was killed while it took the lock
    expect((await world.run(...track('busy', '--resume'))).code).toBe(0);
    expect(results('busy')).toEqual(undisturbed);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk ends with 6, keeps the frames, and --resume goes on', async () => {
    expect((await world.run(...track('full', '--to', '3'))).code).toBe(0);
    symlinkSync('/dev/full', world.at('full', 'resume', '000019.snapshot.partial'));
    const { code, stderr } = await world.run(...track('full', '--resume'));
    expect(code).toBe(6);
    expect(stderr).toMatch(/the disk is full/);
    expect(stderr).toMatch(/20 frames are kept/);
    expect((await world.run(...track('full', '--resume'))).code).toBe(0);
    expect(results('full')).toEqual(undisturbed);
  });
});
