import { describe, expect, it } from 'vitest';
import type { Geometry } from '../../document/records.ts';
import { outlineOf, pointsOfRings } from '../../outline/rings.ts';
import { box, Driver, flatPoints, polygon, sceneOf } from '../testing/driver.ts';
import { boxSelectTool, selectTool } from './select.ts';

const square = polygon(20, 20, 60, 20, 60, 60, 20, 60);
const scene = sceneOf({
  large: box(5, 5, 195, 95),
  small: square,
  line: { kind: 'polyline', points: [100, 20, 150, 60] },
});

describe('selecting', () => {
  it('takes the object whose border is nearest, so that a small one inside a large one can be reached', () => {
    const d = new Driver(selectTool, { scene });
    d.click(40, 40);
    expect(d.context.selected).toEqual(['small']);
    d.click(10, 50);
    expect(d.context.selected).toEqual(['large']);
    d.click(126, 41);
    expect(d.context.selected).toEqual(['line']);
  });

  it('adds and takes away with Ctrl, and clears on ground', () => {
    const d = new Driver(selectTool, { scene });
    d.click(40, 40).hold({ ctrl: true }).click(126, 41);
    expect(d.context.selected).toEqual(['small', 'line']);
    d.click(40, 40);
    expect(d.context.selected).toEqual(['line']);
    d.hold({}).click(2, 2);
    expect(d.context.selected).toEqual([]);
    expect(d.effects).toContainEqual({ type: 'pan' });
  });

  it('shows what is under the pointer, keeps it with Ctrl, and goes to the next with X', () => {
    const d = new Driver(selectTool, { scene });
    d.move(40, 40);
    expect(d.context.hovered).toBe('small');
    d.hold({ ctrl: true }).move(180, 90);
    expect(d.context.hovered).toBe('small');
    d.hold({}).move(40, 40).key('next-under-pointer');
    expect(d.context.hovered).toBe('large');
    d.press(40, 40).release(40, 40);
    expect(d.context.selected).toEqual(['large']);
  });

  it('draws a box around objects with Shift, or always in its own tool; only those wholly inside count', () => {
    const d = new Driver(selectTool, { scene });
    d.hold({ shift: true }).drag([15, 15], [160, 70]);
    expect(d.context.selected).toEqual(['small', 'line']);
    const b = new Driver(boxSelectTool, { scene });
    b.drag([2, 2], [70, 70]);
    expect(b.context.selected).toEqual(['small']);
  });

  it('selects the whole group with Alt', () => {
    const d = new Driver(selectTool, { scene: sceneOf({ a: square, b: box(100, 10, 120, 30) }, { group: 3 }) });
    d.hold({ alt: true }).click(40, 40);
    expect(d.context.selected).toEqual(['a', 'b']);
  });

  it('opens the menu with all objects below the pointer', () => {
    const d = new Driver(selectTool, { scene });
    d.move(40, 40).rightClick(40, 40);
    expect(d.effects).toContainEqual({ type: 'menu', uid: 'small', others: ['large'] });
  });
});

