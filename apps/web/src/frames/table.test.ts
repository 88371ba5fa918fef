import { expect, test } from 'vitest';
import { evenTable, frameAt, rateOf, tableOf, timeOf } from './table.ts';

test('the frame at a time is the last one that has begun, also with a variable rate', () => {
  const table = tableOf([0, 0.04, 0.08, 1.08, 1.12]);
  expect(frameAt(table, -1)).toBe(0);
  expect(frameAt(table, 0.07)).toBe(1);
  expect(frameAt(table, 0.9)).toBe(2);
  expect(frameAt(table, 99)).toBe(4);
  for (let n = 0; n < table.count; n++) expect(frameAt(table, timeOf(table, n))).toBe(n);
  expect(Math.round(rateOf(table))).toBe(25);
});

test('the times of a job that begins later stay those of the source', () => {
  const table = tableOf([8, 10, 12], 4);
  expect(table.count).toBe(7);
  expect(timeOf(table, 5)).toBe(10);
  expect(frameAt(table, 11)).toBe(5);
});

test('media without times have them from the rate', () => {
  expect(timeOf(evenTable(100, 25, 0, 2), 10)).toBeCloseTo(0.8);
  expect(timeOf(evenTable(3, null), 2)).toBe(2);
});
