import { describe, expect, it } from 'vitest';
import { ellipseTool } from '../ellipse/ellipse.ts';
import { pointsTool } from '../points/points.ts';
import { polylineTool } from '../polyline/polyline.ts';
import { box, Driver } from '../testing/driver.ts';
import { rectangleTool } from './rectangle.ts';

describe('drawing a rectangle', () => {
  it('takes a drag, or two clicks', () => {
    const d = new Driver(rectangleTool);
    d.drag([10, 20], [50, 30], [60, 70]);
    d.click(100, 20).click(150, 60);
    expect(d.created).toEqual([box(10, 20, 60, 70), box(100, 20, 150, 60)]);
  });

  it('is a square with Shift, around the first point with Alt, and follows the keys while they are pressed', () => {
    const d = new Driver(rectangleTool);
    d.move(100, 50).press(100, 50).move(120, 60).hold({ shift: true, alt: true }).release(120, 60);
    expect(d.created).toEqual([box(80, 30, 120, 70)]);
    d.hold({ shift: true }).press(100, 50).move(80, 40).hold({}).release(80, 40);
    expect(d.created[1]).toEqual(box(80, 40, 100, 50));
  });

  it('is cut at the border, and refused when a side is below 3 pixels', () => {
    const d = new Driver(rectangleTool);
    d.drag([150, 50], [260, 160]);
    expect(d.created).toEqual([box(150, 50, 200, 100)]);
    d.drag([50, 50], [80, 52]);
    expect(d.said).toEqual(['too-small']);
  });

  it('takes four extreme points in any order, and takes one back by right click', () => {
    const d = new Driver(rectangleTool, { options: { rectangle: 'extreme-points' } });
    d.click(50, 20).click(150, 40).rightClick(0, 0).click(80, 60).click(60, 90).click(30, 50);
    expect(d.created).toEqual([box(30, 20, 80, 90)]);
  });

  it('drops the first corner with Ctrl+Z, and leaves the tool by Esc', () => {
    const d = new Driver(rectangleTool);
    d.click(10, 10).key('undo');
    expect(d.path).toBe('rectangle.idle');
    expect(d.ignored).toBe(false);
    d.key('undo');
    expect(d.ignored).toBe(true);
    d.key('cancel');
    expect(d.effects).toContainEqual({ type: 'close' });
  });
});

describe('other simple figures', () => {
  it('draws an ellipse into its box', () => {
    const d = new Driver(ellipseTool);
    d.drag([20, 20], [80, 60]);
    expect(d.created).toEqual([{ kind: 'ellipse', cx: 50, cy: 40, right: 80, top: 20, rotation: 0 }]);
  });

  it('draws a line of two points or more', () => {
    const d = new Driver(polylineTool);
    d.click(20, 20).key('finish');
    expect(d.said).toEqual(['too-few-points']);
    d.click(60, 20).doubleClick(80, 40);
    expect(d.created).toEqual([{ kind: 'polyline', points: [20, 20, 60, 20, 80, 40] }]);
  });

  it('sets points, leaving out those outside of the frame', () => {
    const d = new Driver(pointsTool);
    d.drag([20, 20], [60, 20]).click(50, 50).click(300, 10).key('finish');
    expect(d.created).toEqual([{ kind: 'points', points: [20, 20, 50, 50] }]);
  });
});
