import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../open-source.ts';
import { type ClipSpec, makeClip } from '../testing/clips.ts';
import { numberOf } from '../testing/pictures.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const folder = temporaryFolder(beforeAll, afterAll);
const FRAMES = 50;
const X265 = 'log-level=none:pools=1:frame-threads=1';
const decodingTimes = (n: number): { pts: number; dts: number } => ({ pts: n, dts: n });
type Spec = Omit<ClipSpec, 'width' | 'height' | 'frames' | 'numbered'>;
const H264: Spec = {
  encoder: 'libx264',
  container: 'mp4',
  encoderOptions: { 'x264-params': 'keyint=20:bframes=3:b-adapt=0' },
};

const WRONG: Record<string, Spec> = {
  'H.264 in MP4, pts = dts': { ...H264, stamp: decodingTimes },
  'H.264 in MOV, open groups, pts = dts': {
    ...H264,
    container: 'mov',
    stamp: decodingTimes,
    encoderOptions: { 'x264-params': 'keyint=12:min-keyint=12:bframes=3:open-gop=1:b-pyramid=strict' },
  },
  'H.264 in Matroska, pts = dts': { ...H264, container: 'matroska', stamp: decodingTimes },
  'HEVC in MP4, open groups, pts = dts': {
    encoder: 'libx265',
    container: 'mp4',
    stamp: decodingTimes,
    encoderOptions: { 'x265-params': `${X265}:keyint=12:min-keyint=12:open-gop=1:bframes=4` },
  },
  'times that fall where two recordings meet': {
    ...H264,
    container: 'matroska',
    change: { at: 24 },
    stamp: (n, pts) => ({ pts: pts - (n < 24 ? 0 : 3) + 8, dts: n }),
  },
  'VP9 whose times fall': {
    encoder: 'libvpx-vp9',
    container: 'matroska',
    stamp: (n, pts) => ({ pts: pts + (n % 10 === 4 ? 15 : 0), dts: n }),
  },
};

describe('where the times contradict the pictures, the order of the decoder counts', () => {
  for (const [name, spec] of Object.entries(WRONG)) {
    test(name, async () => {
      const path = join(folder.path, name.replaceAll(/[^a-z0-9]+/gi, '-'));
      await makeClip(path, { ...spec, width: 168, height: 96, frames: FRAMES, numbered: true });
      await using source = await openSource(path);
      const numbers: number[] = [];
      for (let index = 0; index < source.info.frameCount; index++) numbers.push(numberOf(await source.read(index)));
      expect(numbers).toEqual(Array.from({ length: FRAMES }, (_, n) => n));
      for (const index of [49, 3, 25, 24, 23, 12, 11]) expect(numberOf(await source.read(index))).toBe(index);
      expect(source.info.timing).toEqual({ order: 'decoder', times: 'sorted' });
      expect(source.info.damage).toBeUndefined();
      const times = source.frames.map((frame) => frame.timeSec);
      expect(times.every((time, n) => n === 0 || time >= times[n - 1]!)).toBe(true);
    });
  }
});

const RIGHT: Record<string, Spec> = {
  'pts = dts without B-frames': { ...H264, encoderOptions: { 'x264-params': 'bframes=0' }, stamp: decodingTimes },
  'B-frames with their times': H264,
  'HEVC with B-frames': {
    encoder: 'libx265',
    container: 'mp4',
    encoderOptions: { 'x265-params': `${X265}:bframes=4:keyint=12` },
  },
};

describe('sound times are believed', () => {
  for (const [name, spec] of Object.entries(RIGHT)) {
    test(name, async () => {
      const path = join(folder.path, name.replaceAll(/[^a-z0-9]+/gi, '-'));
      await makeClip(path, { ...spec, width: 168, height: 96, frames: FRAMES, numbered: true });
      await using source = await openSource(path);
      expect(source.info.timing).toEqual({ order: 'times', times: 'container' });
      for (const index of [0, 49, 3, 25, 12]) expect(numberOf(await source.read(index))).toBe(index);
    });
  }
});