describe('moving', () => {
  it('begins after 4 CSS pixels and ends in one step', () => {
    const d = new Driver(selectTool, { scene });
    d.press(40, 40).move(42, 41);
    expect(d.path).toBe('select.pressed');
    d.move(50, 45);
    expect(d.path).toBe('select.moving');
    expect(d.commits).toEqual([]);
    d.release(50, 45);
    expect(d.commits).toHaveLength(1);
    expect(d.reshaped).toEqual(polygon(30, 25, 70, 25, 70, 65, 30, 65));
  });

  it('keeps objects in the frame, all by the same way, and is taken back by Esc', () => {
    const d = new Driver(selectTool, { scene, selected: ['small', 'line'] });
    d.drag([40, 40], [0, 40]);
    expect(d.commits[0]!.changes.map((c) => c.kind === 'reshape' && flatPoints(c.geometry)[0])).toEqual([0, 80]);
    d.press(40, 40).move(60, 40).key('cancel').release(60, 40);
    expect(d.commits).toHaveLength(1);
  });

  it('says why a pinned or locked object does not move', () => {
    const pinned = new Driver(selectTool, { scene: sceneOf({ a: square }, { pinned: true }) });
    pinned.drag([40, 40], [50, 50]);
    expect([pinned.said, pinned.commits]).toEqual([['pinned'], []]);
    const locked = new Driver(selectTool, { scene: sceneOf({ a: square }, { locked: true }) });
    locked.drag([40, 40], [50, 50]);
    expect(locked.said).toEqual(['locked']);
    expect(locked.context.selected).toEqual(['a']);
  });

  it('moves masks by whole pixels', () => {
    const mask: Geometry = { kind: 'mask', runs: [0, 100], left: 10, top: 10, right: 19, bottom: 19 };
    const d = new Driver(selectTool, { scene: sceneOf({ m: mask }) });
    d.drag([15, 15], [21.4, 15.6]);
    expect(d.reshaped).toEqual({ ...mask, left: 16, right: 25, top: 11, bottom: 20 });
  });

  it('nudges by arrow keys, in steps that join', () => {
    const d = new Driver(selectTool, { scene, selected: ['small'] });
    d.send({ type: 'nudge', dx: 10, dy: -1 });
    expect(d.reshaped).toEqual(polygon(30, 19, 70, 19, 70, 59, 30, 59));
    expect(d.commits[0]!.joins).toBe('nudge');
  });
});

describe('editing points', () => {
  const selected = ['small'];

  it('moves one point, deletes it with Alt, and inserts one on an edge', () => {
    const d = new Driver(selectTool, { scene, selected });
    d.drag([20, 20], [25, 30]);
    expect(d.reshaped).toEqual(polygon(25, 30, 60, 20, 60, 60, 20, 60));
    d.hold({ alt: true }).click(60, 60).hold({});
    expect(d.reshaped).toEqual(polygon(20, 20, 60, 20, 20, 60));
    d.click(40, 21);
    expect(d.reshaped).toEqual(polygon(20, 20, 40, 20, 60, 20, 60, 60, 20, 60));
    d.drag([40, 61], [40, 75]);
    expect(d.reshaped).toEqual(polygon(20, 20, 60, 20, 60, 60, 40, 75, 20, 60));
  });

  it('stops at three points', () => {
    const d = new Driver(selectTool, { scene: sceneOf({ t: polygon(20, 20, 60, 20, 40, 60) }), selected: ['t'] });
    d.hold({ alt: true }).click(20, 20);
    expect(d.said).toEqual(['least-points']);
  });

  it('removes points as an object with its last one', () => {
    const d = new Driver(selectTool, { scene: sceneOf({ p: { kind: 'points', points: [30, 30] } }), selected: ['p'] });
    d.hold({ alt: true }).click(30, 30);
    expect(d.commits[0]!.changes).toEqual([{ kind: 'remove', uids: ['p'] }]);
  });

  it('chooses points with a box on the active polygon, and moves, nudges and deletes them together', () => {
    const d = new Driver(selectTool, { scene, selected });
    d.hold({ shift: true }).drag([15, 15], [65, 25]);
    expect(d.context.selected).toEqual(['small']);
    d.hold({}).drag([20, 20], [25, 10]);
    expect(d.reshaped).toEqual(polygon(25, 10, 65, 10, 60, 60, 20, 60));
    d.send({ type: 'nudge', dx: 0, dy: 0.1 });
    expect(d.reshaped).toEqual(polygon(20, 20.1, 60, 20.1, 60, 60, 20, 60));
    d.key('delete');
    expect(d.said).toEqual(['least-points']);
    d.key('cancel').key('delete');
    expect(d.ignored).toBe(true);
  });

  it('moves both ends of a bridge, so that a hole stays a hole', () => {
    const rings = [outlineOf([10, 10, 110, 10, 110, 90, 10, 90]), outlineOf([40, 40, 60, 40, 60, 60])];
    const d = new Driver(selectTool, {
      scene: sceneOf({ h: { kind: 'polygon', points: pointsOfRings(rings) } }),
      selected: ['h'],
    });
    d.drag([40, 40], [35, 35]);
    expect(d.reshaped).toEqual({
      kind: 'polygon',
      points: pointsOfRings([rings[0]!, outlineOf([35, 35, 60, 40, 60, 60])]),
    });
  });

  it('turns and resizes a rectangle: Shift keeps the ratio, Alt the middle, and turns by 15 degrees', () => {
    const d = new Driver(selectTool, { scene: sceneOf({ r: box(80, 40, 120, 60) }), selected: ['r'] });
    d.drag([120, 60], [140, 65]);
    expect(d.reshaped).toEqual(box(80, 40, 140, 65));
    d.hold({ shift: true }).drag([120, 60], [140, 61]);
    expect(d.reshaped).toEqual(box(80, 40, 140, 70));
    d.hold({ alt: true }).drag([120, 50], [130, 50]);
    expect(d.reshaped).toEqual(box(70, 40, 130, 60));
    d.hold({ shift: true }).drag([100, 16], [134, 52]);
    expect(d.reshaped).toEqual({ ...box(80, 40, 120, 60), rotation: 90 });
  });

  it('keeps the opposite corner of a turned rectangle where it is', () => {
    const turned = { ...box(80, 40, 120, 60), rotation: 90 } as Geometry;
    const d = new Driver(selectTool, { scene: sceneOf({ r: turned }), selected: ['r'] });
    // Turned by 90°, the left top corner is at the right top: (110, 30). The opposite one is (90, 70).
    d.drag([110, 30], [120, 20]);
    expect(d.reshaped).toEqual({ ...box(80, 30, 130, 60), rotation: 90 });
  });

  it('scales and turns polygons by a box on demand, and mirrors them', () => {
    const d = new Driver(selectTool, { scene, selected });
    d.send({ type: 'box-handles' }).drag([60, 60], [100, 80]);
    expect(d.reshaped).toEqual(polygon(20, 20, 100, 20, 100, 80, 20, 80));
    d.send({ type: 'mirror', axis: 'horizontal' });
    expect(d.reshaped).toEqual(polygon(60, 20, 20, 20, 20, 60, 60, 60));
  });
});

