import { compressRle, createMask, encodeRle } from '@roto/geometry';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import type { LabeledData } from '../index.ts';
import { fileOf } from '../testing/files.ts';
import { findFormat, type ImportContext, type ImportedFile, type TaskInfo } from './index.ts';

const [width, height] = [256, 192];
const label = (id: number, name: string) => ({
  id,
  name,
  type: 'any' as const,
  color: '#808080',
  attributes: [],
  sublabels: [],
});
const labels = [label(1, 'dog'), label(2, 'cat')];
const task: TaskInfo = {
  name: 'pictures',
  kind: 'images',
  names: Array.from({ length: 10 }, (_, i) => `img_${String(i + 1).padStart(4, '0')}.jpg`),
  frameRate: 0,
  startFrame: 0,
  step: 1,
  frameCount: 10,
  width,
  height,
};
const video: TaskInfo = { ...task, kind: 'video', names: ['clip.mp4'], frameRate: 25 };

const read = (format: string, files: readonly ImportedFile[], more: Partial<ImportContext> = {}) =>
  findFormat(format)!.import!(files, { labels, task, ...more });
const yolo = (files: Record<string, string>, more: Partial<ImportContext> = {}) =>
  read(
    'Ultralytics YOLO Segmentation 1.0',
    Object.entries(files).map(([path, text]) => fileOf(path, text)),
    more,
  );
const yaml = 'names:\n  0: dog\n  1: cat\n';
const place = ({ shapes, tracks }: LabeledData) => [
  ...shapes.map(({ type, frame, label_id }) => [type, frame, label_id]),
  ...tracks.map(({ label_id, shapes: [first] }) => [`track of ${first!.type}`, first!.frame, label_id]),
];

test.each<[string, Record<string, string>]>([
  ["CVAT's YOLO 1.1", { 'data.yaml': yaml, 'obj_train_data/img_0002.txt': '0 0.1 0.1 0.5 0.1 0.5 0.5' }],
  [
    'obj.names instead of data.yaml',
    { 'obj.names': 'dog\ncat\n', 'obj_train_data/img_0002.txt': '0 .1 .1 .5 .1 .5 .5' },
  ],
  ['texts beside data.yaml', { 'data.yaml': yaml, 'img_0002.txt': '0 0.1 0.1 0.5 0.1 0.5 0.5' }],
  ['a folder around all', { 'set/data.yaml': yaml, 'set/train/labels/img_0002.txt': '0 0.1 0.1 0.5 0.1 0.5 0.5' }],
  [
    'args.yaml before data.yaml',
    { 'args.yaml': 'task: segment\n', 'data.yaml': yaml, 'labels/img_0002.txt': '0 .1 .1 .5 .1 .5 .5' },
  ],
])('03 YOLO in another layout is read: %s', async (_name, files) => {
  expect(place((await yolo(files)).data)).toEqual([['polygon', 1, 1]]);
});

const png = (value: number, channels: 1 | 3 = 1, depth: 8 | 16 = 8) => {
  const data = new (depth === 16 ? Uint16Array : Uint8Array)(width * height * channels);
  data.fill(value, 0, channels * 20);
  return encode({ width, height, data, depth, channels });
};
const one = [labels[0]!];

test('03 masks of 0 and 255, grey or with colours, are an object', async () => {
  for (const bytes of [png(255), png(255, 3), png(65535, 1, 16)]) {
    const { data, notes } = await read('DAVIS 1.0', [fileOf('Annotations/imgs/img_0001.png', bytes)], { labels: one });
    expect(place(data)).toEqual([['track of mask', 0, 1]]);
    expect(notes).toEqual([expect.stringMatching(/white on black/)]);
  }
  const flat = await read('DAVIS 1.0', [fileOf('masks/img_0003.png', png(255))], { labels: one });
  expect(place(flat.data)).toEqual([['track of mask', 2, 1]]);
});

