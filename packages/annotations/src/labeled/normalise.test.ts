import { expect, test } from 'vitest';
import { type LabeledDataDraft, normaliseLabeledData, parseLabeledData } from '../index.ts';
import { frameSet, labels } from '../testing/labels.ts';

const normal = (data: LabeledDataDraft) => normaliseLabeledData(data, labels);
const values = (attributes: readonly { spec_id: number; value: string }[]) =>
  Object.fromEntries(attributes.map(({ spec_id, value }) => [spec_id, value]));

test('what a client left out is filled, and null means left out', () => {
  const { version, tags, shapes, tracks } = normal({
    tags: [{ id: null, frame: 1, label_id: 12, group: null }],
    shapes: [{ type: 'rectangle', frame: 2, label_id: 12, points: [1, 2, 3, 4] }],
  });
  expect([version, tracks]).toEqual([0, []]);
  expect(tags).toEqual([{ frame: 1, label_id: 12, group: 0, source: 'manual', attributes: [] }]);
  expect(shapes).toEqual([
    {
      type: 'rectangle',
      frame: 2,
      occluded: false,
      outside: false,
      z_order: 0,
      rotation: 0,
      points: [1, 2, 3, 4],
      attributes: [],
      label_id: 12,
      group: 0,
      source: 'manual',
      elements: [],
    },
  ]);
});

test('only rectangles and ellipses turn', () => {
  const points = [1, 2, 3, 4];
  const turned = (['rectangle', 'ellipse', 'polyline', 'points'] as const).map((type) => ({
    type,
    frame: 0,
    label_id: 12,
    points,
    rotation: 30,
  }));
  expect(normal({ shapes: turned }).shapes.map((shape) => shape.rotation)).toEqual([30, 30, 0, 0]);
});

test('attributes: defaults, text of numbers and booleans; tracks hold the immutable, keyframes hand on the mutable', () => {
  const { shapes, tracks } = normal({
    shapes: [{ type: 'points', frame: 0, label_id: 11, points: [1, 2], attributes: [{ spec_id: 6, value: true }] }],
    tracks: [
      {
        frame: 0,
        label_id: 11,
        attributes: [{ spec_id: 4, value: 'Ada' }],
        shapes: [
          { type: 'points', frame: 0, points: [1, 2], attributes: [{ spec_id: 3, value: 'sit' }] },
          { type: 'points', frame: 4, points: [1, 2], attributes: [{ spec_id: 5, value: 31 }] },
          { type: 'points', frame: 6, points: [1, 2] },
        ],
      },
    ],
  });
  expect(values(shapes[0]!.attributes)).toEqual({ 3: 'stand', 4: '', 5: '30', 6: 'true' });
  expect(values(tracks[0]!.attributes)).toEqual({ 4: 'Ada', 6: 'false' });
  expect(tracks[0]!.shapes.map((shape) => values(shape.attributes))).toEqual([
    { 3: 'sit', 5: '30' },
    { 3: 'sit', 5: '31' },
    { 3: 'sit', 5: '31' },
  ]);
});

test('track.frame is that of the first keyframe, and an earlier one gets an outside copy', () => {
  const shapes = [
    { id: 8, type: 'points' as const, frame: 9, points: [3, 4] },
    { type: 'points' as const, frame: 5, points: [1, 2], occluded: true },
  ];
  const at = (frame: number) => normal({ tracks: [{ frame, label_id: 12, shapes }] }).tracks[0]!;
  expect([at(5).frame, at(5).shapes.map((shape) => shape.frame)]).toEqual([5, [5, 9]]);
  expect([at(30).frame, at(30).shapes.map((shape) => shape.frame)]).toEqual([5, [5, 9]]);
  const early = at(2);
  expect(early.frame).toBe(2);
  expect(early.shapes.map(({ frame, outside, id }) => [frame, outside, id])).toEqual([
    [2, true, undefined],
    [5, false, undefined],
    [9, false, 8],
  ]);
  expect(early.shapes[0]).toMatchObject({ points: [1, 2], occluded: true });
});

test('tracks without keyframes are dropped, and so are such parts', () => {
  const { tracks } = normal({
    tracks: [
      { frame: 0, label_id: 12, shapes: [] },
      {
        frame: 0,
        label_id: 13,
        shapes: [{ type: 'skeleton', frame: 0 }],
        elements: [
          { frame: 0, label_id: 14, shapes: [] },
          { frame: 0, label_id: 15, shapes: [{ type: 'points', frame: 0, points: [1, 1] }] },
        ],
      },
    ],
  });
  expect(tracks).toHaveLength(1);
  expect(tracks[0]!.elements.map((element) => element.label_id)).toEqual([15]);
});

test('unknown keys go, known optional ones stay, and doing it twice changes nothing', () => {
  const shape = { type: 'points' as const, frame: 0, label_id: 11, points: [1, 2], score: 0.25, id: 4, clientID: 7 };
  const keyframe = { type: 'mask' as const, frame: 0, points: [0, 1, 2, 3, 2, 3], presence: -2, predicted_iou: 0.5 };
  const once = normal({ shapes: [shape], tracks: [{ id: 9, frame: 0, label_id: 11, shapes: [keyframe] }] });
  expect(Object.keys(once.shapes[0]!)).not.toContain('clientID');
  expect(once.shapes[0]).toMatchObject({ id: 4, score: 0.25 });
  expect(once.tracks[0]).toMatchObject({ id: 9, shapes: [{ presence: -2, predicted_iou: 0.5, type: 'mask' }] });
  expect(normal(once)).toEqual(once);
});

test('parsing gives the value or the problems', () => {
  const bad = parseLabeledData({ shapes: [{}] }, labels, frameSet);
  expect(bad.ok || bad.problems.length).toBeGreaterThan(2);
  const good = parseLabeledData({ tags: [{ frame: 0, label_id: 12 }] }, labels, frameSet);
  expect(good.ok && good.value.tags[0]!.source).toBe('manual');
});
