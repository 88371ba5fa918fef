import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interpolate, interpolateAt, type LabeledTrack, normaliseLabeledData, type TrackDraft } from '../index.ts';
import { frameSet, labels, plainTrack, skeletonTrack } from '../testing/arbitrary.ts';
import { matchCurves } from './match-curves.ts';

const range = { start: 0, stop: frameSet.frameCount - 1 };
const normal = (track: TrackDraft): LabeledTrack => normaliseLabeledData({ tracks: [track] }, labels).tracks[0]!;
const simple = (type: 'rectangle' | 'ellipse' | 'points' | 'polygon' | 'mask', ...keys: Partial<KeyDraft>[]) =>
  normal({ frame: keys[0]!.frame!, label_id: 12, shapes: keys.map((key) => ({ type, frame: 0, ...key })) });
type KeyDraft = {
  frame: number;
  points: number[];
  outside: boolean;
  rotation: number;
  occluded: boolean;
  z_order: number;
};
const framesSeen = (track: LabeledTrack, deleted?: ReadonlySet<number>) =>
  [...interpolate(track, { start: 0, stop: 12 }, deleted)].map((shape) => shape.frame);

test('rectangles and ellipses go evenly, and turn along the shorter arc', () => {
  const track = simple(
    'rectangle',
    { frame: 2, points: [0, 0, 10, 20], rotation: 350, occluded: true, z_order: 3 },
    { frame: 6, points: [8, 4, 22, 20], rotation: 10 },
  );
  expect(interpolateAt(track, 3)).toMatchObject({
    frame: 3,
    points: [2, 1, 13, 20],
    rotation: 355,
    occluded: true,
    z_order: 3,
    keyframe: false,
  });
  expect(interpolateAt(track, 4)!.rotation).toBe(0);
  expect(interpolateAt(track, 5)!.rotation).toBe(5);
  expect(interpolateAt(track, 6)).toMatchObject({ points: [8, 4, 22, 20], occluded: false, keyframe: true });
});

test('a single point goes evenly, several are held', () => {
  const one = simple('points', { frame: 0, points: [0, 0] }, { frame: 4, points: [8, 4] });
  expect(interpolateAt(one, 1)!.points).toEqual([2, 1]);
  const two = simple('points', { frame: 0, points: [0, 0, 1, 1] }, { frame: 4, points: [8, 4, 9, 9] });
  expect(interpolateAt(two, 3)!.points).toEqual([0, 0, 1, 1]);
});

test('a mask is held until the next keyframe', () => {
  const track = simple('mask', { frame: 0, points: [0, 2, 3, 4, 4, 4] }, { frame: 4, points: [0, 1, 9, 9, 9, 9] });
  expect([...interpolate(track, { start: 0, stop: 5 })].map((shape) => shape.points[1])).toEqual([2, 2, 2, 2, 1, 1]);
});

test('seen from the first keyframe to an outside one, again from the next, and then to the end', () => {
  const points = [1, 2];
  const track = simple('points', { frame: 2, points }, { frame: 4, points, outside: true }, { frame: 7, points });
  expect(framesSeen(track)).toEqual([2, 3, 7, 8, 9, 10, 11, 12]);
  expect(interpolateAt(track, 1)).toBeUndefined();
  expect(interpolateAt(track, 4)).toBeUndefined();
});

