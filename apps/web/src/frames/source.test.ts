import { expect, test } from 'vitest';
import { ByteCache } from './byte-cache.ts';
import type { Picture } from './picture.ts';
import { framesAhead, MotionGuess } from './prefetch.ts';
import { FrameDropped, ServerFeeder } from './server-feeder.ts';
import { FrameSource, type VideoFeeder } from './source.ts';
import { evenTable } from './table.ts';

interface FakeBitmap {
  width: number;
  height: number;
  closed: boolean;
  close(): void;
}

function bitmap(): FakeBitmap {
  return {
    width: 10,
    height: 10,
    closed: false,
    close() {
      this.closed = true;
    },
  };
}

/** A server whose answers come when the test lets them. */
function heldServer() {
  const asked: number[] = [];
  const ended: number[] = [];
  const waiting = new Map<number, PromiseWithResolvers<Blob>>();
  const feeder = new ServerFeeder({
    load: (frame, _quality, signal) => {
      asked.push(frame);
      const answer = Promise.withResolvers<Blob>();
      waiting.set(frame, answer);
      signal.addEventListener('abort', () => {
        ended.push(frame);
        answer.reject(new Error('aborted'));
      });
      return answer.promise;
    },
    decode: async () => bitmap(),
  });
  const answer = async (frame: number) => {
    waiting.get(frame)!.resolve(new Blob());
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { feeder, asked, ended, answer };
}

test('at most four requests run, the nearest first, and a jump ends what is not wanted', async () => {
  const { feeder, asked, ended, answer } = heldServer();
  const source = new FrameSource({ table: evenTable(100, 25), first: 0, last: 99, server: feeder });
  const first = source.get(10);
  source.window({ center: 10, step: 1, pace: 0 });
  expect(asked).toEqual([10, 11, 12, 13]);
  await answer(10);
  expect((await first).frame).toBe(10);
  expect(asked.at(-1)).toBe(14);
  const far = source.get(80);
  source.window({ center: 80, step: 1, pace: 0 });
  expect(ended).toEqual(expect.arrayContaining([11, 12, 13, 14]));
  await answer(80);
  expect((await far).frame).toBe(80);
  source.close();
});

test('a request that was dropped says so by its code, and is asked for again when it is wanted', async () => {
  const { feeder, asked, answer } = heldServer();
  const source = new FrameSource({ table: evenTable(100, 25), first: 0, last: 99, server: feeder });
  const dropped = source.get(5);
  source.window({ center: 50, step: 1, pace: 0 });
  await expect(dropped).rejects.toBeInstanceOf(FrameDropped);
  const again = source.get(5);
  source.window({ center: 5, step: 1, pace: 0 });
  await answer(50).catch(() => {});
  expect(asked.filter((frame) => frame === 5)).toHaveLength(2);
  await answer(5);
  expect((await again).frame).toBe(5);
  source.close();
});

function heldVideo(distance: number) {
  const waiting = new Map<number, PromiseWithResolvers<Picture>>();
  const feeder: VideoFeeder = {
    distance: () => distance,
    get: (frame) => {
      const answer = Promise.withResolvers<Picture>();
      waiting.set(frame, answer);
      return answer.promise;
    },
    want: () => {},
    close: () => {},
  };
  const answer = async (frame: number) => {
    waiting.get(frame)!.resolve({ frame, quality: 'preview', from: 'video', bitmap: bitmap() });
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { feeder, answer, fail: (frame: number, error: Error) => waiting.get(frame)!.reject(error) };
}

test('far from a key frame both feeders are asked: the first is shown, the video takes its place', async () => {
  const server = heldServer();
  const video = heldVideo(200);
  const source = new FrameSource({ table: evenTable(500, 25), first: 0, last: 499, server: server.feeder });
  source.setVideo(video.feeder);
  const told: number[] = [];
  source.subscribe((frame) => told.push(frame));
  const asked = source.get(200);
  await server.answer(200);
  const shown = await asked;
  expect(shown.from).toBe('server');
  await video.answer(200);
  expect(source.peek(200)?.from).toBe('video');
  expect((shown.bitmap as FakeBitmap).closed).toBe(true);
  expect(told).toEqual([200, 200]);
});

test('near a key frame only the video is asked, and the server where the video fails', async () => {
  const server = heldServer();
  const video = heldVideo(3);
  const source = new FrameSource({ table: evenTable(500, 25), first: 0, last: 499, server: server.feeder });
  source.setVideo(video.feeder);
  const asked = source.get(3);
  expect(server.asked).toEqual([]);
  video.fail(3, new Error('the decoder gave up'));
  await new Promise((resolve) => setTimeout(resolve));
  await server.answer(3);
  expect((await asked).from).toBe('server');
});

test('the cache keeps its limit, closes what leaves, and never drops a pinned frame', () => {
  const released: number[] = [];
  const cache = new ByteCache<number>({ limit: 30, bytesOf: () => 10, release: (value) => released.push(value) });
  cache.pin([1]);
  for (const n of [1, 2, 3, 4]) cache.set(n, n);
  expect(released).toEqual([2]);
  cache.get(3);
  cache.set(5, 5);
  expect(released).toEqual([2, 4]);
  cache.limit = 10;
  expect([...cache.frames()]).toEqual([1]);
  cache.clear();
  expect(cache.bytes).toBe(0);
});

test('prefetch follows the direction and the size of the steps, within the job and the cache', () => {
  const window = { first: 0, last: 99, room: 52 };
  expect(framesAhead({ center: 50, step: 1, pace: 0 }, window)).toEqual([50, 51, 52, 53, 54, 49, 48]);
  expect(framesAhead({ center: 50, step: -1, pace: 0 }, window)).toEqual([50, 49, 48, 47, 46, 51, 52]);
  expect(framesAhead({ center: 50, step: 10, pace: 0 }, window).slice(0, 3)).toEqual([50, 60, 70]);
  expect(framesAhead({ center: 98, step: 1, pace: 0 }, window)).toEqual([98, 99, 97, 96]);
  expect(framesAhead({ center: 0, step: 1, pace: 30 }, window)).toHaveLength(22);
  expect(framesAhead({ center: 0, step: 1, pace: 240 }, { ...window, room: 5 }).length).toBeLessThanOrEqual(5);
});

test('the direction is that of most of the last three moves', () => {
  const guess = new MotionGuess();
  expect(guess.step).toBe(1);
  for (const frame of [10, 9, 8]) guess.moved(frame);
  expect(guess.step).toBe(-1);
  guess.moved(18);
  expect(guess.step).toBe(-1);
  guess.moved(28);
  expect(guess.step).toBe(10);
});
