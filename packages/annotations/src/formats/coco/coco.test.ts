import { encodeRle, maskArea, maskFromCvatPoints, maskToCvatPoints } from '@roto/geometry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { framesOf, type LabeledData, type LabeledDataDraft, normaliseLabeledData } from '../../index.ts';
import { frameSet, labeledData, labels } from '../../testing/arbitrary.ts';
import { fileOf, imageTask, reopened, textOf, videoTask } from '../../testing/files.ts';
import { maskOf } from '../draw.ts';
import { findFormat } from '../index.ts';
import { importCoco } from './read.ts';
import { exportCoco } from './write.ts';

const all = { start: 0, stop: frameSet.frameCount - 1 };
const normal = (draft: LabeledDataDraft): LabeledData => normaliseLabeledData(draft, labels);
const kept = ['rectangle', 'polygon', 'mask', 'ellipse'];

/** What is to be seen on each frame; ellipses as the masks that they become. */
function seen(data: LabeledData) {
  return [...framesOf(data, all)].map(({ frame, shapes }) => ({
    frame,
    shapes: shapes
      .filter(({ shape }) => kept.includes(shape.type))
      .map(({ shape, track }) => {
        const { type, points, ...rest } = shape;
        const isEllipse = type === 'ellipse';
        const drawn = isEllipse ? maskToCvatPoints(maskOf(shape, frameSet.width, frameSet.height)!) : points;
        return {
          ...rest,
          type: isEllipse ? 'mask' : type,
          rotation: type === 'rectangle' ? tidy(shape.rotation) : 0,
          points: drawn.map(tidy),
          isOfTrack: track !== undefined,
          attributes: shape.attributes.toSorted((a, b) => a.spec_id - b.spec_id),
        };
      })
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  }));
}

const tidy = (value: number): number => Math.round(value * 1e4) / 1e4 + 0;

test('what COCO holds comes back, frame by frame, with its track', async () => {
  await fc.assert(
    fc.asyncProperty(labeledData, fc.constantFrom(videoTask, imageTask), async (draft, task) => {
      const data = normal(draft);
      const read = await importCoco(reopened(exportCoco(data, { labels, task })), { labels, task });
      expect(read.notes).toEqual([]);
      expect(seen(read.data)).toEqual(seen(data));
      expect(read.data.tracks.length).toBe(
        data.tracks.filter(({ shapes }) => kept.includes(shapes[0]!.type) && shapes.some(({ outside }) => !outside))
          .length,
      );
    }),
    { numRuns: 60 },
  );
});

test('keyframes are told from what lies between', async () => {
  const box = (frame: number, left: number) => ({ type: 'rectangle' as const, frame, points: [left, 0, left + 8, 8] });
  const data = normal({ tracks: [{ frame: 1, label_id: 12, shapes: [box(1, 0), box(5, 8), box(9, 0)] }] });
  const read = await importCoco(reopened(exportCoco(data, { labels, task: videoTask })), { labels, task: videoTask });
  expect(read.data.tracks[0]!.shapes.map(({ frame }) => frame)).toEqual([1, 5, 9]);
});

test('the file, small enough to be read', () => {
  const data = normal({
    shapes: [
      {
        type: 'mask',
        frame: 1,
        label_id: 11,
        points: [1, 2, 1, 4, 2, 1, 1, 1, 1, 4, 3],
        attributes: [{ spec_id: 4, value: 'Ada' }],
      },
      { type: 'polygon', frame: 1, label_id: 12, points: [0, 0, 4, 0, 4, 3], group: 2 },
      { type: 'polyline', frame: 1, label_id: 12, points: [0, 0, 4, 0] },
    ],
  });
  const value = JSON.parse(textOf(exportCoco(data, { labels, task: { ...videoTask, frameCount: 2 } })));
  expect(value.categories).toEqual(
    ['person', 'car', 'body'].map((name, i) => ({ id: i + 1, name, supercategory: '' })),
  );
  expect(value.images.map((image: { id: number; file_name: string }) => [image.id, image.file_name])).toEqual([
    [1, 'frame_000010.PNG'],
    [2, 'frame_000012.PNG'],
  ]);
  expect(value.annotations).toMatchObject([
    {
      id: 1,
      image_id: 2,
      category_id: 1,
      bbox: [1, 1, 4, 3],
      area: 7,
      iscrowd: 0,
      segmentation: { size: [48, 64], counts: expect.any(String) },
      attributes: { occluded: false, rotation: 0, pose: 'stand', name: 'Ada' },
    },
    {
      id: 2,
      image_id: 2,
      category_id: 2,
      bbox: [0, 0, 4, 3],
      area: 6,
      segmentation: [[0, 0, 4, 0, 4, 3]],
      roto: { group: 2 },
    },
  ]);
});

const images = [{ id: 1, file_name: 'frame_000012.png', width: 64, height: 48 }];
const categories = [{ id: 5, name: 'car' }];
const foreign = (...annotations: object[]) => [
  fileOf('annotations/instances_train.json', JSON.stringify({ images, categories, annotations })),
];
const base = { id: 1, image_id: 1, category_id: 5 };
const box = { ...base, bbox: [1, 2, 3, 4] };
const context = { labels, task: videoTask };

