import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  checkLabeledData,
  type InterpolatedShape,
  interpolate,
  type LabeledData,
  type LabeledDataDraft,
  mergeLabeledData,
  normaliseLabeledData,
  sliceLabeledData,
  sliceTrack,
} from '../index.ts';
import { frameSet, labeledData, labels, plainTrack, skeletonTrack } from '../testing/arbitrary.ts';
import { assign } from './assignment.ts';

const all = { start: 0, stop: frameSet.frameCount - 1 };
const normal = (data: LabeledDataDraft): LabeledData => normaliseLabeledData(data, labels);
const exactTypes = ['rectangle', 'ellipse', 'points', 'cuboid', 'mask'] as const;

/** What is to be seen of a track. */
function seen(shapes: Iterable<InterpolatedShape>) {
  return [...shapes].map(({ frame, type, points, occluded, rotation, attributes, elements }) => ({
    frame,
    type,
    occluded,
    attributes,
    points,
    rotation: rotation % 360,
    elements: elements.map((one) => ({ label_id: one.label_id, outside: one.outside, points: one.points })),
  }));
}

/** The same, but for the last bits of floats. */
function expectAlike(got: ReturnType<typeof seen>, wanted: ReturnType<typeof seen>): void {
  const apart = (shapes: ReturnType<typeof seen>) =>
    shapes.map(({ points, rotation, elements, ...rest }) => ({
      ...rest,
      elements: elements.map(({ points: _, ...part }) => part),
    }));
  const numbers = (shapes: ReturnType<typeof seen>) =>
    shapes.flatMap(({ points, rotation, elements }) => [
      ...points,
      Math.cos((rotation * Math.PI) / 180),
      ...elements.flatMap((part) => part.points),
    ]);
  expect(apart(got)).toEqual(apart(wanted));
  const [a, b] = [numbers(got), numbers(wanted)];
  expect(a.length).toBe(b.length);
  expect(a.every((value, i) => Math.abs(value - b[i]!) < 1e-6)).toBe(true);
}

test('a slice shows on its frames what the whole track shows', () => {
  const tracks = fc.oneof(plainTrack(exactTypes), skeletonTrack).map((track) => normal({ tracks: [track] }).tracks[0]!);
  fc.assert(
    fc.property(tracks, fc.nat(39), fc.nat(39), (track, a, b) => {
      const range = { start: Math.min(a, b), stop: Math.max(a, b) };
      const slice = sliceTrack(track, range);
      const whole = seen(interpolate(track, range));
      expectAlike(slice ? seen(interpolate(slice, range)) : [], whole);
      if (slice) {
        expect(slice.shapes.every(({ frame }) => range.start <= frame && frame <= range.stop)).toBe(true);
        expect(slice.frame).toBe(slice.shapes[0]!.frame);
        expect(checkLabeledData({ tracks: [slice] }, labels, frameSet)).toEqual([]);
      }
    }),
  );
});

test('a slice of polygons shows the same at its ends', () => {
  fc.assert(
    fc.property(plainTrack(['polygon', 'polyline']), fc.nat(39), fc.nat(39), (draft, a, b) => {
      const track = normal({ tracks: [draft] }).tracks[0]!;
      const range = { start: Math.min(a, b), stop: Math.max(a, b) };
      const slice = sliceTrack(track, range);
      const frames = (shapes: Iterable<InterpolatedShape>) => seen(shapes).map((shape) => shape.frame);
      expect(slice ? frames(interpolate(slice, range)) : []).toEqual(frames(interpolate(track, range)));
      if (slice)
        for (const frame of [range.start, range.stop])
          expectAlike(
            seen(interpolate(slice, { start: frame, stop: frame })),
            seen(interpolate(track, { start: frame, stop: frame })),
          );
    }),
  );
});

test('a slice around the whole is the very same track', () => {
  const [track] = normal({
    tracks: [{ frame: 3, label_id: 12, shapes: [{ type: 'points', frame: 3, points: [1, 2] }] }],
  }).tracks;
  expect(sliceTrack(track!, all)).toEqual(track);
  expect(sliceTrack(track!, { start: 0, stop: 2 })).toBeUndefined();
});

test('one job is merged to itself', () => {
  fc.assert(
    fc.property(labeledData, (draft) => {
      const data = normal(draft);
      expect(mergeLabeledData([{ ...all, data }])).toEqual(data);
    }),
  );
});

