import { expect, test } from 'vitest';
import { NEW_OBJECT, newUid, type Origin, type TrackRecord, toFrame } from '../document/records.ts';
import { rowsOf } from './rows.ts';
import { frameAtX, panned, resized, showing, tickStep, wholeJob, xOf, zoomed } from './scale.ts';

test('a frame and its pixels convert there and back at every zoom', () => {
  let scale = wholeJob(0, 899, 1200);
  expect(frameAtX(scale, 0)).toBe(0);
  expect(frameAtX(scale, 1199)).toBe(899);
  for (const factor of [2, 3, 10, 0.5]) {
    scale = zoomed(scale, 600, factor);
    const frame = frameAtX(scale, 600);
    expect(frameAtX(scale, xOf(scale, frame) + scale.perFrame / 2)).toBe(frame);
  }
});

test('zooming keeps the frame under the pointer and stays in the job', () => {
  const scale = zoomed(wholeJob(0, 99_999, 1000), 250, 100);
  expect(Math.abs(scale.left + 250 / scale.perFrame - 25_000)).toBeLessThan(1);
  expect(zoomed(scale, 0, 1e-9)).toEqual(wholeJob(0, 99_999, 1000));
  expect(panned(scale, -1e9).left).toBe(0);
  expect(panned(scale, 1e9).left + 1000 / scale.perFrame).toBeCloseTo(100_000);
});

test('a whole job stays whole when the window changes, and the playhead can be brought into view', () => {
  expect(resized(wholeJob(0, 899, 1200), 600)).toEqual(wholeJob(0, 899, 600));
  const near = zoomed(wholeJob(0, 899, 1200), 0, 15);
  expect(showing(near, 3)).toBe(near);
  const shown = showing(near, 800);
  expect(xOf(shown, 800)).toBeGreaterThanOrEqual(0);
  expect(xOf(shown, 801)).toBeLessThanOrEqual(1200);
});

test('ticks are round numbers with room for their text', () => {
  expect(tickStep(wholeJob(0, 899, 1200))).toBe(50);
  expect(tickStep(wholeJob(0, 99_999, 1200))).toBe(10_000);
  expect(tickStep(zoomed(wholeJob(0, 99, 1000), 0, 100))).toBe(5);
});

test('a row shows where a track is seen, its keyframes, and where the model was unsure', () => {
  const key = (frame: number, origin: Origin, outside = false, predictedIou?: number) => ({
    frame: toFrame(frame),
    geometry: { kind: 'polygon', points: [0, 0, 9, 0, 9, 9] } as const,
    outside,
    occluded: false,
    z: 0,
    attributes: [],
    origin,
    ...(predictedIou !== undefined && { predictedIou }),
  });
  const track: TrackRecord = {
    ...NEW_OBJECT,
    kind: 'track',
    uid: newUid(),
    label: 1,
    elements: [],
    keyframes: [
      key(5, 'person'),
      key(6, 'tracker', false, 0.9),
      key(7, 'tracker', false, 0.4),
      key(9, 'tracker', false, 0.5),
      key(10, 'tracker', true),
      key(20, 'person'),
    ],
  };
  const [row] = rowsOf({ objects: new Map([[track.uid, track]]), deletedFrames: new Set() }, 99);
  expect(row).toMatchObject({
    spans: [
      [5, 9],
      [20, 99],
    ],
    unsure: [[7, 9]],
  });
});
