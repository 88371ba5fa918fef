import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Box, boxArea, boxIou, boxToXywh, clampBox, createMask, maskIou, scaleBox, unionBoxes } from './index.ts';

const side = fc.integer({ min: 0, max: 12 });
const boxes = fc
  .tuple(side, side, side, side)
  .map(
    ([a, b, c, d]): Box => ({ x0: Math.min(a, c), y0: Math.min(b, d), x1: Math.max(a, c) + 1, y1: Math.max(b, d) + 1 }),
  );

test('the IoU of boxes is that of their pixels', () => {
  fc.assert(
    fc.property(boxes, boxes, (a, b) => {
      expect(boxIou(a, b)).toBeCloseTo(maskIou(filled(a), filled(b)), 12);
      expect(boxIou(a, b)).toBe(boxIou(b, a));
      expect(boxIou(a, a)).toBe(1);
    }),
  );
});

test('a union holds both, and scaling scales the area', () => {
  fc.assert(
    fc.property(boxes, boxes, (a, b) => {
      const both = unionBoxes(a, b);
      expect(clampBox(a, both.x1, both.y1)).toEqual(a);
      expect(boxArea(both)).toBeGreaterThanOrEqual(Math.max(boxArea(a), boxArea(b)));
      expect(boxArea(scaleBox(a, 2, 3))).toBe(6 * boxArea(a));
    }),
  );
});

test('clamping cuts at the picture and tells when nothing is left', () => {
  expect(clampBox({ x0: -3, y0: 2, x1: 5, y1: 99 }, 4, 10)).toEqual({ x0: 0, y0: 2, x1: 4, y1: 10 });
  expect(clampBox({ x0: 4, y0: 0, x1: 6, y1: 3 }, 4, 10)).toBeNull();
});

test('COCO has left, top, width, height; boxes without area are equal or apart', () => {
  const box = { x0: 1, y0: 2, x1: 4, y1: 8 };
  expect(boxToXywh(box)).toEqual([1, 2, 3, 6]);
  const point = { x0: 1, y0: 1, x1: 1, y1: 1 };
  expect(boxIou(point, point)).toBe(1);
  expect(boxIou(point, { ...point, x0: 0, x1: 0 })).toBe(0);
  expect(boxArea({ x0: 5, y0: 5, x1: 2, y1: 9 })).toBe(0);
});

function filled(box: Box) {
  const mask = createMask(14, 14);
  for (let y = box.y0; y < box.y1; y++) mask.data.fill(1, y * 14 + box.x0, y * 14 + box.x1);
  return mask;
}
