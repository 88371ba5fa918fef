import { maskArea, unionMasks } from '@roto/geometry';
import { describe, expect, it } from 'vitest';
import type { Geometry, MaskGeometry } from '../document/records.ts';
import { toFrame } from '../document/records.ts';
import { areaOfRuns, maskOfGeometry } from '../masks/runs.ts';
import { outlineOf, pointsOfRings, ringsArea, ringsOf } from '../outline/rings.ts';
import { groupTool } from './group/group.ts';
import { joinTool } from './join/join.ts';
import { mergeTool } from './merge/merge.ts';
import { sliceTool } from './slice/slice.ts';
import { splitTool } from './split/split.ts';
import { box, Driver, flatPoints, polygon, sceneOf } from './testing/driver.ts';

const square = polygon(40, 20, 120, 20, 120, 80, 40, 80);
const disc: MaskGeometry = { kind: 'mask', runs: [0, 2400], left: 40, top: 20, right: 99, bottom: 59 };

function partsOf(d: Driver<unknown> | { commits: Driver<unknown>['commits'] }): readonly Geometry[] {
  const change = d.commits[0]?.changes[0];
  return change?.kind === 'divide' ? change.parts : [];
}
function area(geometry: Geometry): number {
  return geometry.kind === 'mask' ? areaOfRuns(geometry) : ringsArea(ringsOf(flatPoints(geometry)));
}

describe('slicing', () => {
  it('cuts a polygon in two along a line from contour to contour', () => {
    const d = new Driver(sliceTool, { scene: sceneOf({ a: square }) });
    expect(d.path).toBe('slice.pick');
    d.click(80, 50);
    expect(d.path).toBe('slice.start');
    expect(d.preview.focus).toEqual(['a']);
    d.click(70, 12).click(70, 50).click(90, 88);
    const parts = partsOf({ commits: d.commits });
    expect(parts).toHaveLength(2);
    expect(parts.reduce((sum, part) => sum + area(part), 0)).toBeCloseTo(80 * 60);
    expect(new Set(parts.map((part) => flatPoints(part).length))).toEqual(new Set([10]));
    expect(d.path).toBe('slice.pick');
  });

  it('cuts freehand, and a corner off within one edge pair', () => {
    const d = new Driver(sliceTool, { scene: sceneOf({ a: square }), selected: ['a'] });
    d.drag([100, 15], [100, 30], [105, 45], [125, 45]);
    expect(
      partsOf(d)
        .map(area)
        .reduce((a, b) => a + b),
    ).toBeCloseTo(4800);
  });

  it('refuses a line that crosses the contour or itself, and keeps what was drawn', () => {
    const u = polygon(20, 20, 180, 20, 180, 80, 140, 80, 140, 60, 60, 60, 60, 80, 20, 80);
    const d = new Driver(sliceTool, { scene: sceneOf({ u }), selected: ['u'] });
    // Straight down through the upper bar would be fine; from leg to leg the line leaves the shape.
    d.click(40, 84).click(160, 84);
    expect(d.said).toEqual(['slice-crosses']);
    expect(d.path).toBe('slice.cutting');
    const s = new Driver(sliceTool, { scene: sceneOf({ a: square }), selected: ['a'], scale: 4 });
    s.click(80, 20).click(80, 60).click(100, 60).click(100, 40).click(60, 40).click(60, 80);
    expect(s.said).toEqual(['slice-itself']);
  });

  it('begins near the contour only, and takes points back', () => {
    const d = new Driver(sliceTool, { scene: sceneOf({ a: square }), selected: ['a'] });
    d.click(80, 50);
    expect(d.said).toEqual(['slice-outside']);
    d.click(70, 20).click(72, 50).rightClick(0, 0).rightClick(0, 0);
    expect(d.path).toBe('slice.start');
  });

  it('gives every pixel of a mask to exactly one part', () => {
    const d = new Driver(sliceTool, { scene: sceneOf({ m: disc }), selected: ['m'] });
    d.click(70, 15).click(66, 40).click(75, 64);
    const [one, other] = partsOf(d) as [MaskGeometry, MaskGeometry];
    const size = d.context.scene.size;
    expect(area(one) + area(other)).toBe(2400);
    expect(maskArea(unionMasks(maskOfGeometry(one, size), maskOfGeometry(other, size)))).toBe(2400);
  });

  it('keeps holes with their part, and refuses a cut through one', () => {
    const rings = [outlineOf(flatPoints(square)), outlineOf([50, 40, 60, 40, 60, 50, 50, 50])];
    const scene = sceneOf({ h: { kind: 'polygon', points: pointsOfRings(rings) } });
    const d = new Driver(sliceTool, { scene, selected: ['h'] });
    d.click(90, 20).click(90, 80);
    expect(
      partsOf(d)
        .map((part) => ringsOf(flatPoints(part)).length)
        .sort(),
    ).toEqual([1, 2]);
    const through = new Driver(sliceTool, { scene, selected: ['h'] });
    through.click(55, 20).click(55, 80);
    expect(through.said).toEqual(['slice-crosses']);
  });

  it('says what it cannot slice', () => {
    const d = new Driver(sliceTool, { scene: sceneOf({ r: box(40, 20, 80, 60) }) });
    d.click(60, 40);
    const t = new Driver(sliceTool, { scene: sceneOf({ a: square }, { kind: 'track' }) });
    t.click(60, 40);
    expect([...d.said, ...t.said]).toEqual(['slice-kind', 'slice-track']);
  });
});

