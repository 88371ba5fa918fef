import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../open-source.ts';
import { type ClipSpec, makeClip } from '../testing/clips.ts';
import { numberOf } from '../testing/pictures.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const folder = temporaryFolder(beforeAll, afterAll);
const H264 = { encoder: 'libx264', encoderOptions: { 'x264-params': 'keyint=12:bframes=2' } } as const;
const CLIPS: Record<string, Omit<ClipSpec, 'width' | 'height' | 'frames' | 'numbered'>> = {
  'H.264, top field first, MP4': { ...H264, container: 'mp4', interlaced: 'top' },
  'H.264, bottom field first, MKV': { ...H264, container: 'matroska', interlaced: 'bottom' },
  'H.264, 4:2:2, MP4': { ...H264, container: 'mp4', interlaced: 'top', chroma: '422' },
  'H.264, 4:2:2 with 10 bits, MKV': { ...H264, container: 'matroska', interlaced: 'bottom', chroma: '422', bits: 10 },
  'H.264, from the middle on': { ...H264, container: 'mp4', change: { at: 16, interlaced: 'top' } },
  'HEVC, fields': {
    encoder: 'libx265',
    container: 'mp4',
    encoderOptions: { 'x265-params': 'log-level=none:pools=1:frame-threads=1:interlace=tff:keyint=12:bframes=2' },
  },
};

describe('interlaced video is read, and said to be', () => {
  for (const [name, spec] of Object.entries(CLIPS)) {
    test(name, async () => {
      const path = join(
        folder.path,
        `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.${spec.container === 'mp4' ? 'mp4' : 'mkv'}`,
      );
      await makeClip(path, { ...spec, width: 168, height: 96, frames: 30, numbered: true });
      await using source = await openSource(path);
      const numbers: number[] = [];
      for (let index = 0; index < source.info.frameCount; index++) numbers.push(numberOf(await source.read(index)));
      expect(numbers).toEqual(Array.from({ length: 30 }, (_, n) => n));
      for (const index of [29, 3, 17, 16, 15]) expect(numberOf(await source.read(index))).toBe(index);
      expect(source.info.damage).toBeUndefined();
      expect(source.info.interlaced).toBe(true);
    });
  }
});

test('a flag that only allows fields is not taken for them', async () => {
  const path = join(folder.path, 'fake.mp4');
  const encoderOptions = { 'x264-params': 'fake-interlaced=1:keyint=12' };
  await makeClip(path, { encoder: 'libx264', container: 'mp4', frames: 12, encoderOptions });
  await using source = await openSource(path);
  expect(source.info.frameCount).toBe(12);
  expect(source.info.interlaced).toBeUndefined();
});

describe('deinterlacing', () => {
  for (const interlaced of ['top', 'bottom'] as const) {
    test(`keeps the ${interlaced} field, and as many frames`, async () => {
      const path = join(folder.path, `fields-${interlaced}.mkv`);
      const frames = 24;
      const encoderOptions = { 'x264-params': 'keyint=12:bframes=2', crf: '4' };
      await makeClip(path, { encoder: 'libx264', container: 'matroska', frames, interlaced, encoderOptions });
      await using plain = await openSource(path);
      await using deinterlaced = await openSource(path, { deinterlace: true });
      expect(deinterlaced.info).toEqual(plain.info);
      expect(deinterlaced.frames).toEqual(plain.frames);
      for (const index of [0, 23, 5, 12]) {
        const [all, field] = [await plain.read(index), await deinterlaced.read(index)];
        const { width, height } = all;
        const line = (rgb: Uint8Array, y: number): Uint8Array => rgb.subarray(y * width * 3, (y + 1) * width * 3);
        const first = interlaced === 'top' ? 0 : 1;
        for (let y = 0; y < height; y++) {
          if (y % 2 === first) expect(line(field.rgb, y)).toEqual(line(all.rgb, y));
          else {
            const [above, below] = [line(all.rgb, y > 0 ? y - 1 : 1), line(all.rgb, y + 1 < height ? y + 1 : y - 1)];
            expect(line(field.rgb, y)).toEqual(above.map((value, i) => (value + below[i]! + 1) >> 1));
          }
        }
      }
    });
  }

  test('leaves pictures alone that are not interlaced', async () => {
    const path = join(folder.path, 'progressive.mp4');
    await makeClip(path, { ...H264, container: 'mp4', frames: 12 });
    await using plain = await openSource(path);
    await using deinterlaced = await openSource(path, { deinterlace: true });
    expect((await deinterlaced.read(7)).rgb).toEqual((await plain.read(7)).rgb);
  });
});
