import { describe, expect, it } from 'vitest';
import { ringsOf } from '../../outline/rings.ts';
import { Driver, flatPoints, polygon, sceneOf } from '../testing/driver.ts';
import { polygonTool } from './polygon.ts';

const triangle = [20, 20, 80, 20, 50, 70];

describe('drawing a polygon', () => {
  it('sets a point for each click and closes on the first one', () => {
    const d = new Driver(polygonTool);
    expect(d.path).toBe('polygon.idle');
    d.click(20, 20).click(80, 20);
    expect(d.path).toBe('polygon.placing');
    d.click(50, 70).click(22, 21);
    expect(d.created).toEqual([polygon(...triangle)]);
    expect(d.path).toBe('polygon.idle');
    expect(d.effects).toContainEqual({ type: 'close', again: false });
  });

  it.each([
    ['N or Enter', (d: Driver<unknown>) => d.click(50, 70).key('finish')],
    ['a double click', (d: Driver<unknown>) => d.doubleClick(50, 70)],
  ])('closes by %s', (_, end) => {
    const d = new Driver(polygonTool);
    end(d.click(20, 20).click(80, 20) as Driver<unknown>);
    expect(d.created).toEqual([polygon(...triangle)]);
  });

  it('closes by itself at the number of points that was asked for', () => {
    const d = new Driver(polygonTool, { options: { pointCount: 3 } });
    d.click(20, 20).click(80, 20).click(50, 70);
    expect(d.created).toEqual([polygon(...triangle)]);
  });

  it('takes points back by right click, Backspace and Ctrl+Z, and leaves undo to the job when none is left', () => {
    const d = new Driver(polygonTool);
    d.click(20, 20).click(80, 20).click(50, 70).click(10, 10);
    d.rightClick(0, 0).key('back').key('undo').key('undo');
    expect(d.path).toBe('polygon.idle');
    expect(d.ignored).toBe(false);
    d.key('undo');
    expect(d.ignored).toBe(true);
    d.key('redo').key('redo').key('redo').key('finish');
    expect(d.created).toEqual([polygon(...triangle)]);
  });

  it('draws freehand with the button held, a point every 15 CSS pixels, all of them one step of undo', () => {
    const d = new Driver(polygonTool, { scale: 2 });
    d.click(10, 10).press(20, 10);
    for (let x = 21; x <= 80; x++) d.move(x, 10);
    d.release(80, 10);
    const points = d.preview.figures!.find((figure) => figure.dots)!.points;
    expect(points).toHaveLength(2 + Math.floor(60 / 8));
    d.key('undo');
    expect(d.preview.figures!.find((figure) => figure.dots)!.points).toHaveLength(1);
  });

  it('sets points while the pointer strolls with Shift held', () => {
    const d = new Driver(polygonTool);
    d.click(10, 10).hold({ shift: true });
    for (let x = 11; x <= 60; x++) d.move(x, 10);
    expect(d.preview.figures!.find((figure) => figure.dots)!.points).toHaveLength(4);
    d.key('undo');
    expect(d.preview.figures!.find((figure) => figure.dots)!.points).toHaveLength(3);
  });

  it('refuses what is too small or has too few points, and keeps the figure', () => {
    const d = new Driver(polygonTool);
    d.click(20, 20).click(30, 20).key('finish');
    expect(d.said).toEqual(['too-few-points']);
    d.click(20, 20.2).key('finish');
    expect(d.path).toBe('polygon.placing');
    d.key('back').click(25, 20.5).key('finish');
    expect(d.said).toEqual(['too-few-points', 'too-small', 'too-small']);
    expect(d.created).toEqual([]);
  });

  it('cuts the figure at the border of the frame, and refuses one that is outside', () => {
    const d = new Driver(polygonTool);
    d.click(-50, 20).click(50, 20).click(50, 80).click(-50, 80).key('finish');
    expect(new Set(flatPoints(d.created[0]))).toEqual(new Set([0, 20, 50, 80]));
    d.click(-50, 20).click(-20, 20).click(-20, 80).key('finish');
    expect(d.said).toEqual(['outside-frame']);
  });

  it('warns when the figure crosses itself', () => {
    const d = new Driver(polygonTool);
    d.click(20, 20).click(80, 80).click(80, 20).click(20, 80);
    expect(d.preview.note?.message.key).toBe('crosses-itself');
  });

  it('cuts a hole into the selected polygon with Alt held at the first click', () => {
    const outer = [10, 10, 110, 10, 110, 90, 10, 90];
    const d = new Driver(polygonTool, { scene: sceneOf({ a: polygon(...outer) }), selected: ['a'] });
    d.hold({ alt: true }).click(40, 40).hold({}).click(60, 40).click(60, 60);
    expect(d.path).toBe('polygon.hole');
    d.key('finish');
    const [change] = d.commits[0]!.changes;
    if (change?.kind !== 'reshape' || change.geometry.kind !== 'polygon') throw new Error('not reshaped');
    const rings = ringsOf(change.geometry.points);
    expect(rings.map((ring) => ring.length)).toEqual([4, 3]);
    expect(change.geometry.points).toHaveLength(2 * (4 + 3 + 2));
  });

  it('refuses a hole that leaves the polygon', () => {
    const d = new Driver(polygonTool, {
      scene: sceneOf({ a: polygon(10, 10, 60, 10, 60, 90, 10, 90) }),
      selected: ['a'],
    });
    d.hold({ alt: true }).click(40, 40).hold({}).click(90, 40).click(60, 60).key('finish');
    expect(d.said).toEqual(['hole-outside']);
    expect(d.path).toBe('polygon.hole');
  });

  it('snaps to the border always and to vertices of others when chosen, equal to the bit; Ctrl suspends it', () => {
    const scene = sceneOf({ a: polygon(50.123456, 50.654321, 90, 50, 90, 90) });
    const d = new Driver(polygonTool, { scene, options: { snapToPoint: true } });
    d.click(3, 40).click(52, 49).hold({ ctrl: true }).click(52, 45).hold({}).key('finish');
    expect(d.created).toEqual([polygon(0, 40, 50.123456, 50.654321, 52, 45)]);
  });

  it('follows a foreign contour from a click on it to the next, in the direction of the pointer', () => {
    const square = [50, 20, 100, 20, 100, 70, 50, 70];
    const run = (way: readonly (readonly [number, number])[]): number[] => {
      const d = new Driver(polygonTool, {
        scene: sceneOf({ a: polygon(...square) }),
        options: { snapToContour: true },
      });
      d.click(20, 45).click(50, 45);
      expect(d.path).toBe('polygon.tracing');
      for (const [x, y] of way) d.move(x, y);
      d.click(100, 45).click(150, 45).key('finish');
      return flatPoints(d.created[0]);
    };
    const above = run([
      [50, 30],
      [52, 20],
      [80, 20],
      [100, 21],
      [100, 44],
    ]);
    expect(above).toEqual([20, 45, 50, 45, 50, 20, 100, 20, 100, 45, 150, 45]);
    const below = run([
      [50, 60],
      [52, 70],
      [80, 70],
      [100, 69],
      [100, 46],
    ]);
    expect(below).toEqual([20, 45, 50, 45, 50, 70, 100, 70, 100, 45, 150, 45]);
  });
});
