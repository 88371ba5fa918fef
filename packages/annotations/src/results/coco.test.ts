import { decodeRle, decompressRle, maskToText, rleArea } from '@roto/geometry';
import { expect, test } from 'vitest';
import { collect, frames, header } from '../testing/frames.ts';
import { writeCoco } from './index.ts';

test('images in order, one annotation per seen object, masks that read back', async () => {
  const coco = JSON.parse(await collect(writeCoco(header, () => [...frames].reverse())));
  expect(coco.videos).toEqual([{ id: 1, name: 'clip.mp4', width: 10, height: 6, length: 6 }]);
  expect(coco.categories.map((category: { id: number; name: string }) => [category.id, category.name])).toEqual([
    [1, 'cat'],
    [2, 'ball'],
  ]);
  expect(coco.images).toHaveLength(4);
  expect(coco.images[3]).toEqual({
    id: 4,
    video_id: 1,
    file_name: '00003.jpg',
    width: 10,
    height: 6,
    frame_index: 3,
    timestamp: 0.12,
  });
  expect(coco.annotations).toHaveLength(7);
  expect(new Set(coco.annotations.map((annotation: { id: number }) => annotation.id)).size).toBe(7);
  for (const annotation of coco.annotations) {
    const object = frames[annotation.image_id - 1]!.objects.find((one) => one.id === annotation.track_id)!;
    expect(decodeRle(decompressRle(annotation.segmentation))).toEqual(decodeRle(object.mask));
    const { x0, y0, x1, y1 } = object.box!;
    expect(annotation).toMatchObject({
      area: rleArea(object.mask),
      bbox: [x0, y0, x1 - x0, y1 - y0],
      iscrowd: 0,
      category_id: object.label === 'cat' ? 1 : 2,
      attributes: { presence: 4.5, predicted_iou: 0.875 },
    });
  }
});

test('no frames make a document that is whole', async () => {
  const coco = JSON.parse(await collect(writeCoco(header, () => [], { fileName: (frame) => `${frame}.png` })));
  expect([coco.images, coco.annotations]).toEqual([[], []]);
});

test('pictures are named as asked, and frames come from any stream', async () => {
  async function* stream() {
    yield* frames;
  }
  const text = await collect(writeCoco(header, stream, { fileName: (frame) => `clip/img_${frame}.png` }));
  expect(JSON.parse(text).images.map((image: { file_name: string }) => image.file_name)).toEqual([
    'clip/img_0.png',
    'clip/img_1.png',
    'clip/img_2.png',
    'clip/img_3.png',
  ]);
  expect(maskToText(decodeRle(frames[2]!.objects[0]!.mask))).not.toContain('#');
});
