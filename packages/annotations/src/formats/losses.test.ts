import { expect, test } from 'vitest';
import { normaliseLabeledData } from '../index.ts';
import { labels } from '../testing/labels.ts';
import { FORMATS, findFormat, lossesOf } from './index.ts';

const data = normaliseLabeledData(
  {
    tags: [{ frame: 0, label_id: 12 }],
    shapes: [
      { type: 'rectangle', frame: 0, label_id: 12, points: [0, 0, 9, 9], rotation: 20, group: 2, source: 'file' },
      { type: 'ellipse', frame: 0, label_id: 12, points: [8, 8, 12, 4], source: 'file', z_order: 1 },
      { type: 'polyline', frame: 0, label_id: 11, points: [0, 0, 9, 9], score: 0.5 },
    ],
    tracks: [
      {
        frame: 0,
        label_id: 12,
        shapes: [
          { type: 'mask', frame: 0, points: [0, 1, 60, 40, 60, 40], presence: 3 },
          { type: 'mask', frame: 4, points: [0, 1, 60, 40, 60, 40], occluded: true },
        ],
      },
      { frame: 0, label_id: 13, shapes: [{ type: 'skeleton', frame: 0 }] },
    ],
  },
  labels,
);
const named = (name: string) =>
  Object.fromEntries(lossesOf(findFormat(name)!, data).map(({ kind, count }) => [kind, count]));

test('what a format does not hold is counted by objects', () => {
  expect(named('CVAT for video 1.1')).toEqual({});
  expect(named('CVAT for images 1.1')).toEqual({ track: 2 });
  expect(named('COCO 1.0')).toEqual({ 'left out': 1, type: 1, tag: 1 });
  expect(named('Ultralytics YOLO Segmentation 1.0')).toEqual({
    'left out': 1,
    type: 1,
    track: 1,
    tag: 1,
    group: 1,
    source: 1,
    occluded: 1,
    'z-order': 1,
    prediction: 1,
  });
  expect(named('DAVIS 1.0')).toMatchObject({ keyframe: 1, overlap: 2 });
});

test('sentences name format, number and what happens', () => {
  expect(lossesOf(findFormat('COCO 1.0')!, data).map(({ text }) => text)).toEqual([
    'COCO 1.0: 1 of type ellipse become masks.',
    'COCO 1.0: 1 of type polyline are left out.',
    'COCO 1.0: 1 of type skeleton are left out.',
    'COCO 1.0: tags are left out (1).',
  ]);
});

test('nothing is lost of nothing, nor by a format that is only read', () => {
  const empty = { version: 0, tags: [], shapes: [], tracks: [] };
  for (const format of FORMATS) expect(lossesOf(format, empty)).toEqual([]);
  expect(lossesOf(findFormat('CVAT 1.1')!, data)).toEqual([]);
});

test('names are unlike, and end in their version', () => {
  expect(new Set(FORMATS.map(({ name }) => name)).size).toBe(FORMATS.length);
  for (const { name, version } of FORMATS) expect(name.endsWith(` ${version}`)).toBe(true);
});