test('deleted frames show nothing, and keyframes on them count for nothing', () => {
  const track = simple(
    'points',
    { frame: 2, points: [0, 0] },
    { frame: 4, points: [90, 0] },
    { frame: 6, points: [4, 0] },
  );
  const deleted = new Set([4]);
  expect(framesSeen(track, deleted)).toEqual([2, 3, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(interpolateAt(track, 3, deleted)!.points).toEqual([1, 0]);
  expect(framesSeen(track, new Set([2, 4]))).toEqual([6, 7, 8, 9, 10, 11, 12]);
});

test('parts of a skeleton go by themselves; with all of them hidden it is not seen', () => {
  const track = normal({
    frame: 0,
    label_id: 13,
    shapes: [{ type: 'skeleton', frame: 0 }],
    elements: [
      {
        frame: 0,
        label_id: 14,
        shapes: [
          { type: 'points', frame: 0, points: [0, 0] },
          { type: 'points', frame: 4, points: [4, 8] },
          { type: 'points', frame: 8, points: [4, 8], outside: true },
        ],
      },
      { frame: 2, label_id: 15, shapes: [{ type: 'points', frame: 2, points: [5, 5], outside: true }] },
    ],
  });
  const at = (frame: number) =>
    interpolateAt(track, frame)?.elements.map(({ label_id, points, outside, keyframe }) => ({
      label_id,
      points,
      outside,
      keyframe,
    }));
  expect(at(1)).toEqual([{ label_id: 14, points: [1, 2], outside: false, keyframe: false }]);
  expect(at(4)).toEqual([
    { label_id: 14, points: [4, 8], outside: false, keyframe: true },
    { label_id: 15, points: [5, 5], outside: true, keyframe: false },
  ]);
  expect(interpolateAt(track, 4)!.keyframe).toBe(true);
  expect(at(8)).toBeUndefined();
});

// By hand from the rule. Shares along the curve are written beside the vertices.
test.each([
  {
    name: 'polygons of equal form: vertex by vertex',
    left: [0, 0, 8, 0, 0, 6],
    right: [0, 0, 16, 0, 0, 12],
    t: 0.25,
    closed: true,
    points: [0, 0, 10, 0, 0, 7.5],
  },
  {
    // left 0, 1/4, 2/3, 1; right 0, 1/4, 1/2, 3/4, 1. The right 1/2 is left over and goes to the left 2/3, which so has
    // two matches: 8 / (2 · 2) = 2 apart, and they are 4 apart.
    name: 'triangle to square: the third vertex opens to an edge',
    left: [0, 0, 6, 0, 0, 8],
    right: [0, 0, 8, 0, 8, 8, 0, 8],
    t: 0.5,
    closed: true,
    points: [0, 0, 7, 0, 4, 8, 0, 8],
  },
  {
    // At 1/8 the two are 1 apart, less than 2: they become their midpoint.
    name: 'triangle to square, early: still three vertices',
    left: [0, 0, 6, 0, 0, 8],
    right: [0, 0, 8, 0, 8, 8, 0, 8],
    t: 0.125,
    closed: true,
    points: [0, 0, 6.25, 0, 0.5, 8],
  },
  {
    // left 0, 1; right 0, 1/2, 1. The right 1/2 is as near to both: the first wins. 5 / (2 · 2) = 1.25 apart.
    name: 'polyline that gains a vertex, half way',
    left: [0, 0, 10, 0],
    right: [0, 10, 5, 10, 10, 10],
    t: 0.5,
    closed: false,
    points: [0, 5, 2.5, 5, 10, 5],
  },
  {
    name: 'polyline that gains a vertex, early: two near points become one',
    left: [0, 0, 10, 0],
    right: [0, 10, 5, 10, 10, 10],
    t: 0.1,
    closed: false,
    points: [0.25, 1, 10, 1],
  },
  {
    // left 0, 1/2, 1; right 0, 1. The left 1/2 goes to the right 0, in one run with the left 0.
    name: 'polyline that loses a vertex, late',
    left: [0, 0, 5, 0, 10, 0],
    right: [0, 10, 10, 10],
    t: 0.9,
    closed: false,
    points: [0.25, 9, 10, 9],
  },
  {
    // Without length all vertices lie at 0: the first takes every right one, 12 / (2 · 5) = 1.2 apart, closed at the end.
    name: 'a polygon of one point only grows, and nothing is divided by nothing',
    left: [1, 1, 1, 1, 1, 1],
    right: [1, 1, 5, 1, 5, 3, 1, 3],
    t: 1,
    closed: true,
    points: [1, 1, 5, 1, 5, 3, 1, 3, 1, 1, 1, 1, 1, 1],
  },
])('$name', ({ left, right, t, closed, points }) => {
  const got = matchCurves(left, right, closed)(t);
  if (points.length > 8) expect(got.every(Number.isFinite)).toBe(true);
  else expect(got.map((value) => Math.round(value * 1e9) / 1e9)).toEqual(points);
});

test('laws: keyframes are met exactly, visibility follows them, every shape between is sound', () => {
  fc.assert(
    fc.property(fc.oneof(plainTrack(), skeletonTrack).map(normal), (track) => {
      const shown = new Map(interpolate(track, range).map((shape) => [shape.frame, shape]));
      for (const [i, key] of track.shapes.entries()) {
        const isWhole = track.elements.length === 0;
        if (isWhole) expect(shown.has(key.frame)).toBe(!key.outside);
        const { keyframe, elements, ...shape } = shown.get(key.frame) ?? { keyframe: true, elements: [] };
        if (shown.has(key.frame) && isWhole) expect(shape).toEqual(key);
        const next = track.shapes[i + 1]?.frame ?? frameSet.frameCount;
        for (let frame = key.frame + 1; frame < next && isWhole; frame++) {
          expect(shown.has(frame)).toBe(!key.outside);
          if (!key.outside) expect(shown.get(frame)).toMatchObject({ keyframe: false, occluded: key.occluded });
        }
      }
      for (const { type, points } of shown.values()) {
        expect(points.every(Number.isFinite)).toBe(true);
        if (type === 'polygon') expect(points.length).toBeGreaterThanOrEqual(6);
        if (type === 'polyline') expect(points.length).toBeGreaterThanOrEqual(4);
      }
    }),
  );
});

test('laws: one frame, any part of the range and the whole range agree', () => {
  fc.assert(
    fc.property(plainTrack().map(normal), fc.nat(39), fc.nat(39), (track, a, b) => {
      const all = [...interpolate(track, range)];
      const part = { start: Math.min(a, b), stop: Math.max(a, b) };
      expect([...interpolate(track, part)]).toEqual(
        all.filter(({ frame }) => part.start <= frame && frame <= part.stop),
      );
      expect(interpolateAt(track, a)).toEqual(all.find(({ frame }) => frame === a));
    }),
  );
});
