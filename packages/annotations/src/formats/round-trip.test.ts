import {
  createMask,
  type Mask,
  maskArea,
  maskIou,
  maskToCvatPoints,
  polygonFromFlat,
  rasterisePolygon,
} from '@roto/geometry';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AnnotationError,
  EMPTY_LABELED_DATA,
  framesOf,
  type LabeledData,
  type LabeledShape,
  normaliseLabeledData,
} from '../index.ts';
import { frameSet, labeledData, labels } from '../testing/arbitrary.ts';
import { imageTask, reopened, videoTask } from '../testing/files.ts';
import { AREA_TYPES, maskOf, outlineOf, shapeBox } from './draw.ts';
import { findFormat, type TaskInfo } from './index.ts';

const { width, height } = frameSet;
const all = { start: 0, stop: frameSet.frameCount - 1 };
const tasks: readonly TaskInfo[] = [videoTask, imageTask];

async function through(format: string, data: LabeledData, task: TaskInfo): Promise<LabeledData> {
  const { export: write, import: read } = findFormat(format)!;
  const files = reopened(write!(data, { labels, task }));
  return read!(files, { labels, task }).then(
    (found) => found.data,
    (error: AnnotationError) => {
      if (error.code !== 'nothing-found') throw error;
      return EMPTY_LABELED_DATA;
    },
  );
}

const round = (value: number) => value;

/** Whether each of one list is in the other, numbers within a hundredth, on every frame. */
function unlike(got: readonly string[][], wanted: readonly string[][]): string | undefined {
  for (const [frame, texts] of wanted.entries()) {
    const left = [...got[frame]!];
    for (const text of texts) {
      const at = left.findIndex((other) => isNear(other, text));
      if (at < 0) return `frame ${frame}: ${text} is not in ${got[frame]!.join(' ')}`;
      left.splice(at, 1);
    }
    if (left.length > 0) return `frame ${frame}: ${left.join(' ')} was not there`;
  }
  return undefined;
}

function isNear(a: string, b: string): boolean {
  const number = /-?\d+(?:\.\d+)?(?:e-?\d+)?/g;
  if (a.replace(number, '#') !== b.replace(number, '#')) return false;
  const others = [...b.matchAll(number)].map(Number);
  return [...a.matchAll(number)].map(Number).every((value, i) => Math.abs(value - others[i]!) < 0.01);
}

/** Shapes of each frame as text, in an order of their own. */
function shown(data: LabeledData, show: (shape: LabeledShape) => unknown): string[][] {
  return [...framesOf(data, all)].map(({ shapes }) =>
    shapes
      .flatMap(({ shape }) => {
        const text = show(shape);
        return text === undefined ? [] : [JSON.stringify(text)];
      })
      .sort(),
  );
}

const boxOf = (shape: LabeledShape, isClipped: boolean) => {
  if (!AREA_TYPES.includes(shape.type)) return undefined;
  const { x0, y0, x1, y1 } = shapeBox(shape);
  const clip = (value: number, most: number) => (isClipped ? Math.min(most, Math.max(0, value)) : value);
  const box = [clip(x0, width), clip(y0, height), clip(x1, width), clip(y1, height)];
  return isClipped && (box[0] === box[2] || box[1] === box[3]) ? undefined : [shape.label_id, ...box.map(round)];
};
const unturned = (shape: LabeledShape) => (shape.type === 'rectangle' ? { ...shape, rotation: 0 } : shape);

describe.each<[string, (shape: LabeledShape) => unknown]>([
  ['Ultralytics YOLO Detection 1.0', (shape) => boxOf(shape, true)],
  ['YOLO 1.1', (shape) => boxOf(shape, true)],
  [
    'PASCAL VOC 1.1',
    (shape) => {
      const box = boxOf(unturned(shape), false);
      return box && [...box, shape.occluded, shape.type === 'rectangle' ? shape.rotation : 0, shape.attributes];
    },
  ],
  [
    'MOT 1.1',
    (shape) => {
      const box = boxOf(shape, false);
      return box && [...box, shape.occluded];
    },
  ],
  [
    'Datumaro 1.0',
    (shape) => {
      if (shape.type === 'cuboid') return undefined;
      const { type, label_id, group, occluded, rotation, z_order, attributes, points } = shape;
      const place = type === 'ellipse' ? boxOf({ ...shape, rotation: 0 }, false) : points.map(round);
      const parts = shape.elements.map((one) => [one.label_id, one.points, one.outside, one.outside || one.occluded]);
      return [type, label_id, group, occluded, rotation, z_order, attributes, place, parts];
    },
  ],
  [
    'COCO Keypoints 1.0',
    (shape) => {
      if (shape.type !== 'skeleton') return undefined;
      const parts = shape.elements.map((one) => [one.label_id, one.points, one.outside, one.outside || one.occluded]);
      return [shape.label_id, shape.group, shape.source, shape.z_order, parts];
    },
  ],
  [
    'Label Studio 1.0',
    (shape) => {
      if (!AREA_TYPES.includes(shape.type)) return undefined;
      const { type, label_id, rotation, points, source } = shape;
      const place = type === 'ellipse' ? boxOf({ ...shape, rotation: 0 }, false) : points.map(round);
      return [type, label_id, rotation, source, place];
    },
  ],
])('%s', (format, show) => {
  test('what is written comes back on the same frames', async () => {
    await fc.assert(
      fc.asyncProperty(labeledData, fc.constantFrom(...tasks), async (draft, task) => {
        const data = normaliseLabeledData(draft, labels);
        expect(unlike(shown(await through(format, data, task), show), shown(data, show))).toBeUndefined();
      }),
      { numRuns: 25 },
    );
  });
});

