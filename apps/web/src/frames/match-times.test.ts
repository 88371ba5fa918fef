import { expect, test } from 'vitest';
import { matchTimes } from './match-times.ts';
import { readServerTable } from './table.ts';

test('frames are found by their times, also with a start, steps and uneven distances', () => {
  const packets = [0.5, 0.54, 0.58, 1.58, 1.62, 1.7];
  expect(matchTimes(packets, [0, 0.04, 0.08, 1.08], 0)).toEqual(Int32Array.of(0, 1, 2, 3));
  expect(matchTimes(packets, [0.04, 1.08, 1.2], 0)).toEqual(Int32Array.of(1, 3, 5));
  expect(matchTimes(packets, [0, 1], 2)).toEqual(Int32Array.of(2, 3));
});

test('rounded clocks are the same time, a missing frame is none', () => {
  expect(matchTimes([0, 0.033, 0.067, 0.1], [0, 1 / 30, 2 / 30, 3 / 30], 0)).toEqual(Int32Array.of(0, 1, 2, 3));
  expect(matchTimes([0, 0.04, 0.12], [0, 0.04, 0.08], 0)).toBeUndefined();
  expect(matchTimes([0, 0.04], [0, 0.0001], 0)).toBeUndefined();
  expect(matchTimes([], [0], 0)).toBeUndefined();
});

test('the server tells times and key frames in nine bytes or less a frame', () => {
  const bytes = new ArrayBuffer(9 * 8 + 2);
  const view = new DataView(bytes);
  for (let n = 0; n < 9; n++) view.setFloat64(8 * n, n / 25, true);
  view.setUint8(72, 0b0000_0001);
  view.setUint8(73, 0b0000_0001);
  const { times, isKey } = readServerTable(bytes);
  expect([...times]).toEqual(Array.from({ length: 9 }, (_, n) => n / 25));
  expect(Array.from({ length: 9 }, (_, n) => isKey(n))).toEqual([true, ...Array(7).fill(false), true]);
});
