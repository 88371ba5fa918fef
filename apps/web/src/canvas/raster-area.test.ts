import { describe, expect, it } from 'vitest';
import { createCamera, panBy, turnBy, zoomAt } from './camera.ts';
import { viewPoint } from './points.ts';
import { areaFor, covers } from './raster-area.ts';

const image = { width: 1920, height: 1080 };
const view = { width: 1000, height: 600 };
const frame = { x0: 0, y0: 0, x1: 1920, y1: 1080 };
const middle = viewPoint(500, 300);

describe('the area of a raster', () => {
  it('is the frame when that fits into the view: no pan and no zoom out needs another one', () => {
    const camera = createCamera(image, view);
    const area = areaFor(camera, frame, 16e6)!;
    expect(area.width * area.height).toBeLessThan(1020 * 600);
    expect(covers(area, panBy(camera, 300, -200), frame)).toBe(true);
    expect(covers(area, zoomAt(camera, middle, 0.3), frame)).toBe(true);
    expect(covers(area, zoomAt(camera, middle, 4), frame)).toBe(true);
  });

  it('reaches a fifth of the view over each side when the frame is larger, and is left after that', () => {
    const camera = zoomAt(createCamera(image, view), middle, 6);
    const area = areaFor(camera, frame, 16e6)!;
    expect(area).toMatchObject({ left: -200, top: -120, width: 1400, height: 840 });
    expect(covers(area, panBy(camera, 190, -110), frame)).toBe(true);
    expect(covers(area, panBy(camera, 220, 0), frame)).toBe(false);
    expect(covers(area, turnBy(camera, 1), frame)).toBe(false);
  });

  it('has no margin where a canvas would be too large, and is nothing when the frame is out of reach', () => {
    const camera = zoomAt(createCamera(image, view), middle, 6);
    expect(areaFor(camera, frame, 600_000)).toMatchObject({ left: 0, top: 0, width: 1000, height: 600 });
    expect(areaFor(panBy(camera, 90_000, 0), frame, 16e6)).toBeUndefined();
  });
});
