import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCamera, fit, panBy, resize, toImage, toView, turnBy, visibleBox, zoomAt } from './camera.ts';
import { imagePoint, viewPoint } from './points.ts';

const image = { width: 1920, height: 1080 };
const view = { width: 912, height: 504 };
const coordinate = fc.double({ min: -3000, max: 3000, noNaN: true });

describe('the camera', () => {
  it('shows the whole frame in the middle at first', () => {
    const camera = createCamera(image, view);
    const a = toView(camera, imagePoint(0, 0));
    const b = toView(camera, imagePoint(1920, 1080));
    expect(a[0] + b[0]).toBeCloseTo(view.width);
    expect(a[1] + b[1]).toBeCloseTo(view.height);
    expect(a[0]).toBeGreaterThanOrEqual(0);
    expect(b[0]).toBeLessThanOrEqual(view.width);
  });

  it('converts there and back to the same point, turned or not', () => {
    fc.assert(
      fc.property(coordinate, coordinate, fc.integer({ min: 0, max: 7 }), (x, y, quarters) => {
        const camera = turnBy(panBy(createCamera(image, view), 13, -7), quarters);
        const back = toImage(camera, toView(camera, imagePoint(x, y)));
        expect(back[0]).toBeCloseTo(x, 6);
        expect(back[1]).toBeCloseTo(y, 6);
      }),
    );
  });

  it('keeps the image point under the pointer while it zooms, and stays within 5 % and 64', () => {
    fc.assert(
      fc.property(coordinate, coordinate, fc.double({ min: 0.001, max: 1000, noNaN: true }), (x, y, factor) => {
        const before = createCamera(image, view);
        const after = zoomAt(before, viewPoint(x, y), factor);
        const [a, b] = [toImage(before, viewPoint(x, y)), toImage(after, viewPoint(x, y))];
        expect(b[0]).toBeCloseTo(a[0], 5);
        expect(b[1]).toBeCloseTo(a[1], 5);
        expect(after.scale).toBeGreaterThanOrEqual(0.05);
        expect(after.scale).toBeLessThanOrEqual(64);
      }),
    );
  });

  it('keeps the middle of the view when the window or a panel changes size', () => {
    const before = zoomAt(createCamera(image, view), viewPoint(100, 100), 5);
    const after = resize(before, { width: 600, height: 900 });
    const [a, b] = [toImage(before, viewPoint(456, 252)), toImage(after, viewPoint(300, 450))];
    expect(b[0]).toBeCloseTo(a[0]);
    expect(b[1]).toBeCloseTo(a[1]);
  });

  it('turns the picture, so that its top is at the right after one quarter', () => {
    const camera = fit(turnBy(createCamera(image, view), 1));
    const top = toView(camera, imagePoint(960, 0));
    const bottom = toView(camera, imagePoint(960, 1080));
    expect(top[0]).toBeGreaterThan(bottom[0]);
    expect(top[1]).toBeCloseTo(bottom[1]);
  });

  it('says which part of the image is in view', () => {
    const box = visibleBox(createCamera(image, view));
    expect(box.x0).toBeLessThanOrEqual(0);
    expect(box.x1).toBeGreaterThanOrEqual(1920);
  });
});
