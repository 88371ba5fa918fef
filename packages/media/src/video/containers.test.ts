import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MediaError } from '../errors.ts';
import { openSource } from '../open-source.ts';
import { type ClipSpec, makeClip } from '../testing/clips.ts';
import { numberOf } from '../testing/pictures.ts';
import { seededRandom } from '../testing/random.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const folder = temporaryFolder(beforeAll, afterAll);
const FRAMES = 40;
const X265 = 'log-level=none:pools=1:frame-threads=1:keyint=15:min-keyint=15:bframes=4:open-gop=1';
type Spec = Omit<ClipSpec, 'width' | 'height' | 'frames' | 'numbered'>;
const H264 = { encoder: 'libx264', encoderOptions: { 'x264-params': 'keyint=12:bframes=3' } } as const;
const MPEG4 = { encoder: 'mpeg4', encoderOptions: { bf: '2', g: '12' } } as const;
const MPEG2 = { encoder: 'mpeg2video', encoderOptions: { bf: '2', g: '12' } } as const;

const CLIPS: Record<string, Spec> = {
  'H.264 in AVI': { ...H264, container: 'avi' },
  'H.264 in a transport stream': { ...H264, container: 'mpegts' },
  'interlaced H.264 in a transport stream': { ...H264, container: 'mpegts', interlaced: 'top' },
  'H.264 in Flash video': { ...H264, container: 'flv' },
  'bare H.264': { ...H264, container: 'h264' },
  'HEVC in a transport stream': { encoder: 'libx265', container: 'mpegts', encoderOptions: { 'x265-params': X265 } },
  'bare HEVC': { encoder: 'libx265', container: 'hevc', encoderOptions: { 'x265-params': X265 } },
  'MPEG-4 in AVI': { ...MPEG4, container: 'avi' },
  'MPEG-4 in MP4': { ...MPEG4, container: 'mp4' },
  'bare MPEG-4': { ...MPEG4, container: 'm4v' },
  'MPEG-2 in a program stream': { ...MPEG2, container: 'mpeg' },
  'MPEG-2 in a transport stream': { ...MPEG2, container: 'mpegts', interlaced: 'top' },
  'bare MPEG-2': { ...MPEG2, container: 'mpeg2video' },
  'MJPEG in AVI': { encoder: 'mjpeg', container: 'avi' },
  'MJPEG in Matroska': { encoder: 'mjpeg', container: 'matroska' },
  'ProRes in MOV': { encoder: 'prores', container: 'mov' },
  'VP8 in WebM': { encoder: 'libvpx', container: 'webm', encoderOptions: { g: '12' } },
  'VP8 in IVF': { encoder: 'libvpx', container: 'ivf', encoderOptions: { g: '12' } },
  'Windows Media': { encoder: 'wmv2', container: 'asf', encoderOptions: { g: '12' } },
  'Sorenson in Flash video': { encoder: 'flv', container: 'flv', encoderOptions: { g: '12' } },
  'animated PNG': { encoder: 'apng', container: 'apng', tickRate: 100, time: (n) => 4 * n },
  GIF: { encoder: 'gif', container: 'gif', tickRate: 100, time: (n) => 4 * n },
};

async function make(name: string): Promise<string> {
  const path = join(folder.path, name.replaceAll(/[^a-z0-9]+/gi, '-'));
  await makeClip(path, { ...CLIPS[name]!, width: 168, height: 96, frames: FRAMES, numbered: true });
  return path;
}

describe('every frame is the one of its number, in a row and at random', () => {
  for (const [seed, name] of Object.keys(CLIPS).entries()) {
    test(`${name} (seed ${seed})`, async () => {
      await using source = await openSource(await make(name));
      expect(source.info.damage).toBeUndefined();
      const numbers: number[] = [];
      for (let index = 0; index < source.info.frameCount; index++) numbers.push(numberOf(await source.read(index)));
      expect(numbers).toEqual(Array.from({ length: FRAMES }, (_, n) => n));
      const random = seededRandom(seed);
      for (let i = 0; i < 20; i++) {
        const index = Math.floor(random() * FRAMES);
        expect(numberOf(await source.read(index))).toBe(index);
      }
    });
  }
});

describe('where a container has no usable times, the frame table says so', () => {
  for (const [name, timing] of [
    ['H.264 in AVI', { order: 'decoder', times: 'sorted' }],
    ['bare H.264', { order: 'decoder', times: 'rate' }],
    ['MPEG-2 in a program stream', { order: 'decoder', times: 'sorted' }],
    ['MPEG-4 in MP4', { order: 'times', times: 'container' }],
    ['GIF', { order: 'times', times: 'container' }],
  ] as const) {
    test(name, async () => {
      await using source = await openSource(await make(name));
      expect(source.info.timing).toEqual(timing);
      const times = source.frames.map((frame) => frame.timeSec);
      expect(times.every((time, n) => n === 0 || time > times[n - 1]!)).toBe(true);
    });
  }
});

test('an AVI file that ends early says by how much', async () => {
  const path = await make('MPEG-4 in AVI');
  const bytes = await readFile(path);
  await writeFile(path, bytes.subarray(0, bytes.length - 9000));
  await using source = await openSource(path);
  expect(source.info.damage?.missingBytes).toBe(9000);
  expect(source.info.damage?.uncounted).toBe(true);
});

describe('damaged files end in frames or in a MediaError', () => {
  for (const [seed, name] of Object.keys(CLIPS).entries()) {
    test(`${name} (seed ${seed})`, async () => {
      const random = seededRandom(500 + seed);
      const whole = await readFile(await make(name));
      for (let round = 0; round < 4; round++) {
        const bytes = Buffer.from(round === 3 ? whole.subarray(0, Math.floor(random() * whole.length)) : whole);
        for (let i = 0; i < 30; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
        const path = join(folder.path, `damaged-${seed}-${round}`);
        await writeFile(path, bytes);
        try {
          await using source = await openSource(path);
          for (let i = 0; i < 6; i++) {
            await source.read(Math.floor(random() * source.info.frameCount)).catch((error: unknown) => {
              if (!(error instanceof MediaError)) throw error;
            });
          }
        } catch (error) {
          if (!(error instanceof MediaError)) throw error;
        }
      }
    });
  }
});