describe('editing a contour', () => {
  const selected = ['small'];

  it('replaces the shorter part when length and area agree', () => {
    const d = new Driver(selectTool, { scene, selected });
    d.hold({ shift: true }).click(20, 20).hold({});
    expect(d.path).toBe('select.contour');
    d.click(40, 10).click(60, 20);
    expect(d.reshaped).toEqual(polygon(60, 20, 60, 60, 20, 60, 20, 20, 40, 10));
  });

  it('lets the person choose when they do not agree', () => {
    const d = new Driver(selectTool, { scene, selected });
    d.hold({ shift: true }).click(20, 20).hold({}).click(30, 50).click(50, 50).click(60, 20);
    expect(d.path).toBe('select.choosing');
    d.move(40, 22).press(40, 22);
    expect(flatPoints(d.reshaped).length).toBe(8);
    expect(d.path).toBe('select.idle');
  });

  it('ends at the nearest point by N, and never throws the points away', () => {
    const d = new Driver(selectTool, { scene, selected });
    d.hold({ shift: true }).click(20, 20).hold({}).click(40, 10).click(58, 12).key('finish');
    expect(d.reshaped).toEqual(polygon(60, 20, 60, 60, 20, 60, 20, 20, 40, 10, 58, 12));
  });

  it('goes on from the end of a line', () => {
    const d = new Driver(selectTool, { scene, selected: ['line'] });
    d.hold({ shift: true }).click(150, 60).hold({}).click(180, 80).key('finish');
    expect(d.reshaped).toEqual({ kind: 'polyline', points: [100, 20, 150, 60, 180, 80] });
  });
});
