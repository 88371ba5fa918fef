import { expect, test } from 'vitest';
import { evenTable, frameAt, rateOf, tableOf, timeOf } from './table.ts';

test('the frame at a time is the last one that has begun, also with a variable rate', () => {
  const table = tableOf([0.5, 0.54, 0.58, 1.58, 1.62], 5);
  expect([...table.times].map((t) => Math.round(t * 100))).toEqual([0, 4, 8, 108, 112]);
  expect(frameAt(table, -1)).toBe(0);
  expect(frameAt(table, 0.07)).toBe(1);
  expect(frameAt(table, 0.9)).toBe(2);
  expect(frameAt(table, 99)).toBe(4);
  for (let n = 0; n < table.count; n++) expect(frameAt(table, timeOf(table, n))).toBe(n);
  expect(Math.round(rateOf(table))).toBe(25);
});

test('a task that begins later and steps counts its own frames', () => {
  const table = tableOf([0, 1, 2, 3, 4, 5, 6], 3, 1, 2);
  expect([...table.times]).toEqual([0, 2, 4]);
  expect(() => tableOf([0, 1, 2], 3, 1, 2)).toThrow('Frame 5 of the source is needed, and it has 3 frames.');
});

test('media without times have them from the rate', () => {
  expect(timeOf(evenTable(100, 25, 0, 2), 10)).toBeCloseTo(0.8);
  expect(timeOf(evenTable(3, null), 2)).toBe(2);
});
