import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from '@roto/media';
import { describe, expect, it } from 'vitest';
import { inOrder } from './in-order.ts';
import { Passes } from './passes.ts';

/** A video of `count` small frames that notes which were decoded, in order. */
function video(count: number, silent = -1) {
  const reads: number[] = [];
  return {
    reads,
    info: { width: 4, height: 4 },
    async read(index: number): Promise<Frame> {
      reads.push(index);
      await sleep(1);
      if (index === silent || index >= count) throw new Error(`no frame ${index}`);
      return { index, timeSec: index, width: 4, height: 4, rgb: new Uint8Array(48) };
    },
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
/** How often decoding did not go on with the next frame. */
const jumps = (reads: readonly number[]): number =>
  reads.filter((index, n) => n > 0 && index !== reads[n - 1]! + 1).length;

async function numbers(frames: AsyncIterable<Frame>): Promise<number[]> {
  const seen: number[] = [];
  for await (const { index } of frames) seen.push(index);
  return seen;
}

describe('requests for one video', () => {
  it('are ordered into passes: four ranges at once are decoded as one row', async () => {
    const source = video(200);
    const passes = new Passes(source);
    const ranges = [range(0, 49), range(50, 99), range(100, 149), range(150, 199)];
    const seen = await Promise.all(ranges.map((indices) => numbers(passes.range(indices))));
    expect(seen).toEqual(ranges);
    expect(source.reads).toHaveLength(200);
    expect(jumps(source.reads)).toBeLessThanOrEqual(4);
  });

  it('share what is decoded: the same range twice is one decode', async () => {
    const source = video(60);
    const passes = new Passes(source);
    const seen = await Promise.all([0, 1, 2].map(() => numbers(passes.range(range(0, 59)))));
    expect(seen).toEqual([range(0, 59), range(0, 59), range(0, 59)]);
    expect(source.reads.length).toBeLessThan(80);
  });

  it('do not starve a single frame behind a long range', async () => {
    const source = video(2000);
    const passes = new Passes(source);
    const long = numbers(passes.range(range(0, 1500)));
    await sleep(20);
    const before = source.reads.length;
    expect((await passes.read(1800)).index).toBe(1800);
    expect(source.reads.length - before).toBeLessThan(120);
    expect(await long).toEqual(range(0, 1500));
  });

  it('do not wait for a reader that takes nothing', async () => {
    const source = video(100);
    const passes = new Passes(source);
    const lazy = passes.range(range(0, 49));
    expect((await lazy.next()).value).toMatchObject({ index: 0 });
    expect(await numbers(passes.range(range(50, 99)))).toEqual(range(50, 99));
    expect(await numbers(lazy)).toEqual(range(1, 49));
  });

  it('are given up when their reader leaves, and the rest go on', async () => {
    const source = video(1000);
    const passes = new Passes(source);
    for await (const { index } of passes.range(range(0, 900))) if (index === 5) break;
    expect(await numbers(passes.range([950, 960]))).toEqual([950, 960]);
    expect(source.reads.length).toBeLessThan(40);
  });

  it('fail at the frame that cannot be read, each for itself', async () => {
    const passes = new Passes(video(20, 7));
    const seen: number[] = [];
    const failing = (async () => {
      for await (const { index } of passes.range(range(0, 19))) seen.push(index);
    })();
    const sound = numbers(passes.range(range(8, 19)));
    await expect(failing).rejects.toThrow('no frame 7');
    expect(seen).toEqual(range(0, 6));
    expect(await sound).toEqual(range(8, 19));
    await expect(passes.read(7)).rejects.toThrow('no frame 7');
    expect((await passes.read(3)).index).toBe(3);
  });
});

describe('inOrder', () => {
  async function* count(to: number): AsyncGenerator<number> {
    for (let n = 0; n < to; n++) yield n;
  }

  it('gives results in order, no more at a time than asked', async () => {
    let [underWay, most] = [0, 0];
    const work = async (n: number): Promise<number> => {
      most = Math.max(most, ++underWay);
      await sleep((7 * n) % 5);
      underWay--;
      return n * 10;
    };
    expect(await Array.fromAsync(inOrder(count(20), 3, work))).toEqual(range(0, 19).map((n) => n * 10));
    expect(most).toBe(3);
  });

  it('ends with the first error in order, and waits for what is under way', async () => {
    let open = 0;
    const work = async (n: number): Promise<number> => {
      open++;
      await sleep(n === 4 ? 1 : 10);
      open--;
      if (n === 4 || n === 5) throw new Error(`failed ${n}`);
      return n;
    };
    await expect(Array.fromAsync(inOrder(count(20), 4, work))).rejects.toThrow('failed 4');
    expect(open).toBe(0);
  });
});
