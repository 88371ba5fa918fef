import { expect, test } from 'vitest';
import type { Geometry } from '../document/records.ts';
import { converted, maskOf } from './convert.ts';

const size = { width: 20, height: 10 };
const rectangle: Geometry = { kind: 'rectangle', left: 2, top: 1, right: 6, bottom: 4, rotation: 0 };
const maker = { polygonOf: async () => ({ kind: 'polygon', points: [0, 0, 1, 0, 1, 1] }) as const };

test('a rectangle becomes a polygon of its corners and a mask of its pixels', async () => {
  expect(await converted(rectangle, 'polygon', size, 1, maker)).toEqual({
    kind: 'polygon',
    points: [2, 1, 6, 1, 6, 4, 2, 4],
  });
  expect(await converted(rectangle, 'mask', size, 1, maker)).toEqual({
    kind: 'mask',
    runs: [0, 12],
    left: 2,
    top: 1,
    right: 5,
    bottom: 3,
  });
});

test('a mask becomes the rectangle around its pixels', async () => {
  const mask = maskOf(rectangle, size)!;
  expect(await converted(mask, 'rectangle', size, 1, maker)).toEqual(rectangle);
  expect((await converted(mask, 'polygon', size, 0.98, maker))?.kind).toBe('polygon');
});

test('nothing is left of a shape that covers no pixel', () => {
  expect(maskOf({ kind: 'polygon', points: [1.1, 1.1, 1.3, 1.1, 1.2, 1.2] }, size)).toBeUndefined();
});
