import { readFileSync, writeFileSync } from 'node:fs';
import { type Frame, MediaError, type SourceInfo } from '@roto/media';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Interrupted } from '../errors.ts';
import { cutAfter, overwritten, silenced } from '../testing/damaged-clip.ts';
import { makeWorld, type World } from '../testing/world.ts';
import { withStandIns } from './stand-in.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  const clip = readFileSync(world.video);
  writeFileSync(world.at('cut.mp4'), cutAfter(clip, 10));
  writeFileSync(world.at('bad-sector.mp4'), overwritten(clip, 5, 7));
  // No other picture refers to the last packet's.
  writeFileSync(world.at('silent.mp4'), silenced(clip, world.frameCount - 1));
});
afterAll(() => world.remove());

const track = (video: string, out: string, ...more: string[]) => trackAs('none', video, out, ...more);
const trackAs = (format: string, video: string, out: string, ...more: string[]) =>
  world.run(
    ...['track', world.at(video), '--box', '20,15,60,50', '--model', world.model, '--threads', '1'],
    ...['--format', format, '-o', world.at(out), ...more],
  );
const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a video that is known to be damaged', () => {
  test('info says how much is missing and where, and ends with code 0', async () => {
    const whole = await world.run('info', world.video);
    expect(whole.stdout).not.toContain('damaged');
    expect((await world.run('info', '--verify', world.video)).stdout).toContain('whole: every frame gives a picture');
    const cut = await world.run('info', world.at('cut.mp4'));
    expect(cut.code).toBe(0);
    expect(cut.stdout).toMatch(
      /damaged: \d of 14 frames cannot be read \(.*after frame \d, from 0\.\d s to the end\)\n/,
    );
    expect(cut.stdout).toMatch(/the file is \d+ bytes shorter than it says itself/);
    const middle = await world.run('info', world.at('bad-sector.mp4'));
    expect(middle.stdout).toMatch(/damaged: \d of 14 frames cannot be read/);
  });

  test('--json has it in full, and null for a whole one', async () => {
    const [whole, cut] = [
      await world.run('info', '--json', world.video),
      await world.run('info', '--json', world.at('cut.mp4')),
    ];
    expect(JSON.parse(whole.stdout)).toMatchObject({ damage: null, verified: false });
    const { frameCount, damage } = JSON.parse(cut.stdout);
    expect(frameCount + damage.lostFrames).toBe(14);
    expect(damage.gaps.at(-1)).toMatchObject({ beforeFrame: frameCount, uncounted: false });
  });

  test('track warns before anything else, in one line or one event, and goes on', async () => {
    const { code, stderr } = await track('cut.mp4', 'cut');
    expect(code, stderr).toBe(0);
    const lines = stderr.split('\n').filter((line) => line.startsWith('Warning:'));
    expect(lines).toHaveLength(1);
    expect(stderr.startsWith(lines[0]!)).toBe(true);
    expect(lines[0]).toMatch(/cut\.mp4: damaged: \d of 14 frames cannot be read \(.*to the end\)/);
    const json = linesOf((await track('cut.mp4', 'cut-json', '--json')).stdout);
    expect(json[0]).toMatchObject({ event: 'warning', message: expect.stringContaining('cannot be read') });
    expect(json[1]).toMatchObject({ event: 'start', source: { damage: { uncounted: false } } });
    expect(json.at(-1)).toMatchObject({ event: 'done' });
  });
});

