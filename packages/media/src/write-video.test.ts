import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSource } from './open-source.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { type VideoFrame, writeVideo } from './write-video.ts';

const folder = temporaryFolder(beforeAll, afterAll);

/** A picture of one colour per quarter, brighter with n. */
function picture(width: number, height: number, n: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const level = 40 + 4 * n + (x < width / 2 ? 0 : 60) + (y < height / 2 ? 0 : 30);
      rgb.set([level, level + 10, level + 20], (y * width + x) * 3);
    }
  }
  return rgb;
}

async function* pictures(width: number, height: number, count: number): AsyncGenerator<VideoFrame> {
  for (let n = 0; n < count; n++) yield { rgb: picture(width, height, n) };
}

test('what is written is read back: every frame, times, colours', async () => {
  for (const [width, height] of [
    [64, 48],
    [65, 47],
  ] as const) {
    const path = join(folder.path, `out-${width}.mp4`);
    const rate = 30000 / 1001;
    expect(await writeVideo(path, { width, height, frameRate: rate }, pictures(width, height, 24))).toBe(24);
    await using source = await openSource(path);
    expect(source.info).toMatchObject({ width: width + (width % 2), height: height + (height % 2), frameCount: 24 });
    expect(source.info.frameRate).toBeCloseTo(rate, 6);
    expect(source.info.durationSec).toBeCloseTo(24 / rate, 3);
    for (const index of [0, 11, 23]) {
      const { rgb } = await source.read(index);
      const wanted = picture(width, height, index);
      for (const [x, y] of [
        [10, 10],
        [50, 10],
        [10, 40],
        [50, 40],
      ] as const) {
        for (let c = 0; c < 3; c++) {
          const got = rgb[(y * source.info.width + x) * 3 + c]!;
          expect(Math.abs(got - wanted[(y * width + x) * 3 + c]!)).toBeLessThanOrEqual(6);
        }
      }
    }
  }
});

test('given times are kept', async () => {
  const path = join(folder.path, 'times.mp4');
  const times = [0, 0.1, 0.15, 0.9, 1];
  const frames = times.map((timeSec, n) => ({ rgb: picture(32, 32, n), timeSec }));
  await writeVideo(path, { width: 32, height: 32, frameRate: 10 }, frames);
  await using source = await openSource(path);
  for (const [n, timeSec] of times.entries()) expect(source.frames[n]!.timeSec).toBeCloseTo(timeSec, 4);
});

test('failure and abort leave nothing behind, and an older file as it was', async () => {
  const own = join(folder.path, 'own');
  await mkdir(own);
  const path = join(own, 'kept.mp4');
  await writeFile(path, 'older');
  const format = { width: 32, height: 32, frameRate: 25 };
  const failing = async function* (): AsyncGenerator<VideoFrame> {
    yield* pictures(32, 32, 3);
    throw new Error('no more');
  };
  await expect(writeVideo(path, format, failing())).rejects.toThrow('no more');
  const abort = new AbortController();
  const aborting = async function* (): AsyncGenerator<VideoFrame> {
    yield* pictures(32, 32, 3);
    abort.abort(new Error('stopped'));
    yield* pictures(32, 32, 3);
  };
  await expect(writeVideo(path, format, aborting(), abort.signal)).rejects.toThrow('stopped');
  await expect(writeVideo(path, format, [])).rejects.toMatchObject({ code: 'no-frames' });
  await expect(writeVideo(path, format, [{ rgb: new Uint8Array(7) }])).rejects.toMatchObject({ code: 'bad-argument' });
  expect(await readdir(own)).toEqual(['kept.mp4']);
  expect(await readFile(path, 'utf8')).toBe('older');
});

test('bad arguments and places are named', async () => {
  const one = [{ rgb: picture(32, 32, 0) }];
  const format = { width: 32, height: 32, frameRate: 25 };
  const missing = join(folder.path, 'no', 'such', 'folder', 'x.mp4');
  await expect(writeVideo(missing, format, one)).rejects.toMatchObject({ code: 'write-failed', file: missing });
  for (const [path, wrong] of [
    ['x.avi', {}],
    ['x.mp4', { width: 0 }],
    ['x.mp4', { height: 2.5 }],
    ['x.mp4', { frameRate: Number.NaN }],
  ] as const) {
    const result = writeVideo(join(folder.path, path), { ...format, ...wrong }, one);
    await expect(result).rejects.toMatchObject({ code: 'bad-argument' });
  }
});