test('03 raw ids of MOTS go by their class, or by the only label', async () => {
  const text = await read('MOTS 1.0', [fileOf('instances_txt/0001.txt', `0 1 2 192 256 ${rle()}`)]);
  expect(place(text.data)).toEqual([['track of mask', 0, 2]]);
  const picture = await read('MOTS PNG 1.0', [fileOf('instances/img_0001.png', png(3, 1, 16))], { labels: one });
  expect(place(picture.data)).toEqual([['track of mask', 0, 1]]);
  await expect(read('MOTS PNG 1.0', [fileOf('instances/img_0001.png', png(3, 1, 16))])).rejects.toThrow(
    /nothing says which of the 2 labels object 3 has/,
  );
});

test('03 CVAT XML with an element around its images and tracks is read', async () => {
  const image = '<image id="0" name="img_0001.jpg"><box label="dog" xtl="1" ytl="1" xbr="9" ybr="9"/></image>';
  const track = '<track label="cat"><box frame="3" xtl="1" ytl="1" xbr="9" ybr="9"/></track>';
  const wrapped = (text: string) => read('CVAT 1.1', [fileOf('a.xml', text)]);
  for (const text of [
    `<annotations><images>${image}</images><tracks>${track}</tracks></annotations>`,
    `<export><annotations>${image}${track}</annotations></export>`,
  ])
    expect(place((await wrapped(text)).data)).toEqual([
      ['rectangle', 0, 1],
      ['track of rectangle', 3, 2],
    ]);
});

test.each<[string, string, ImportedFile[], RegExp]>([
  ['YOLO', 'Ultralytics YOLO Segmentation 1.0', [fileOf('data.yaml', yaml)], /Looked for.*\.txt.*Found: data\.yaml/],
  [
    'YOLO, empty texts',
    'YOLO 1.1',
    [fileOf('data.yaml', yaml), fileOf('labels/img_0001.txt', '')],
    /Found: .*img_0001/,
  ],
  ['COCO', 'COCO 1.0', [fileOf('a.json', '{"images":[],"categories":[],"annotations":[]}')], /Found: a\.json/],
  ['DAVIS, all black', 'DAVIS 1.0', [fileOf('Annotations/a/img_0001.png', png(0))], /Looked for.*PNG/],
  ['MOTS PNG, all black', 'MOTS PNG 1.0', [fileOf('instances/img_0001.png', png(0, 1, 16))], /instances/],
  ['MOTS', 'MOTS 1.0', [fileOf('readme.txt', 'hello')], /Found: readme\.txt/],
  ['CVAT', 'CVAT 1.1', [fileOf('a.xml', '<annotation><object/></annotation>')], /<object> is no element of CVAT/],
  ['an empty archive', 'COCO 1.0', [], /Found: no file/],
])(
  '03 nothing found is an error that says what was looked for and found: %s',
  async (_name, format, files, message) => {
    await expect(read(format, files)).rejects.toThrow(
      expect.objectContaining({ code: 'nothing-found', message: expect.stringMatching(message) }),
    );
  },
);

const coco = (file_name: string, more: object = {}, categories: object[] = [{ id: 1, name: 'dog' }]) =>
  fileOf(
    'coco.json',
    JSON.stringify({
      images: [{ id: 1, file_name, width, height, ...more }],
      categories,
      annotations: [{ id: 900, image_id: 1, category_id: 1, segmentation: [[10, 10, 50, 10, 50, 50]] }],
    }),
  );

test.each([
  ['img_0003.jpg', 2],
  ['train/img_0003.jpg', 2],
  ['C:\\data\\img_0003.jpg', 2],
  ['IMG_0003.JPG', 2],
  ['img_0003.png', 2],
  ['./a/b/Img_0003.jpg', 2],
])('04 %s is frame %i', async (name, frame) => {
  expect((await read('COCO 1.0', [coco(name)])).data.shapes[0]!.frame).toBe(frame);
});

test.each([
  'images/3f2a1b9c-img_0001.jpg',
  'img_1.jpg',
  '0001.jpg',
  'copy of img_0001.jpg',
  'cam7.jpg',
  '2024-01-05.jpg',
])('04 %s is refused, with both names', async (name) => {
  const text = name.replaceAll('.', String.raw`\.`);
  await expect(read('COCO 1.0', [coco(name)])).rejects.toThrow(
    expect.objectContaining({
      code: 'frame',
      message: expect.stringMatching(new RegExp(`coco.json: images\\[0\\].*${text}.*"img_00`)),
    }),
  );
  const stem = name.replace(/\.jpg$/, '');
  await expect(yolo({ 'data.yaml': yaml, [`labels/${stem}.txt`]: '0 .1 .1 .5 .1 .5 .5' })).rejects.toThrow(/no frame/);
});

