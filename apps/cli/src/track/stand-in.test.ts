import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cutAfter, overwritten, silenced } from '../testing/damaged-clip.ts';
import { makeWorld, type World } from '../testing/world.ts';

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
    expect(linesOf(readFileSync(world.at('silent', 'results.jsonl'), 'utf8'))).toHaveLength(1 + world.frameCount);
    const json = linesOf((await track('silent.mp4', 'silent-json', '--json')).stdout);
    expect(json.filter(({ event }) => event === 'warning')).toHaveLength(1);
    expect(json.filter(({ event }) => event === 'frame')).toHaveLength(world.frameCount);
  });

  test('a prompt on it is refused, with a remedy', async () => {
    const { damage } = JSON.parse((await world.run('info', '--verify', '--json', world.at('silent.mp4'))).stdout);
    const { code, stderr } = await track('silent.mp4', 'refused', '--frame', String(damage.unreadable[0].from));
    expect(code).toBe(3);
    expect(stderr).toContain('gives no picture');
    expect(stderr).toContain('ffmpeg -i INPUT OUTPUT.mp4');
  });
});