describe('a frame that only decoding finds to be damaged', () => {
  test('info --verify names it, and the numbers stay', async () => {
    const plain = await world.run('info', world.at('silent.mp4'));
    const verified = await world.run('info', '--verify', world.at('silent.mp4'));
    expect(plain.stdout).not.toContain('damaged');
    expect(plain.stdout).toContain('frames 0 to 13 (14)');
    expect(verified.stdout).toContain('frames 0 to 13 (14)');
    expect(verified.stdout).toMatch(/without a picture: 1 of 14 frames \(frame \d+\)/);
  });

  test('info --verify hears Ctrl+C', async () => {
    const stopped = { signal: AbortSignal.abort(new Interrupted()) };
    expect((await world.runWith(stopped, 'info', '--verify', world.at('silent.mp4'))).code).toBe(130);
  });

  test('track takes the picture before, and says so once', async () => {
    const { damage } = JSON.parse((await world.run('info', '--verify', '--json', world.at('silent.mp4'))).stdout);
    const frame: number = damage.unreadable[0].from;
    const { code, stderr } = await trackAs('overlay', 'silent.mp4', 'silent');
    expect(code, stderr).toBe(0);
    const warnings = stderr.split('\n').filter((line) => line.includes('gives no picture'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(
      `frame ${frame} is damaged and gives no picture; that of frame ${frame - 1} stands in`,
    );
    const results = readFileSync(world.at('silent', 'results.jsonl'), 'utf8');
    const lines = linesOf(results).slice(1);
    expect(lines).toHaveLength(world.frameCount);
    expect(lines.filter(({ pictureOf }) => pictureOf !== undefined)).toMatchObject([{ frame, pictureOf: frame - 1 }]);
    // A run that goes on before it does the same.
    writeFileSync(world.at('silent', 'results.jsonl'), results.split('\n').slice(0, -3).join('\n').concat('\n'));
    expect((await trackAs('none', 'silent.mp4', 'silent', '--resume')).code).toBe(0);
    expect(readFileSync(world.at('silent', 'results.jsonl'), 'utf8')).toBe(results);
    const json = linesOf((await track('silent.mp4', 'silent-json', '--json')).stdout);
    expect(json.filter(({ event }) => event === 'warning')).toHaveLength(1);
    const events = json.filter(({ event }) => event === 'frame');
    expect(events).toHaveLength(world.frameCount);
    expect(events.find((event) => event.frame === frame)).toMatchObject({ pictureOf: frame - 1 });
  });

  test('a prompt on it is refused, with a remedy', async () => {
    const { damage } = JSON.parse((await world.run('info', '--verify', '--json', world.at('silent.mp4'))).stdout);
    const { code, stderr } = await track('silent.mp4', 'refused', '--frame', String(damage.unreadable[0].from));
    expect(code).toBe(3);
    expect(stderr).toContain('gives no picture');
    expect(stderr).toContain('ffmpeg -i INPUT OUTPUT.mp4');
  });

  test.each(['forward', 'backward'])('a long stretch of them is gone over once, %s', async (direction) => {
    const frames = Array.from({ length: 2000 }, (_, n) => ({ timeSec: n / 25, key: n === 0 }));
    const reads = new Map<number, number>();
    const source = {
      info: { name: 'long.mp4' } as SourceInfo,
      frames,
      async read(index: number): Promise<Frame> {
        reads.set(index, (reads.get(index) ?? 0) + 1);
        if (index % 1000 > 10) throw new MediaError('frame-undecodable', 'long.mp4', 'no picture', 'None');
        return { index, timeSec: index / 25, width: 1, height: 1, rgb: new Uint8Array(3) };
      },
      async close() {},
      async [Symbol.asyncDispose]() {},
    };
    const warnings: string[] = [];
    const standIns = withStandIns(source, new Set([500]), (message) => warnings.push(message));
    const order = frames.map((_, n) => (direction === 'forward' ? n : 1999 - n)).filter((n) => n !== 500);
    for (const n of order) {
      const at = n % 1000 > 10 ? n - (n % 1000) + 10 : n;
      expect(await standIns.read(n)).toMatchObject({ index: n, timeSec: n / 25 });
      expect(standIns.pictureOf(n)).toBe(at === n ? undefined : at);
    }
    expect(warnings).toHaveLength(2);
    expect(Math.max(...reads.values())).toBeLessThanOrEqual(2);
    await expect(standIns.read(500)).rejects.toMatchObject({ code: 'frame-undecodable' });
  });
});
