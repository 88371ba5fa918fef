import { expect, test } from 'vitest';
import { checkLabeledData, MAX_PROBLEMS, problemsText } from '../index.ts';
import { frameSet, labels } from '../testing/labels.ts';

const box = { type: 'rectangle', frame: 3, label_id: 12, points: [1, 2, 30, 40] };
const polygon = { type: 'polygon', frame: 3, points: [1, 2, 30, 40, 5, 9] };
const mask = { type: 'mask', frame: 0, label_id: 12, points: [1, 2, 1, 4, 2, 1, 1, 1, 1, 4, 3] };
const head = { type: 'points', frame: 3, label_id: 14, points: [5, 6] };
const body = { type: 'skeleton', frame: 3, label_id: 13, elements: [head] };
const track = { frame: 3, label_id: 11, shapes: [polygon] };
const bodyTrack = {
  frame: 3,
  label_id: 13,
  shapes: [{ type: 'skeleton', frame: 3 }],
  elements: [{ frame: 3, label_id: 14, shapes: [{ type: 'points', frame: 3, points: [5, 6] }] }],
};

function problems(value: unknown): string[] {
  return checkLabeledData(value, labels, frameSet).map(({ code, path }) => `${code} ${path}`);
}

test('what CVAT takes is sound: keys left out, null ids and groups, unknown keys, shapes beside the picture', () => {
  expect(problems({})).toEqual([]);
  expect(
    problems({
      version: 3,
      tags: [{ id: null, frame: 0, label_id: 12, group: null, source: 'manual', attributes: [] }],
      shapes: [{ ...box, points: [-90, -9, 300, 400], score: 0.5 }, mask, body, { ...box, clientID: 'x' }],
      tracks: [track, bodyTrack, { frame: 0, label_id: 11, shapes: [] }],
      intervals: [],
    }),
  ).toEqual([]);
  const attributes = [
    { spec_id: 3, value: 'sit' },
    { spec_id: 6, value: true },
  ];
  expect(problems({ shapes: [{ ...box, label_id: 11, attributes }] })).toEqual([]);
});