describe('joining', () => {
  const united = (d: { commits: Driver<unknown>['commits'] }): Geometry => {
    const change = d.commits[0]?.changes[0];
    if (change?.kind !== 'unite') throw new Error('nothing was united');
    return change.geometry;
  };

  it('makes one polygon of polygons that touch, keeping their vertices', () => {
    const d = new Driver(joinTool, { scene: sceneOf({ a: square, b: polygon(100, 40, 160, 40, 160, 60, 100, 60) }) });
    d.click(50, 50).click(150, 50);
    expect(d.path).toBe('join.2');
    d.key('finish');
    const geometry = united(d);
    expect(geometry.kind).toBe('polygon');
    expect(area(geometry)).toBeCloseTo(4800 + 40 * 20);
    expect(d.said).toEqual([]);
  });

  it('makes a mask of polygons that do not touch, and says so', () => {
    const d = new Driver(joinTool, { scene: sceneOf({ a: square, b: polygon(140, 40, 160, 40, 160, 60, 140, 60) }) });
    d.click(50, 50).click(150, 50).key('finish');
    expect(united(d).kind).toBe('mask');
    expect(area(united(d))).toBe(4800 + 400);
    expect(d.said).toEqual(['join-apart']);
  });

  it('joins masks with polygons, wants one label, and takes clicks back', () => {
    const scene = sceneOf({ a: square, m: { ...disc, left: 130, right: 189 } });
    const d = new Driver(joinTool, { scene });
    d.click(50, 50).click(150, 40).click(150, 40);
    expect(d.path).toBe('join.1');
    d.key('finish');
    expect(d.said).toEqual(['join-few']);
    d.click(150, 40).key('finish');
    expect(area(united(d))).toBe(4800 + 2400);
    const other = { ...scene, items: scene.items.map((item, i) => ({ ...item, label: i })) };
    const e = new Driver(joinTool, { scene: other });
    e.click(50, 50).click(150, 40);
    expect(e.said).toEqual(['join-label']);
  });
});

describe('merging, splitting, grouping', () => {
  it('collects shapes over frames, one of each, of one kind and label', () => {
    const d = new Driver(mergeTool, {
      scene: sceneOf({ a: square, r: box(140, 20, 180, 60), b: polygon(140, 70, 180, 70, 160, 95) }),
    });
    d.click(80, 50).click(160, 40).click(160, 80);
    expect(d.said).toEqual(['merge-kind', 'merge-frame']);
    expect(d.preview.marks).toHaveLength(1);
    d.context = { ...d.context, scene: { ...sceneOf({ c: square }), frame: toFrame(5) } };
    d.click(80, 50).key('finish');
    const [change] = d.commits[0]!.changes;
    expect(change).toMatchObject({ kind: 'merge', endsOutside: true });
    expect(change?.kind === 'merge' && change.members.map(({ uid, frame }) => [uid, frame])).toEqual([
      ['a', 0],
      ['c', 5],
    ]);
  });

  it('splits a track after its first keyframe only', () => {
    const scene = { ...sceneOf({ a: square }, { kind: 'track', startsAt: toFrame(3) }), frame: toFrame(3) };
    const d = new Driver(splitTool, { scene });
    d.click(80, 50);
    expect(d.said).toEqual(['split-first']);
    d.context = { ...d.context, scene: { ...scene, frame: toFrame(4) } };
    d.click(80, 50);
    expect(d.commits[0]!.changes).toEqual([{ kind: 'split', uid: 'a', frame: 4 }]);
    const s = new Driver(splitTool, { scene: sceneOf({ a: square }) });
    s.click(80, 50);
    expect(s.said).toEqual(['split-shape']);
  });

  it('groups what was clicked or boxed', () => {
    const d = new Driver(groupTool, { scene: sceneOf({ a: square, b: box(140, 20, 180, 60), c: box(2, 2, 12, 12) }) });
    d.click(80, 50).drag([130, 10], [190, 70]).key('finish');
    expect(d.commits[0]!.changes).toEqual([{ kind: 'group', uids: ['a', 'b'] }]);
  });
});
