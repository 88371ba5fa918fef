import { expect, it } from 'vitest';
import { toImage } from './camera.ts';
import { viewPoint } from './points.ts';
import { ViewCamera } from './view-camera.ts';

const image = { width: 1920, height: 1080 };

it('puts zoom, place and turn back in a view of another size; a whole frame is not kept', () => {
  const before = new ViewCamera(image, { width: 1000, height: 600 }, () => {});
  expect(before.saved()).toBeUndefined();
  before.turn(1);
  before.zoomAt(viewPoint(200, 150), 4);
  const after = new ViewCamera(image, { width: 700, height: 500 }, () => {});
  after.restore(before.saved()!);
  expect(after.now).toMatchObject({ turn: 1, scale: before.now.scale });
  const [a, b] = [toImage(before.now, viewPoint(500, 300)), toImage(after.now, viewPoint(350, 250))];
  expect(b[0]).toBeCloseTo(a[0]);
  expect(b[1]).toBeCloseTo(a[1]);
});

it('follows the size of the view with the whole frame until somebody zooms', () => {
  const camera = new ViewCamera(image, { width: 1000, height: 600 }, () => {});
  camera.resize({ width: 500, height: 600 });
  expect(camera.now.scale * 1920).toBeLessThanOrEqual(500);
  camera.zoomTo(2);
  camera.resize({ width: 1500, height: 900 });
  expect(camera.now.scale).toBe(2);
});