test.each<[string, unknown, string]>([
  ['nothing', null, 'type '],
  ['a list', [], 'type '],
  ['shapes that are no list', { shapes: { 0: box } }, 'type shapes'],
  ['a shape that is no object', { shapes: [box, 7] }, 'type shapes[1]'],
  ['an unknown label', { shapes: [{ ...box, label_id: 99 }] }, 'label shapes[0].label_id'],
  ['a sublabel outside its skeleton', { shapes: [{ ...head }] }, 'label shapes[0].label_id'],
  ['a label id as text', { tags: [{ frame: 0, label_id: '12' }] }, 'label tags[0].label_id'],
  ['a name of a prototype as label', { tags: [{ frame: 0, label_id: '__proto__' }] }, 'label tags[0].label_id'],
  ['no frame', { tags: [{ label_id: 12 }] }, 'range tags[0].frame'],
  ['a frame past the end', { shapes: [{ ...box, frame: 40 }] }, 'range shapes[0].frame'],
  ['a frame and a half', { shapes: [{ ...box, frame: 1.5 }] }, 'range shapes[0].frame'],
  ['a negative frame', { tracks: [{ ...track, frame: -1 }] }, 'range tracks[0].frame'],
  [
    'a keyframe past the end',
    { tracks: [{ ...track, shapes: [{ ...polygon, frame: 41 }] }] },
    'range tracks[0].shapes[0].frame',
  ],
  ['a group below none', { shapes: [{ ...box, group: -1 }] }, 'range shapes[0].group'],
  ['an id as text', { shapes: [{ ...box, id: '1' }] }, 'type shapes[0].id'],
  ['a source too long', { shapes: [{ ...box, source: 'x'.repeat(17) }] }, 'range shapes[0].source'],
  ['an unknown type', { shapes: [{ ...box, type: 'circle' }] }, 'type shapes[0].type'],
  ['occluded as a number', { shapes: [{ ...box, occluded: 1 }] }, 'type shapes[0].occluded'],
  ['outside as text', { shapes: [{ ...box, outside: 'no' }] }, 'type shapes[0].outside'],
  ['a rotation past the circle', { shapes: [{ ...box, rotation: 361 }] }, 'range shapes[0].rotation'],
  ['a z-order and a half', { shapes: [{ ...box, z_order: 0.5 }] }, 'range shapes[0].z_order'],
  ['a score past 1', { shapes: [{ ...box, score: 1.01 }] }, 'range shapes[0].score'],
  [
    'a presence that is not a number',
    { tracks: [{ ...track, shapes: [{ ...polygon, presence: Number.NaN }] }] },
    'type tracks[0].shapes[0].presence',
  ],
  [
    'a predicted IoU past 1',
    { tracks: [{ ...track, shapes: [{ ...polygon, predicted_iou: 2 }] }] },
    'range tracks[0].shapes[0].predicted_iou',
  ],
  ['a box of five numbers', { shapes: [{ ...box, points: [1, 2, 3, 4, 5] }] }, 'points shapes[0].points'],
  [
    'a polygon of two points',
    { tracks: [{ ...track, shapes: [{ ...polygon, points: [1, 2, 3, 4] }] }] },
    'points tracks[0].shapes[0].points',
  ],
  [
    'a polygon of an odd number',
    { tracks: [{ ...track, shapes: [{ ...polygon, points: [1, 2, 3, 4, 5, 6, 7] }] }] },
    'points tracks[0].shapes[0].points',
  ],
  ['no points', { shapes: [{ ...box, points: undefined }] }, 'type shapes[0].points'],
  ['points of a skeleton', { shapes: [{ ...body, points: [1, 2] }] }, 'points shapes[0].points'],
  ['a point as text', { shapes: [{ ...box, points: [1, '2', 3, 4] }] }, 'type shapes[0].points[1]'],
  [
    'a point that is not a number',
    { shapes: [{ ...box, points: [1, 2, Number.NaN, 4] }] },
    'range shapes[0].points[2]',
  ],
  ['a point without end', { shapes: [{ ...box, points: [1, 2, 3, 1e308] }] }, 'range shapes[0].points[3]'],
  [
    'mask runs of a wrong sum',
    { shapes: [{ ...mask, points: [1, 2, 1, 4, 2, 1, 2, 1, 1, 4, 3] }] },
    'mask shapes[0].points',
  ],
  ['a mask that leaves the picture', { shapes: [{ ...mask, points: [0, 4, 62, 0, 65, 0] }] }, 'mask shapes[0].points'],
  ['a mask box turned inside out', { shapes: [{ ...mask, points: [0, 4, 4, 0, 1, 0] }] }, 'mask shapes[0].points'],
  ['a negative run', { shapes: [{ ...mask, points: [-1, 5, 1, 0, 4, 0] }] }, 'mask shapes[0].points[0]'],
  ['half a run', { shapes: [{ ...mask, points: [0.5, 3.5, 1, 0, 4, 0] }] }, 'mask shapes[0].points[0]'],
  [
    'an unknown attribute',
    { shapes: [{ ...box, attributes: [{ spec_id: 3, value: '' }] }] },
    'attribute shapes[0].attributes[0].spec_id',
  ],
  [
    'an attribute twice',
    {
      tags: [
        {
          frame: 0,
          label_id: 11,
          attributes: [
            { spec_id: 4, value: '' },
            { spec_id: 4, value: '' },
          ],
        },
      ],
    },
    'attribute tags[0].attributes[1].spec_id',
  ],
  [
    'a mutable one in the track',
    { tracks: [{ ...track, attributes: [{ spec_id: 3, value: 'sit' }] }] },
    'attribute tracks[0].attributes[0].spec_id',
  ],
  [
    'an immutable one in a keyframe',
    { tracks: [{ ...track, shapes: [{ ...polygon, attributes: [{ spec_id: 4, value: 'Ada' }] }] }] },
    'attribute tracks[0].shapes[0].attributes[0].spec_id',
  ],
  [
    'a value that is a list',
    { tags: [{ frame: 0, label_id: 11, attributes: [{ spec_id: 4, value: [] }] }] },
    'type tags[0].attributes[0].value',
  ],
  [
    'a value too long',
    { tags: [{ frame: 0, label_id: 11, attributes: [{ spec_id: 4, value: 'x'.repeat(4097) }] }] },
    'type tags[0].attributes[0].value',
  ],
  ['parts of a rectangle', { shapes: [{ ...box, elements: [head] }] }, 'elements shapes[0].elements'],
  [
    'parts of a part',
    { shapes: [{ ...body, elements: [{ ...head, elements: [head] }] }] },
    'elements shapes[0].elements[0].elements',
  ],
  [
    'a part that is a box',
    { shapes: [{ ...body, elements: [{ ...box, label_id: 14 }] }] },
    'elements shapes[0].elements[0]',
  ],
  [
    'two parts of one sublabel',
    { shapes: [{ ...body, elements: [head, head] }] },
    'elements shapes[0].elements[1].label_id',
  ],
  [
    'a part on another frame',
    { shapes: [{ ...body, elements: [{ ...head, frame: 4 }] }] },
    'range shapes[0].elements[0].frame',
  ],
  [
    'a part of another label',
    { tracks: [{ ...bodyTrack, elements: [{ ...bodyTrack.elements[0], label_id: 11 }] }] },
    'label tracks[0].elements[0].label_id',
  ],
  ['parts of a polygon track', { tracks: [{ ...track, elements: bodyTrack.elements }] }, 'elements tracks[0].elements'],
  [
    'two keyframes on a frame',
    { tracks: [{ ...track, shapes: [polygon, { ...polygon, frame: 5 }, polygon] }] },
    'keyframes tracks[0].shapes[2].frame',
  ],
  [
    'keyframes of two types',
    { tracks: [{ ...track, shapes: [polygon, { ...box, frame: 5 }] }] },
    'keyframes tracks[0].shapes[1].type',
  ],
  ['audio', { intervals: [{}] }, 'unsupported intervals'],
])('%s is named with its place', (_name, value, problem) => {
  expect(problems(value)).toEqual([problem]);
});

test('messages say what is there and what belongs there', () => {
  const found = checkLabeledData({ shapes: [{ ...box, label_id: 99, points: [1, 2, 3] }] }, labels, frameSet);
  expect(problemsText(found)).toBe(
    'shapes[0].label_id: is 99, which is none of 11, 12, 13\n' +
      'shapes[0].points: are 3 numbers, but a rectangle has exactly 4',
  );
});

test('keyframes out of order are sound', () => {
  const shapes = [{ ...polygon, frame: 9 }, polygon, { ...polygon, frame: 5 }];
  expect(problems({ tracks: [{ ...track, shapes }] })).toEqual([]);
});

test('a million wrong shapes cost no more than the first hundred', () => {
  const shapes = new Array(1_000_000).fill({ ...box, label_id: 99, points: 'x' });
  const from = performance.now();
  expect(checkLabeledData({ shapes }, labels, frameSet)).toHaveLength(MAX_PROBLEMS);
  expect(performance.now() - from).toBeLessThan(1000);
});