test('04 in CVAT XML an explicit id counts where the name says nothing, and is told', async () => {
  const image = (name: string, id: number) =>
    fileOf('a.xml', `<annotations><image id="${id}" name="${name}"><tag label="dog"/></image></annotations>`);
  const { data, notes } = await read('CVAT 1.1', [image('other_7.jpg', 0)]);
  expect(data.tags[0]!.frame).toBe(0);
  expect(notes[0]).toMatch(/"other_7.jpg" on frame 0: .*placed by its id/);
  expect((await read('CVAT 1.1', [image('img_0004.jpg', 0)])).data.tags[0]!.frame).toBe(3);
});

test('04 two images that a name does not tell apart are both named', async () => {
  const names = ['a/x.jpg', 'b/x.jpg', 'b/X.png'];
  const folders = { task: { ...task, names, frameCount: 3 } };
  await expect(read('COCO 1.0', [coco('x.jpg')], folders)).rejects.toThrow(/"a\/x.jpg" \(frame 0\) or "b\/x.jpg"/);
  expect((await read('COCO 1.0', [coco('data/a/x.jpg')], folders)).data.shapes[0]!.frame).toBe(0);
});

test("04 Ultralytics' texts of a video count from 1; frame_12 is a frame of the source", async () => {
  const line = '0 .1 .1 .5 .1 .5 .5 3';
  const ultralytics = await yolo(
    { 'data.yaml': yaml, 'labels/clip_1.txt': line, 'labels/clip_2.txt': line },
    { task: video },
  );
  expect(ultralytics.data.tracks[0]!.shapes.map(({ frame }) => frame)).toEqual([0, 1, 2]);
  expect(ultralytics.notes[0]).toMatch(/counted from 1/);
  const cvat = await yolo({ 'data.yaml': yaml, 'labels/train/frame_000002.txt': line }, { task: video });
  expect(cvat.data.tracks[0]!.frame).toBe(2);
  await expect(yolo({ 'data.yaml': yaml, 'labels/other_2.txt': line }, { task: video })).rejects.toThrow(/no frame/);
});

function rle(): string {
  const mask = createMask(width, height);
  mask.data[0] = 1;
  return compressRle(encodeRle(mask)).counts;
}

test('06 only what is used is looked up', async () => {
  const root = [
    { id: 0, name: 'animals', supercategory: 'none' },
    { id: 1, name: 'dog' },
  ];
  expect((await read('COCO 1.0', [coco('img_0001.jpg', {}, root)])).data.shapes).toHaveLength(1);
  const many = `names: [${Array.from({ length: 80 }, (_, i) => (i === 3 ? 'dog' : `class ${i}`)).join(', ')}]\n`;
  expect(place((await yolo({ 'data.yaml': many, 'labels/img_0001.txt': '3 .5 .5 .2 .2' })).data)).toEqual([
    ['rectangle', 0, 1],
  ]);
});

test('06 labels can be mapped or made', async () => {
  const file = coco('img_0001.jpg', {}, [{ id: 1, name: 'Canis' }]);
  await expect(read('COCO 1.0', [file])).rejects.toThrow(
    /no label "Canis", only "dog", "cat".*--label-map.*--create-labels/,
  );
  const mapped = await read('COCO 1.0', [file], { labelMap: new Map([['Canis', 'dog']]) });
  expect(mapped.data.shapes[0]!.label_id).toBe(1);
  const made = await read('COCO 1.0', [file], { createLabels: true });
  expect(made.newLabels).toMatchObject([{ name: 'Canis', id: 3 }]);
  expect(made.data.shapes[0]!.label_id).toBe(3);
  await expect(read('COCO 1.0', [file], { labelMap: new Map([['Canis', 'wolf']]) })).rejects.toThrow(
    /"wolf".*"dog", "cat"/,
  );
});

