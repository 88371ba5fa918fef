import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Frame, FrameSource } from './frame-source.ts';
import { openSource } from './open-source.ts';
import { readAhead } from './read-ahead.ts';
import { makeOddVideo } from './testing/odd-files.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const folder = temporaryFolder(beforeAll, afterAll);

/** A source over another one that counts the reads under way. */
function counting(source: FrameSource): FrameSource & { readonly most: number; readonly reads: number } {
  let [now, most, reads] = [0, 0, 0];
  return {
    info: source.info,
    frames: source.frames,
    async read(index: number, signal?: AbortSignal): Promise<Frame> {
      reads++;
      most = Math.max(most, ++now);
      try {
        return await source.read(index, signal);
      } finally {
        now--;
      }
    },
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
    get most() {
      return most;
    },
    get reads() {
      return reads;
    },
  };
}

test('gives the frames in order and reads no further ahead than asked', async () => {
  await using source = counting(await openSource(await makeOddVideo(folder.path, 'B-frames in MP4')));
  const seen: number[] = [];
  for await (const frame of readAhead(source, [5, 6, 7, 30, 29, 5], 2)) {
    seen.push(frame.index);
    await wait(3);
  }
  expect(seen).toEqual([5, 6, 7, 30, 29, 5]);
  expect(source.most).toBe(3);
});

test('leaving the loop stops reading', async () => {
  await using source = counting(await openSource(await makeOddVideo(folder.path, 'B-frames in MP4')));
  for await (const frame of readAhead(source, source.frames.keys(), 4)) if (frame.index === 3) break;
  expect(source.reads).toBeLessThanOrEqual(3 + 1 + 5);
});

test('an error comes in its place, after the frames before it', async () => {
  await using source = await openSource(await makeOddVideo(folder.path, 'B-frames in MP4'));
  const seen: number[] = [];
  const all = async (): Promise<void> => {
    for await (const frame of readAhead(source, [0, 1, 900, 2], 5)) seen.push(frame.index);
  };
  await expect(all()).rejects.toMatchObject({ code: 'frame-range' });
  expect(seen).toEqual([0, 1]);
});

test('the signal ends it with its reason', async () => {
  await using source = await openSource(await makeOddVideo(folder.path, 'B-frames in MP4'));
  const abort = new AbortController();
  const all = async (): Promise<void> => {
    for await (const frame of readAhead(source, source.frames.keys(), 1, abort.signal)) {
      if (frame.index === 4) abort.abort(new Error('enough'));
    }
  };
  await expect(all()).rejects.toThrow('enough');
});