test('cut into jobs that overlap and merged again, every object comes once and shows the same', () => {
  const tracks = fc
    .array(fc.oneof(plainTrack(exactTypes), skeletonTrack), { maxLength: 2 })
    // One track for a label: two equal ones could change partners.
    .map((list) => list.filter((track, i) => list.findIndex((one) => one.label_id === track.label_id) === i));
  fc.assert(
    fc.property(
      labeledData,
      tracks,
      fc.integer({ min: 1, max: 38 }),
      fc.integer({ min: 1, max: 9 }),
      (draft, list, cut, overlap) => {
        const data = normal({ ...draft, tags: [], tracks: list });
        const parts = [
          { start: 0, stop: Math.min(39, cut + overlap - 1) },
          { start: cut, stop: 39 },
        ].map((range) => ({ ...range, data: sliceLabeledData(data, range) }));
        const merged = mergeLabeledData(parts);
        expect(merged.shapes.toSorted((a, b) => a.frame - b.frame)).toEqual(
          data.shapes.toSorted((a, b) => a.frame - b.frame),
        );
        // A track that is not seen in the overlap cannot find itself: it comes in two pieces.
        for (const track of data.tracks) {
          const pieces = merged.tracks.filter((one) => one.label_id === track.label_id);
          const isSeenInOverlap = seen(interpolate(track, { start: cut, stop: parts[0]!.stop })).length > 0;
          expect(pieces.length).toBeLessThanOrEqual(isSeenInOverlap ? 1 : 2);
          const shown = pieces.flatMap((piece) => seen(interpolate(piece, all))).sort((a, b) => a.frame - b.frame);
          expectAlike(shown, seen(interpolate(track, all)));
        }
      },
    ),
  );
});

const box = (frame: number, left: number, more = {}) => ({
  type: 'rectangle' as const,
  frame,
  label_id: 12,
  points: [left, 0, left + 10, 10],
  ...more,
});

test('shapes of an overlap are one from an IoU of 0.75 on, of one label, type and frame', () => {
  const merge = (...added: object[]) => {
    const parts = [{ shapes: [box(5, 0, { id: 1 })] }, { shapes: added as never }].map(normal);
    const merged = mergeLabeledData([
      { start: 0, stop: 9, data: parts[0]! },
      { start: 5, stop: 20, data: parts[1]! },
    ]);
    return merged.shapes.map((shape) => shape.id);
  };
  expect(merge(box(5, 1, { id: 2 }))).toEqual([1]);
  expect(merge(box(5, 2, { id: 2 }))).toEqual([1, 2]);
  expect(merge(box(6, 0, { id: 2 }))).toEqual([1, 2]);
  expect(merge(box(5, 0, { id: 2, label_id: 11 }))).toEqual([1, 2]);
  expect(merge({ ...box(5, 0, { id: 2 }), type: 'ellipse' })).toEqual([1, 2]);
  expect(merge(box(5, 1, { id: 2 }), box(5, 0, { id: 3 }))).toEqual([1, 2]);
});

test('tracks are one from a mean of 0.5 on; one without a partner ends where its job ends', () => {
  const track = (id: number, left: number, ...frames: number[]) => ({
    id,
    frame: frames[0]!,
    label_id: 12,
    shapes: frames.map((frame) => box(frame, left)),
  });
  const merge = (first: object, second: object) => {
    const [a, b] = [{ tracks: [first as never] }, { tracks: [second as never] }].map(normal);
    const merged = mergeLabeledData([
      { start: 10, stop: 30, data: b! },
      { start: 0, stop: 14, data: a! },
    ]);
    return merged.tracks.map(({ id, shapes }) => [
      id,
      ...shapes.map((shape) => (shape.outside ? -shape.frame : shape.frame)),
    ]);
  };
  expect(merge(track(1, 0, 2, 12), track(2, 3, 10, 12, 25))).toEqual([[1, 2, 10, 12, 25]]);
  expect(merge(track(1, 0, 2), track(2, 4, 10))).toEqual([
    [1, 2, -15],
    [2, 10],
  ]);
  // Not seen by the other on three of five frames.
  expect(merge(track(1, 0, 2), track(2, 0, 13))).toEqual([
    [1, 2, -15],
    [2, 13],
  ]);
});

test('the cheapest assignment is found', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }).chain((rows) =>
        fc.integer({ min: 1, max: 5 }).chain((columns) =>
          fc.array(fc.array(fc.nat(20), { minLength: columns, maxLength: columns }), {
            minLength: rows,
            maxLength: rows,
          }),
        ),
      ),
      (costs) => {
        const chosen = assign(costs);
        const used = chosen.filter((column) => column >= 0);
        expect(new Set(used).size).toBe(used.length);
        expect(used.length).toBe(Math.min(costs.length, costs[0]!.length));
        const cost = chosen.reduce((sum, column, row) => sum + (column < 0 ? 0 : costs[row]![column]!), 0);
        expect(cost).toBe(cheapest(costs, new Set(), 0, used.length));
      },
    ),
  );
});

/** By trying everything. */
function cheapest(costs: number[][], taken: ReadonlySet<number>, row: number, left: number): number {
  if (left === 0) return 0;
  if (costs.length - row < left) return Number.POSITIVE_INFINITY;
  const without = cheapest(costs, taken, row + 1, left);
  const withRow = costs[row]!.map((cost, column) =>
    taken.has(column)
      ? Number.POSITIVE_INFINITY
      : cost + cheapest(costs, new Set([...taken, column]), row + 1, left - 1),
  );
  return Math.min(without, ...withRow);
}
