import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MediaError } from '../errors.ts';
import type { FrameSource } from '../frame-source.ts';
import { openSource } from '../open-source.ts';
import { makeClip } from '../testing/clips.ts';
import { makeOddVideo, ODD_VIDEOS } from '../testing/odd-files.ts';
import { seededRandom } from '../testing/random.ts';
import { decodeSequentially } from '../testing/sequential.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const folder = temporaryFolder(beforeAll, afterAll);
const READS = 15;

function hash(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}

describe('random access equals a plain sequential decode, byte for byte', () => {
  for (const [seed, name] of Object.keys(ODD_VIDEOS).entries()) {
    test(`${name} (seed ${seed})`, async () => {
      const path = await makeOddVideo(folder.path, name);
      const plain: { hash: string; pts: number }[] = [];
      for await (const { rgb, pts } of decodeSequentially(path)) plain.push({ hash: hash(rgb), pts });
      await using source = await openSource(path, { threads: 1 + (seed % 4) });

      expect(source.info.frameCount).toBe(plain.length);
      expect(source.frames.length).toBe(plain.length);
      const { expected, cut, wrongTimes } = ODD_VIDEOS[name]!;
      expect(source.info.timing?.order).toBe(wrongTimes ? 'decoder' : 'times');
      if (expected !== undefined) expect(plain.length).toBe(expected);
      // Odd is not damaged.
      await using reported = await openSource(path, { verify: 'report' });
      for (const { damage } of [source.info, reported.info]) expect(damage !== undefined).toBe(cut !== undefined);
      // Times are those of the pictures, in seconds from the first one on.
      // A decoder's word for "none" is the least number there is.
      if (plain.every(({ pts }) => pts > -(2 ** 62))) {
        const known = plain.map(({ pts }) => pts).sort((a, b) => a - b);
        const span = known.at(-1)! - known[0]!;
        const secondsPerTick = source.frames.at(-1)!.timeSec / span;
        for (const [n, pts] of known.entries()) {
          expect(source.frames[n]!.timeSec).toBeCloseTo((pts - known[0]!) * secondsPerTick, 9);
        }
      }

      const random = seededRandom(seed);
      for (let i = 0; i < READS; i++) {
        const index = Math.floor(random() * plain.length);
        const frame = await source.read(index);
        expect({ index, hash: hash(frame.rgb) }).toEqual({ index, hash: plain[index]!.hash });
        expect(frame.rgb.length).toBe(source.info.width * source.info.height * 3);
      }
      for (let index = plain.length - 1; index >= plain.length - 8; index--) {
        expect({ backwards: index, hash: hash((await source.read(index)).rgb) }).toEqual({
          backwards: index,
          hash: plain[index]!.hash,
        });
      }
    });
  }
});

test('the number of decoder threads and the size of the cache leave the bytes as they are', async () => {
  const path = await makeOddVideo(folder.path, 'HEVC, open groups, non-zero start');
  const hashes: string[] = [];
  for (const options of [{ threads: 1, cacheBytes: 0 }, { threads: 4 }, { threads: 7, cacheBytes: 40_000 }]) {
    await using source = await openSource(path, options);
    const all: string[] = [];
    for (const index of [60, 59, 58, 20, 21, 22, 69, 0, 68, 57]) all.push(hash((await source.read(index)).rgb));
    hashes.push(all.join());
  }
  expect(new Set(hashes).size).toBe(1);
});

/** Frame `index` as a hash, or the code of the error that stands in its place. */
async function outcome(source: FrameSource, index: number): Promise<string> {
  try {
    return hash((await source.read(index)).rgb);
  } catch (error) {
    if (error instanceof MediaError) return error.code;
    throw error;
  }
}

