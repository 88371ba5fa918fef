import { describe, expect, it } from 'vitest';
import { createFeatureCache } from './feature-cache.ts';

const features = (byteLength: number) => async () => ({ byteLength });

describe('createFeatureCache', () => {
  it('drops what was used longest ago when the bytes pass the limit', async () => {
    const cache = createFeatureCache(30);
    const made: number[] = [];
    const get = (frame: number) =>
      cache.get(frame, async () => {
        made.push(frame);
        return { byteLength: 10 };
      });
    for (const frame of [1, 2, 3, 1, 4, 1, 2]) await get(frame);
    expect(made).toEqual([1, 2, 3, 4, 2]);
    expect(cache.byteLength).toBe(30);
  });

  it('shares one encoding between two calls', async () => {
    const cache = createFeatureCache(100);
    const first = cache.get(1, features(5));
    const second = cache.get(1, () => Promise.reject(new Error('never asked')));
    expect(await second).toBe(await first);
  });

  it('keeps the newest entry, however large', async () => {
    const cache = createFeatureCache(3);
    await cache.get(1, features(50));
    expect(cache.byteLength).toBe(50);
    await cache.get(2, features(60));
    expect(cache.byteLength).toBe(60);
  });

  it('forgets a failure', async () => {
    const cache = createFeatureCache(100);
    await expect(cache.get(1, () => Promise.reject(new Error('once')))).rejects.toThrow('once');
    expect((await cache.get(1, features(7))).byteLength).toBe(7);
    cache.clear();
    expect(cache.byteLength).toBe(0);
  });
});
