import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Keyframes, type TrackedShape, thinKeyframes } from '../index.ts';
import { similarity } from './similarity.ts';

const box = (frame: number, x: number, more: Partial<TrackedShape> = {}): TrackedShape => ({
  type: 'rectangle',
  frame,
  points: [x, 10, x + 100, 110],
  occluded: false,
  outside: false,
  z_order: 0,
  rotation: 0,
  attributes: [],
  ...more,
});
const all = () => true;

describe('thinKeyframes', () => {
  it('leaves the ends of even motion', () => {
    const keyframes = Array.from({ length: 50 }, (_, i) => box(i, 3 * i));
    expect(thinKeyframes(keyframes, { iou: 0.99, mayGo: all })).toEqual(Array.from({ length: 48 }, (_, i) => i + 1));
  });

  it('keeps a turn, what may not go, hidden keyframes, and what is not blended', () => {
    const keyframes = Array.from({ length: 30 }, (_, i) => box(i, i < 10 ? 0 : 20 * (i - 10)));
    const removed = thinKeyframes(keyframes, { iou: 0.95, mayGo: (frame) => frame !== 20 });
    for (const frame of [0, 20, 29]) expect(removed).not.toContain(frame);
    expect(removed.some((frame) => frame > 8 && frame < 12)).toBe(true);
    const marked = [
      box(0, 0),
      box(1, 1),
      box(2, 2, { outside: true }),
      box(3, 3),
      box(4, 4, { occluded: true }),
      box(5, 5),
    ];
    expect(thinKeyframes(marked, { iou: 0.5, mayGo: all })).toEqual([1]);
  });

  it('keeps the IoU on every frame that had a keyframe', () => {
    const walks = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 2, maxLength: 25 });
    fc.assert(
      fc.property(walks, fc.integer({ min: 50, max: 99 }), (steps, percent) => {
        const keyframes = steps.map((step, i) => box(2 * i, 200 + step));
        const gone = new Set(thinKeyframes(keyframes, { iou: percent / 100, mayGo: all }));
        const shown = new Keyframes(keyframes.filter(({ frame }) => !gone.has(frame)));
        for (const was of keyframes) {
          const is = shown.at(was.frame)!;
          expect(similarity({ ...was, elements: [] }, { ...is, elements: [] })).toBeGreaterThanOrEqual(percent / 100);
        }
      }),
    );
  });
});