test('files of others: several rings, run lengths that are not compressed, boxes alone, crowds, strange attributes', async () => {
  const mask = maskFromCvatPoints([0, 3, 1, 1, 1, 2, 2], 64, 48);
  const { data, notes } = await importCoco(
    foreign(
      {
        ...base,
        segmentation: [
          [0, 0, 4, 0, 4, 3],
          [9, 9, 12, 9, 9, 12],
        ],
      },
      { ...base, segmentation: encodeRle(mask), iscrowd: 1 },
      { ...base, bbox: [1, 2, 3, 4], attributes: { make: 'x', occluded: true, rotation: 30 } },
    ),
    context,
  );
  expect(data.shapes.map(({ type, group, points }) => [type, group, points.length])).toEqual([
    ['polygon', 1, 6],
    ['polygon', 1, 6],
    ['mask', 0, 7],
    ['rectangle', 0, 4],
  ]);
  expect(maskArea(maskFromCvatPoints(data.shapes[2]!.points, 64, 48))).toBe(3);
  expect(data.shapes[3]).toMatchObject({ points: [1, 2, 4, 6], occluded: true, rotation: 30, source: 'file' });
  expect(notes).toEqual([
    'annotations/instances_train.json: annotations[2] (id 1): the attribute "make" was passed over, which "car" does not have.',
  ]);
});

test('one track id twice on a frame is no track', async () => {
  const box = { ...base, bbox: [1, 2, 3, 4], track_id: 7 };
  const { data, notes } = await importCoco(foreign(box, { ...box, id: 2 }), context);
  expect(data.tracks).toEqual([]);
  expect(data.shapes.map(({ group }) => group)).toEqual([1, 1]);
  expect(notes[0]).toMatch(/Object 7 is on a frame twice/);
});

test('without labels they are made from the categories', async () => {
  const box = { ...base, bbox: [1, 2, 3, 4], attributes: { make: 'x' } };
  const { data, labels: made } = await importCoco(foreign(box), { task: videoTask });
  expect(made).toMatchObject([{ name: 'car', attributes: [{ name: 'make' }] }]);
  expect(data.shapes[0]!.attributes).toEqual([{ spec_id: made[0]!.attributes[0]!.id, value: 'x' }]);
});

test.each<[string, string | object, string, RegExp]>([
  ['no JSON', '{', 'file', /instances_train.json is not valid JSON/],
  ['another JSON', {}, 'nothing-found', /Looked for.*a .json file with the lists.*Found: instances_train.json/],
  [
    'an unknown category',
    { images, categories: [{ id: 5, name: 'dog' }], annotations: [box] },
    'unknown-label',
    /categories\[0\] \(id 5\): The task has no label "dog"/,
  ],
  [
    'an image that is not there',
    { images: [{ id: 1, file_name: 'x.jpg' }], categories, annotations: [box] },
    'frame',
    /no frame named "x.jpg"/,
  ],
  [
    'images of another size',
    { images: [{ ...images[0], width: 65 }], categories, annotations: [box] },
    'file',
    /65 × 48, but the frames of the task are 64 × 48/,
  ],
  [
    'an image without a name',
    { images: [{ id: 1 }], categories, annotations: [box] },
    'file',
    /images\[0\] \(id 1\): file_name is missing/,
  ],
  ['images that are no list', { images: {}, categories, annotations: [] }, 'file', /images: must be a list/],
  [
    'an annotation of no image',
    { images, categories, annotations: [{ ...base, image_id: 9 }] },
    'file',
    /image_id 9 is none/,
  ],
  [
    'an annotation of no category',
    { images, categories, annotations: [{ ...base, category_id: '__proto__' }] },
    'file',
    /category_id "__proto__" is none/,
  ],
  ['no place', { images, categories, annotations: [base] }, 'file', /bbox: is missing/],
  ['a box of text', { images, categories, annotations: [{ ...base, bbox: '1,2,3,4' }] }, 'file', /bbox: is "1,2,3,4"/],
  [
    'a box of two numbers',
    { images, categories, annotations: [{ ...base, bbox: [1, 2] }] },
    'file',
    /annotations\[0\] \(id 1\): bbox: is a list of 2 numbers/,
  ],
  [
    'a ring of text',
    { images, categories, annotations: [{ ...base, segmentation: ['x'] }] },
    'file',
    /segmentation: is "x"/,
  ],
  [
    'a ring of two points',
    { images, categories, annotations: [{ ...base, segmentation: [[1, 2, 3, 4]] }] },
    'problems',
    /instances_train.json: annotations\[0\] \(id 1\): points are 4 numbers/,
  ],
  [
    'run lengths of another size',
    { images, categories, annotations: [{ ...base, segmentation: { size: [64, 48], counts: [3072] } }] },
    'file',
    /must be \[height, width\], here \[48, 64\]/,
  ],
  [
    'run lengths that do not add up',
    { images, categories, annotations: [{ ...base, segmentation: { size: [48, 64], counts: [3, 4] } }] },
    'file',
    /hold 7 pixels/,
  ],
  [
    'run lengths with odd characters',
    { images, categories, annotations: [{ ...base, segmentation: { size: [48, 64], counts: 'é' } }] },
    'file',
    /only characters/,
  ],
])('hostile: %s', async (_name, value, code, message) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  await expect(findFormat('COCO 1.0')!.import!([fileOf('instances_train.json', text)], context)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test('H3: a file of millions of empty objects is refused in little memory, and others work meanwhile', async () => {
  const flood = new TextEncoder().encode('{"a":{}},'.repeat(100_000));
  const file = {
    path: 'annotations/instances_train.json',
    *open() {
      yield new TextEncoder().encode('{"images":[],"categories":[],"annotations":[');
      for (let n = 0; n < 50; n++) yield flood;
      yield new TextEncoder().encode('{}]}');
    },
  };
  let longest = 0;
  let last = performance.now();
  const ticking = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const before = process.memoryUsage().rss;
  await expect(importCoco([file], { task: videoTask })).rejects.toThrow(/more than 4000000 objects and arrays/);
  clearInterval(ticking);
  expect(process.memoryUsage().rss - before).toBeLessThan(900_000_000);
  expect(longest).toBeLessThan(1_000);
});