describe('damage in the middle: a frame is the same, or the same error, however it is reached', () => {
  for (const [seed, name] of [
    'B-frames in MP4',
    'open groups of pictures',
    'HEVC with 10 bits',
    'VP9 with invisible frames',
    'AV1 with 10 bits',
  ].entries()) {
    test(`${name} (seed ${seed})`, async () => {
      const random = seededRandom(1000 + seed);
      const bytes = await readFile(await makeOddVideo(folder.path, name));
      for (let hole = 0; hole < 3; hole++) {
        const at = Math.floor(bytes.length * (0.25 + 0.5 * random()));
        for (let i = 0; i < 40; i++) bytes[at + i] = Math.floor(random() * 256);
      }
      const path = join(folder.path, `damaged-${ODD_VIDEOS[name]!.file}`);
      await writeFile(path, bytes);
      await using upwards = await openSource(path);
      await using anyhow = await openSource(path, { threads: 3 });
      expect(anyhow.info.frameCount).toBe(upwards.info.frameCount);
      const sequential: string[] = [];
      for (let index = 0; index < upwards.info.frameCount; index++) sequential.push(await outcome(upwards, index));
      for (let i = 0; i < READS; i++) {
        const index = Math.floor(random() * sequential.length);
        expect({ index, outcome: await outcome(anyhow, index) }).toEqual({ index, outcome: sequential[index] });
      }
      // Asked to verify everything, the table holds exactly the frames that can be read.
      await using verified = await openSource(path, { verify: 'all' });
      const unreadable = sequential.filter((entry) => entry === 'frame-undecodable').length;
      expect(verified.info.frameCount).toBe(sequential.length - unreadable);
      await using reported = await openSource(path, { verify: 'report' });
      expect(reported.info.frameCount).toBe(sequential.length);
      expect(reported.info.damage?.unreadableFrames ?? 0).toBe(unreadable);
    });
  }
});

test('a tail of zeros, as an unfinished download leaves it, is not counted', async () => {
  const path = join(folder.path, 'zeros.mp4');
  const params = 'keyint=10:min-keyint=10:scenecut=0:bframes=0';
  await makeClip(path, {
    encoder: 'libx264',
    container: 'mp4',
    frames: 40,
    encoderOptions: { 'x264-params': params },
    muxerOptions: { movflags: 'faststart' },
  });
  const bytes = await readFile(path);
  bytes.fill(0, Math.floor(bytes.length * 0.7));
  await writeFile(path, bytes);
  await using source = await openSource(path);
  expect(source.info.frameCount).toBeGreaterThan(20);
  expect(source.info.frameCount).toBeLessThan(35);
  for (let index = 0; index < source.info.frameCount; index++) await source.read(index);
  await expect(source.read(source.info.frameCount)).rejects.toMatchObject({ code: 'frame-range' });
});

test('many reads at once are served in order, and an aborted one does not disturb the next', async () => {
  await using source = await openSource(await makeOddVideo(folder.path, 'B-frames in MP4'));
  const abort = new AbortController();
  const reads = [70, 3, 3, 41].map((index) => source.read(index));
  const aborted = source.read(80, abort.signal);
  abort.abort(new Error('enough'));
  const after = source.read(42);
  await expect(aborted).rejects.toThrow('enough');
  const frames = await Promise.all([...reads, after]);
  expect(frames.map((frame) => frame.index)).toEqual([70, 3, 3, 41, 42]);
  expect(Buffer.compare(frames[1]!.rgb, frames[2]!.rgb)).toBe(0);
});

test('close waits for reads, may be called twice, and ends reading', async () => {
  const source = await openSource(await makeOddVideo(folder.path, 'B-frames in MP4'));
  const reads = [50, 10, 11].map((index) => source.read(index));
  await Promise.all([source.close(), source.close()]);
  expect((await Promise.all(reads)).map((frame) => frame.index)).toEqual([50, 10, 11]);
  await expect(source.read(0)).rejects.toMatchObject({ code: 'closed' });
});

test('a file that is rewritten while it is open is noticed', async () => {
  const path = join(folder.path, 'rewritten.mkv');
  const clip = { encoder: 'libx264', container: 'matroska', width: 320, height: 240, frames: 60 } as const;
  await makeClip(path, { ...clip, encoderOptions: { 'x264-params': 'keyint=10', crf: '10' } });
  await using source = await openSource(path);
  await source.read(5);
  await makeClip(path, { ...clip, encoderOptions: { 'x264-params': 'keyint=25', crf: '20' } });
  await expect(source.read(40)).rejects.toMatchObject({ code: 'changed' });
});
