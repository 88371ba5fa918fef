import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultChunkSize, splitIntoJobs } from './segments.ts';

describe('splitIntoJobs', () => {
  it.each([
    [10, 0, null, 'video', [[0, 9]]],
    [
      10,
      4,
      null,
      'images',
      [
        [0, 3],
        [4, 7],
        [8, 9],
      ],
    ],
    [
      20,
      10,
      null,
      'video',
      [
        [0, 9],
        [5, 14],
        [10, 19],
      ],
    ],
    [
      20,
      10,
      3,
      'video',
      [
        [0, 9],
        [7, 16],
        [14, 19],
      ],
    ],
    [
      10,
      4,
      99,
      'images',
      [
        [0, 3],
        [2, 5],
        [4, 7],
        [6, 9],
      ],
    ],
    [1, 4, null, 'video', [[0, 0]]],
    [2, 100, null, 'video', [[0, 1]]],
  ] as const)('%i frames, %i a job, overlap %s, %s', (size, length, overlap, kind, expected) => {
    const { segments } = splitIntoJobs(size, length, overlap, kind);
    expect(segments.map(({ start, stop }) => [start, stop])).toEqual(expected);
  });

  it('covers every frame, in order, each in at most two jobs', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 0, max: 600 }),
        fc.option(fc.integer({ min: 0, max: 600 })),
        fc.constantFrom('video' as const, 'images' as const),
        (size, length, overlap, kind) => {
          const { segments } = splitIntoJobs(size, length, overlap, kind);
          const count = new Array<number>(size).fill(0);
          for (const { start, stop } of segments) {
            expect(stop).toBeGreaterThanOrEqual(start);
            for (let frame = start; frame <= stop; frame++) count[frame]!++;
          }
          expect(Math.min(...count)).toBeGreaterThanOrEqual(1);
          expect(Math.max(...count)).toBeLessThanOrEqual(2);
        },
      ),
    );
  });
});

it('chunks hold fewer frames the larger they are', () => {
  expect(defaultChunkSize(1920, 1080)).toBe(36);
  expect(defaultChunkSize(1280, 720)).toBe(72);
  expect(defaultChunkSize(16, 16)).toBe(72);
  expect(defaultChunkSize(8192, 4320)).toBe(2);
});