/** On each frame the pixels of each label; drawn in the order of the shapes, none under another's. */
function covered(data: LabeledData): Mask[][] {
  return [...framesOf(data, all)].map(({ shapes }) =>
    labels.map(({ id }) => {
      const sum = createMask(width, height);
      for (const { shape } of shapes) {
        const mask = shape.label_id === id ? maskOf(shape, width, height) : undefined;
        if (mask) for (let i = 0; i < sum.data.length; i++) sum.data[i]! |= mask.data[i]!;
      }
      return sum;
    }),
  );
}

test('Segmentation mask 1.1: every pixel has the label of what lies on top, and objects stay apart', async () => {
  const box = (left: number, right: number, label_id: number, z_order = 0) => ({
    type: 'rectangle' as const,
    frame: 1,
    label_id,
    z_order,
    points: [left, 0, right, 4],
  });
  const data = normaliseLabeledData({ shapes: [box(0, 6, 11), box(8, 12, 11), box(4, 7, 12, 1)] }, labels);
  for (const task of tasks) {
    const read = await through('Segmentation mask 1.1', data, task);
    expect(
      read.shapes.map(({ type, frame, label_id, points }) => [type, frame, label_id, ...points.slice(-4)]),
    ).toEqual([
      ['mask', 1, 11, 0, 0, 3, 3],
      ['mask', 1, 12, 4, 0, 6, 3],
      ['mask', 1, 11, 8, 0, 11, 3],
    ]);
  }
});

test('Segmentation mask 1.1: of whatever lies on a frame every pixel comes back once', async () => {
  await fc.assert(
    fc.asyncProperty(labeledData, async (draft) => {
      const data = normaliseLabeledData(draft, labels);
      const back = covered(await through('Segmentation mask 1.1', data, imageTask));
      const union = (masks: readonly Mask[]) =>
        masks.reduce((sum, { data: pixels }) => sum.map((v, i) => v + pixels[i]!), new Uint8Array(width * height));
      for (const [frame, masks] of covered(data).entries())
        expect(union(back[frame]!)).toEqual(union(masks).map((count) => Math.min(1, count)));
    }),
    { numRuns: 15 },
  );
});

test('LabelMe 3.0: outlines come back, masks as polygons of IoU 0.98 in one group', async () => {
  await fc.assert(
    fc.asyncProperty(labeledData, fc.constantFrom(...tasks), async (draft, task) => {
      const data = normaliseLabeledData(draft, labels);
      const read = await through('LabelMe 3.0', data, task);
      const masks = covered(data);
      for (const [frame, back] of covered(read).entries())
        for (const [i, mask] of back.entries())
          if (maskArea(masks[frame]![i]!) > 40) expect(maskIou(mask, masks[frame]![i]!)).toBeGreaterThan(0.95);
      const boxes = (shape: LabeledShape) =>
        shape.type === 'rectangle' && shape.rotation === 0
          ? [shape.label_id, shape.occluded, shape.points.map(round)]
          : undefined;
      expect(unlike(shown(read, boxes), shown(data, boxes))).toBeUndefined();
    }),
    { numRuns: 15 },
  );
  const ring = [8, 8, 24, 8, 24, 24, 8, 24];
  const mask = rasterisePolygon(
    [polygonFromFlat(ring), polygonFromFlat(ring.map((value) => value + 18))],
    width,
    height,
  );
  const parts = normaliseLabeledData(
    { shapes: [{ type: 'mask', frame: 0, label_id: 12, points: maskToCvatPoints(mask) }] },
    labels,
  );
  const read = await through('LabelMe 3.0', parts, imageTask);
  expect(read.shapes.map(({ type, group }) => [type, group])).toEqual([
    ['polygon', 1],
    ['polygon', 1],
  ]);
});

test('two images that differ in the extension only have files of their own', async () => {
  const task = { ...imageTask, names: ['a.png', 'a.jpg', 'b.c.png'], frameCount: 3 };
  const shapes = [0, 1, 2].map((frame) => ({
    type: 'rectangle' as const,
    frame,
    label_id: 12,
    points: [frame, 1, 10 + frame, 9],
  }));
  const data = normaliseLabeledData({ shapes }, labels);
  for (const format of [
    'YOLO 1.1',
    'Ultralytics YOLO Segmentation 1.0',
    'PASCAL VOC 1.1',
    'Segmentation mask 1.1',
    'LabelMe 3.0',
    'DAVIS 1.0',
    'MOTS PNG 1.0',
    'Datumaro 1.0',
  ]) {
    const { export: write, import: read } = findFormat(format)!;
    const { data: back } = await read!(reopened(write!(data, { labels, task })), { labels, task });
    const seen = [...framesOf(back, { start: 0, stop: 2 })].map(({ shapes: on }) =>
      on.map(({ shape }) => Math.round(shapeBox(shape).x0)),
    );
    expect([format, seen]).toEqual([format, [[0], [1], [2]]]);
  }
});

test('outlines of no width are none', () => {
  expect(outlineOf({ type: 'points', points: [1, 1], rotation: 0 })).toBeUndefined();
});
