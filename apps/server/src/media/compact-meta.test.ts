import { describe, expect, it } from 'vitest';
import { compactFrames } from './compact-meta.ts';

const size = { width: 64, height: 48 };

describe('compactFrames', () => {
  it('says names that count up in one line, however many there are', () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `frame_${String(i).padStart(6, '0')}.png`);
    const compact = compactFrames(names, size);
    expect(compact).toEqual({
      count: 100_000,
      ...size,
      pattern: { prefix: 'frame_', first: 0, digits: 6, suffix: '.png' },
    });
    expect(compactFrames(['a/7.png', 'a/8.png', 'a/9.png', 'a/10.png'], size).pattern).toEqual({
      prefix: 'a/',
      first: 7,
      digits: 1,
      suffix: '.png',
    });
  });

  it('names those that do not', () => {
    for (const names of [['a.png', 'b.png'], ['1.png', '3.png'], ['01.png', '2.png'], ['2024-1.png', '2024-2.jpg'], []])
      expect(compactFrames(names, size)).toEqual({ count: names.length, ...size, names });
    expect(compactFrames(['2024-1.png', '2024-2.png'], size).pattern).toMatchObject({ prefix: '2024-', first: 1 });
  });
});
