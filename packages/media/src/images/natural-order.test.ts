import { expect, test } from 'vitest';
import { compareNaturally } from './natural-order.ts';

test('numbers inside names count as numbers', () => {
  const names = ['img10.png', 'img9.png', 'img1.png', 'b.png', 'a.png', 'img010.png', 'img 2.png'];
  expect(names.sort(compareNaturally)).toEqual([
    'a.png',
    'b.png',
    'img1.png',
    'img9.png',
    'img010.png',
    'img10.png',
    'img 2.png',
  ]);
});

test('numbers of any length are compared exactly', () => {
  expect(compareNaturally('f99999999999999999998.png', 'f99999999999999999999.png')).toBeLessThan(0);
  expect(compareNaturally('f100000000000000000000.png', 'f99999999999999999999.png')).toBeGreaterThan(0);
});

test('the order is total: only equal names compare equal', () => {
  const names = ['A1', 'a1', 'a01', 'a001', 'a', '', '1', '01', 'a1b2', 'a1b10', 'ä1'];
  for (const x of names) {
    for (const y of names) {
      expect(Math.sign(compareNaturally(x, y))).toBe(-Math.sign(compareNaturally(y, x)) + 0);
      expect(compareNaturally(x, y) === 0).toBe(x === y);
      for (const z of names) {
        if (compareNaturally(x, y) <= 0 && compareNaturally(y, z) <= 0) {
          expect(compareNaturally(x, z)).toBeLessThanOrEqual(0);
        }
      }
    }
  }
});
