import { maskArea, maskFromCvatPoints, maskIou, polygonFromFlat, rasterisePolygon } from '@roto/geometry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { framesOf, type LabeledData, type LabeledDataDraft, normaliseLabeledData } from '../../index.ts';
import { frameSet, labeledData, labels } from '../../testing/arbitrary.ts';
import { fileOf, imageTask, reopened, textOf, videoTask } from '../../testing/files.ts';
import { maskOf, outlineOf } from '../draw.ts';
import { findFormat } from '../index.ts';
import { importYolo } from './read.ts';
import { exportYolo } from './write.ts';

const all = { start: 0, stop: frameSet.frameCount - 1 };
const { width, height } = frameSet;
const normal = (draft: LabeledDataDraft): LabeledData => normaliseLabeledData(draft, labels);

test('outlines come back to a thousandth of a pixel inside the picture, masks as rings of IoU 0.98 and more', async () => {
  await fc.assert(
    fc.asyncProperty(labeledData, fc.constantFrom(videoTask, imageTask), async (draft, task) => {
      const data = normal(draft);
      const read = await importYolo(reopened(exportYolo(data, { labels, task })), { labels, task });
      const wanted = [...framesOf(data, all)].flatMap(({ shapes }) =>
        shapes.map(({ shape }) => shape).filter((shape) => maskOf(shape, width, height)),
      );
      expect(read.data.tracks).toEqual([]);
      expect(read.data.shapes.length).toBe(wanted.length);
      for (const [i, shape] of wanted.entries()) {
        const got = read.data.shapes[i]!;
        expect([got.type, got.frame, got.label_id]).toEqual(['polygon', shape.frame, shape.label_id]);
        if (shape.type === 'mask') {
          const drawn = rasterisePolygon([polygonFromFlat(got.points)], width, height);
          const mask = maskFromCvatPoints(shape.points, width, height);
          // A bridge may cost a pixel, which in masks as small as these is more than the bound.
          expect(maskIou(drawn, mask)).toBeGreaterThanOrEqual(Math.min(0.98, 1 - 2.5 / maskArea(mask)));
          continue;
        }
        const inside = outlineOf(shape)!.flatMap(([x, y]) => [
          Math.min(width, Math.max(0, x)),
          Math.min(height, Math.max(0, y)),
        ]);
        expect(got.points.length).toBe(inside.length);
        expect(got.points.every((value, k) => Math.abs(value - inside[k]!) <= 0.0006)).toBe(true);
      }
    }),
    { numRuns: 40 },
  );
});

test('the files, small enough to be read', () => {
  const data = normal({ shapes: [{ type: 'polygon', frame: 2, label_id: 12, points: [0, 0, 32, 0, 32, 12.5] }] });
  const files = [...exportYolo(data, { labels, task: { ...imageTask, frameCount: 3 } })];
  expect(files.map(({ path }) => path)).toEqual(['data.yaml', 'train.txt', 'labels/train/b/picture 2.txt']);
  expect(files.map((file) => textOf([file]))).toEqual([
    'path: .\ntrain: train.txt\nnames:\n  0: "person"\n  1: "car"\n  2: "body"\nroto:\n  columns: shape\n',
    'images/train/a/same.jpg\nimages/train/b/same.jpg\nimages/train/b/picture 2.jpg\n',
    '1 0 0 0.5 0 0.5 0.26041667\n',
  ]);
});

const yaml = 'names: [car, person]\n';
const context = { labels, task: videoTask };
const read = (text: string, head = yaml, path = 'labels/val/frame_000012.txt') =>
  findFormat('Ultralytics YOLO Segmentation 1.0')!.import!([fileOf('data.yaml', head), fileOf(path, text)], context);

test('files of others: boxes, tracks at the end of a line, names as a list, Windows line ends', async () => {
  const { data } = await read('0 0.5 0.5 0.25 0.5\r\n1 0 0 1 0 1 1 3\r\n\r\n');
  expect(data.shapes).toMatchObject([{ type: 'rectangle', frame: 1, label_id: 12, points: [24, 12, 40, 36] }]);
  expect(data.tracks).toMatchObject([
    {
      label_id: 11,
      shapes: [
        { type: 'polygon', frame: 1, points: [0, 0, 64, 0, 64, 48] },
        { frame: 2, outside: true },
      ],
    },
  ]);
});

test('names lead nowhere out of the archive', () => {
  const task = { ...imageTask, names: ['../../etc/passwd', '/root/.x.jpg', 'C:\\a.jpg'], frameCount: 3 };
  const shapes = [0, 1, 2].map((frame) => ({
    type: 'polygon' as const,
    frame,
    label_id: 12,
    points: [0, 0, 9, 0, 9, 9],
  }));
  const paths = [...exportYolo(normal({ shapes }), { labels, task })].map(({ path }) => path);
  expect(paths.slice(2)).toEqual(['labels/train/etc/passwd.txt', 'labels/train/root/x.txt', 'labels/train/C_/a.txt']);
});

test.each<[string, () => Promise<unknown>, string, RegExp]>([
  ['no data.yaml', () => importYolo([fileOf('labels/a.txt', '')], context), 'file', /no data.yaml/],
  ['no YAML', () => read('', 'names: ['), 'file', /data.yaml is no YAML/],
  ['no names', () => read('', 'nc: 2'), 'file', /has no "names"/],
  ['names that are none', () => read('', 'names: {a: b}'), 'file', /has no "names"/],
  ['aliases', () => read('', 'a: &a [x]\nb: &b [*a, *a]\nnames: [*b, *b]'), 'file', /no YAML|no "names"/],
  ['an unknown name', () => read('0 .5 .5 .2 .2', 'names: [dog]'), 'unknown-label', /no label "dog"/],
  ['a label out of range', () => read('2 0 0 1 0 1 1'), 'file', /line 1: label 2 is none/],
  ['half a label', () => read('0.5 0 0 1 0 1 1'), 'file', /line 1: label 0.5 is no number of a label/],
  ['text', () => read('0 0 0 1 x 1 1'), 'file', /line 1: item 5 is no number/],
  ['two points', () => read('0 0 0 1'), 'file', /line 1: 2 numbers are neither a box/],
  ['a frame that is not there', () => read('', yaml, 'labels/train/x.txt'), 'frame', /labels\/train\/x.txt/],
])('hostile: %s', async (_name, act, code, message) => {
  await expect(act()).rejects.toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});