test('12 a problem is named with file, place and id', async () => {
  const bad = JSON.stringify({
    images: [{ id: 1, file_name: 'img_0001.jpg' }],
    categories: [{ id: 1, name: 'dog' }],
    annotations: [
      {
        id: 906,
        image_id: 1,
        category_id: 1,
        segmentation: [
          [10, 10, 50, 10, 50, 50],
          [60, 60, 90, 60, 90, 90],
        ],
      },
      { id: 907, image_id: 1, category_id: 1, segmentation: [[10, 10, 50, 10]] },
    ],
  });
  await expect(read('COCO 1.0', [fileOf('bad.json', bad)])).rejects.toThrow(
    /bad\.json: annotations\[1\] \(id 907\): points are 4 numbers/,
  );
  const xml =
    '<annotations>\n<image id="0" name="img_0001.jpg">\n<polygon label="dog" points="1,1;2,2"/></image></annotations>';
  await expect(read('CVAT 1.1', [fileOf('a.xml', xml)])).rejects.toThrow(/a\.xml, line 3: points are 4 numbers/);
});

test('13 MOTS counts from where the names, a seqinfo.ini, the numbers or the person say', async () => {
  const lines = (...frames: number[]) =>
    fileOf('gt.txt', frames.map((frame) => `${frame} 1001 1 192 256 ${rle()}\n`).join(''));
  const first = async (files: ImportedFile[], more: Partial<ImportContext> = {}) =>
    (await read('MOTS 1.0', files, more)).data.tracks[0]!.frame;
  expect(await first([lines(1, 2, 3)])).toBe(0);
  expect(await first([lines(2, 3)])).toBe(1);
  expect(await first([lines(1, 2)], { task: video, firstFrame: 1 })).toBe(0);
  expect(await first([lines(1, 2)], { task: video, firstFrame: 0 })).toBe(1);
  expect(await first([lines(0, 2)], { task: video })).toBe(0);
  expect(await first([lines(3, 10)], { task: video })).toBe(2);
  expect(await first([lines(3), fileOf('seqinfo.ini', '[Sequence]\nname=x\n')], { task: video })).toBe(2);
  expect(await first([lines(3), fileOf('seqinfo.ini', '[Sequence]\nfirstFrame=0\n')], { task: video })).toBe(3);
  await expect(first([lines(1, 2, 3)], { task: video })).rejects.toThrow(
    /gt.txt, line 1.*--first-frame 0 or --first-frame 1/,
  );
});

test('19 what a reader passes over is in its notes', async () => {
  const file = fileOf(
    'attributes.json',
    JSON.stringify({
      images: [{ id: 1, file_name: 'img_0001.jpg' }],
      categories: [{ id: 1, name: 'dog' }],
      annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 20, 20], attributes: { color: 'red', age: 3 } }],
    }),
  );
  const { notes } = await read('COCO 1.0', [file, fileOf('more/captions.csv', 'x')]);
  expect(notes).toEqual([
    expect.stringMatching(/annotations\[0\] \(id 1\): the attribute "color" was passed over/),
    expect.stringMatching(/the attribute "age"/),
    expect.stringMatching(/more\/captions.csv: not read/),
  ]);
});

test('COCO with "segmentation": [[]] has its box', async () => {
  const file = fileOf(
    'a.json',
    JSON.stringify({
      images: [{ id: 1, file_name: 'img_0001.jpg' }],
      categories: [{ id: 1, name: 'dog' }],
      annotations: [{ id: 1, image_id: 1, category_id: 1, segmentation: [[]], bbox: [1, 2, 3, 4] }],
    }),
  );
  expect((await read('COCO 1.0', [file])).data.shapes).toMatchObject([{ type: 'rectangle', points: [1, 2, 4, 6] }]);
});

test('an id that two images have is refused, also where rounding made it one', async () => {
  const text = `{"images":[{"id":9007199254740992,"file_name":"img_0001.jpg"},{"id":9007199254740993,"file_name":"img_0002.jpg"}],"categories":[{"id":1,"name":"dog"}],"annotations":[]}`;
  await expect(read('COCO 1.0', [fileOf('a.json', text)])).rejects.toThrow(
    /"img_0002.jpg" has the id .* which "img_0001.jpg" has too/,
  );
});
