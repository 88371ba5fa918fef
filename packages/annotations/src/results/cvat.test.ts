import {
  decodeRle,
  type Mask,
  maskFromCvatPoints,
  maskIou,
  masksEqual,
  polygonFromFlat,
  rasterisePolygon,
} from '@roto/geometry';
import { expect, test } from 'vitest';
import type { LabeledData } from '../index.ts';
import { collect, frames, header } from '../testing/frames.ts';
import { type CvatOptions, writeCvat } from './index.ts';

async function write(options: CvatOptions, some = frames): Promise<LabeledData> {
  return JSON.parse(await collect(writeCvat(header, () => some, options)));
}

const maskOf = (frame: number, id: number): Mask =>
  decodeRle(frames[frame]!.objects.find((object) => object.id === id)!.mask);
const drawn = (points: readonly number[]): Mask => rasterisePolygon([polygonFromFlat(points)], 10, 6);

test('masks are plain shapes, one per object and frame that sees it, grouped by object', async () => {
  const { shapes, tracks, tags, version } = await write({ shapes: 'mask' });
  expect([version, tags, tracks]).toEqual([0, [], []]);
  expect(shapes.map((shape) => [shape.frame, shape.group, shape.label_id])).toEqual([
    [0, 1, 1],
    [0, 2, 2],
    [1, 1, 1],
    [1, 2, 2],
    [2, 2, 2],
    [3, 1, 1],
    [3, 2, 2],
  ]);
  for (const shape of shapes) {
    expect(shape).toMatchObject({ type: 'mask', outside: false, occluded: false, rotation: 0, source: 'auto' });
    expect(masksEqual(maskFromCvatPoints(shape.points, 10, 6), maskOf(shape.frame, shape.group))).toBe(true);
  }
});

test('polygon tracks: a keyframe per frame, outside where lost, back when found, outside after the end', async () => {
  const { shapes, tracks } = await write({ shapes: 'polygon', minIou: 1 });
  expect(shapes).toEqual([]);
  expect(tracks.map((track) => [track.frame, track.label_id])).toEqual([
    [0, 1],
    [0, 2],
  ]);
  expect(tracks[0]!.shapes.map((shape) => [shape.frame, shape.outside])).toEqual([
    [0, false],
    [1, false],
    [2, true],
    [3, false],
    [4, true],
  ]);
  expect(tracks[0]!.shapes[2]!.points).toEqual(tracks[0]!.shapes[1]!.points);
  // With a bound of 1 the ring that joins hole and second part draws the very mask.
  for (const shape of tracks[0]!.shapes.filter((one) => !one.outside))
    expect(masksEqual(drawn(shape.points), maskOf(shape.frame, 1))).toBe(true);
});

test('the bound holds for what is written', async () => {
  const { tracks } = await write({ shapes: 'polygon', minIou: 0.8 });
  for (const [i, id] of [1, 2].entries())
    for (const shape of tracks[i]!.shapes.filter((one) => !one.outside))
      expect(maskIou(drawn(shape.points), maskOf(shape.frame, id))).toBeGreaterThanOrEqual(0.8);
});

test('the largest part alone has its holes filled', async () => {
  const { tracks } = await write({ shapes: 'polygon', minIou: 1, parts: 'largest' });
  const found = tracks[0]!.shapes[3]!;
  expect(drawn(found.points)).toEqual(drawn([4, 1, 8, 1, 8, 4, 4, 4]));
  expect(found.points).toHaveLength(8);
});

test('frames in any order, gaps, and an end at the last frame', async () => {
  const last = { ...frames[1]!, frame: 5 };
  const { tracks } = await write({ shapes: 'polygon' }, [last, frames[3]!, frames[0]!]);
  expect(tracks[1]!.shapes.map((shape) => [shape.frame, shape.outside])).toEqual([
    [0, false],
    [1, true],
    [3, false],
    [4, true],
    [5, false],
  ]);
});

test('label ids of the task are used, and one that is missing is named', async () => {
  const { tracks } = await write({
    shapes: 'polygon',
    labelIds: new Map([
      ['ball', 40],
      ['cat', 41],
    ]),
  });
  expect(tracks.map((track) => track.label_id)).toEqual([41, 40]);
  await expect(write({ shapes: 'mask', labelIds: new Map([['cat', 1]]) })).rejects.toThrow(
    expect.objectContaining({ code: 'label', message: expect.stringMatching(/"ball" has no id/) }),
  );
});
