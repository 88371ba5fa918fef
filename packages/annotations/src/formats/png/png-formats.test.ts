import { createMask, decodeRle, decompressRle, maskArea, maskFromCvatPoints, maskToCvatPoints } from '@roto/geometry';
import fc from 'fast-check';
import { decode, encode } from 'fast-png';
import { zlibSync } from 'fflate';
import { expect, test } from 'vitest';
import {
  type AnnotationError,
  EMPTY_LABELED_DATA,
  framesOf,
  type LabeledData,
  type LabeledDataDraft,
  normaliseLabeledData,
} from '../../index.ts';
import { frameSet, labeledData, labels } from '../../testing/arbitrary.ts';
import { bytesOf, fileOf, imageTask, reopened, textOf, videoTask } from '../../testing/files.ts';
import { maskOf } from '../draw.ts';
import { type AnnotationFormat, findFormat } from '../index.ts';
import { readPng } from './read.ts';

const all = { start: 0, stop: frameSet.frameCount - 1 };
const { width, height } = frameSet;
const normal = (draft: LabeledDataDraft): LabeledData => normaliseLabeledData(draft, labels);
const formats = ['DAVIS 1.0', 'MOTS PNG 1.0', 'MOTS 1.0'].map((name) => [name, findFormat(name)!] as const);

/** A mask in one of twelve cells of 16 × 16 pixels, which no other object reaches. */
const inCell = (cell: number) =>
  fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }).map((pixels) => {
    const mask = createMask(width, height);
    for (const [i, isSet] of pixels.entries())
      if (isSet || i === 7)
        mask.data[(16 * Math.floor(cell / 4) + Math.floor(i / 6)) * width + 16 * (cell % 4) + (i % 6)] = 1;
    return maskToCvatPoints(mask);
  });
const track = (cell: number) =>
  fc
    .record({
      label_id: fc.constantFrom(11, 12),
      frames: fc.uniqueArray(fc.nat(39), { minLength: 1, maxLength: 4 }).map((list) => list.sort((a, b) => a - b)),
      masks: fc.array(inCell(cell), { minLength: 4, maxLength: 4 }),
      hidden: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    })
    .map(({ label_id, frames, masks, hidden }) => ({
      label_id,
      frame: frames[0]!,
      shapes: frames.map((frame, i) => ({
        type: 'mask' as const,
        frame,
        points: masks[i]!,
        outside: i > 0 && hidden[i]!,
      })),
    }));
const apart = fc.tuple(track(0), track(3), track(6)).map((tracks) => normal({ tracks }));

const shown = (data: LabeledData) =>
  [...framesOf(data, all)].flatMap(({ frame, shapes }) =>
    shapes.map(({ shape }) => JSON.stringify([frame, shape.label_id, shape.points])).sort(),
  );

test.each(formats)('%s: masks that are apart come back as tracks, the same on every frame', async (_name, format) => {
  await fc.assert(
    fc.asyncProperty(apart, fc.constantFrom(videoTask, imageTask), async (data, task) => {
      const read = await format.import!(reopened(format.export!(data, { labels, task })), { labels, task });
      expect(read.data.shapes).toEqual([]);
      expect(read.data.tracks.length).toBe(3);
      expect(shown(read.data)).toEqual(shown(data));
    }),
    { numRuns: 8 },
  );
});

test.each(formats)('%s: of whatever lies on a frame every pixel comes back once', async (_name, format) => {
  await fc.assert(
    fc.asyncProperty(labeledData, async (draft) => {
      const data = normal(draft);
      const files = reopened(format.export!(data, { labels, task: videoTask }));
      const read = await format.import!(files, { labels, task: videoTask }).catch((error: AnnotationError) => {
        if (error.code !== 'nothing-found') throw error;
        return { data: EMPTY_LABELED_DATA };
      });
      const frames = (from: LabeledData) =>
        [...framesOf(from, all)].map(({ shapes }) => shapes.flatMap(({ shape }) => maskOf(shape, width, height) ?? []));
      const got = frames(read.data);
      for (const [i, masks] of frames(data).entries()) {
        const covered = createMask(width, height);
        for (const mask of masks) for (let p = 0; p < covered.data.length; p++) covered.data[p]! |= mask.data[p]!;
        const sum = new Uint8Array(width * height);
        for (const mask of got[i]!) for (let p = 0; p < sum.length; p++) sum[p]! += mask.data[p]!;
        expect(sum).toEqual(covered.data);
      }
    }),
    { numRuns: 8 },
  );
});

test('what is higher lies on top, among equals the smaller', async () => {
  const box = (left: number, right: number, z_order: number) => ({
    type: 'rectangle' as const,
    frame: 0,
    label_id: 12,
    points: [left, 0, right, 1],
    z_order,
  });
  const data = normal({ shapes: [box(0, 6, 0), box(4, 8, 0), box(5, 9, -1)] });
  const files = [...findFormat('DAVIS 1.0')!.export!(data, { labels, task: videoTask })];
  const png = decode(bytesOf(files[1]!.content));
  expect([...png.data.subarray(0, 10)]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 0]);
});

test('DAVIS, small enough to be read', async () => {
  const data = normal({
    shapes: [
      { type: 'polygon', frame: 0, label_id: 11, points: [0, 0, 2, 0, 2, 2, 0, 2], group: 3 },
      { type: 'polygon', frame: 1, label_id: 11, points: [0, 0, 2, 0, 2, 2, 0, 2], group: 3 },
      { type: 'polyline', frame: 1, label_id: 11, points: [0, 0, 2, 0] },
    ],
  });
  const task = { ...videoTask, frameCount: 2 };
  const files = [...findFormat('DAVIS 1.0')!.export!(data, { labels, task })];
  expect(files.map(({ path }) => path)).toEqual([
    'davis_semantics.json',
    'Annotations/Street _ _co_ _1_/00010.png',
    'Annotations/Street _ _co_ _1_/00012.png',
  ]);
  expect(JSON.parse(textOf(files.slice(0, 1)))).toEqual({ 'Street _ _co_ _1_': { 1: 'person' } });
  const read = await findFormat('DAVIS 1.0')!.import!(
    reopened(findFormat('DAVIS 1.0')!.export!(data, { labels, task })),
    { labels, task },
  );
  expect(read.data.tracks).toMatchObject([{ label_id: 11, shapes: [{ frame: 0 }, { frame: 1 }] }]);
});

test('MOTS, small enough to be read', () => {
  const data = normal({
    shapes: [
      { type: 'rectangle', frame: 0, label_id: 12, points: [0, 0, 2, 2] },
      { type: 'rectangle', frame: 0, label_id: 12, points: [5, 0, 6, 1] },
    ],
  });
  const task = { ...videoTask, frameCount: 1 };
  const png = [...findFormat('MOTS PNG 1.0')!.export!(data, { labels, task })];
  expect(png.map(({ path }) => path)).toEqual(['default/instances/labels.txt', 'default/instances/frame_000010.png']);
  expect(textOf(png.slice(0, 1))).toBe('person\ncar\nbody\n');
  const picture = decode(bytesOf(png[1]!.content));
  expect([picture.depth, picture.channels, ...picture.data.subarray(0, 7)]).toEqual([
    16, 1, 2001, 2001, 0, 0, 0, 2002, 0,
  ]);
  const text = [...findFormat('MOTS 1.0')!.export!(data, { labels, task })];
  expect(textOf(text.slice(1, 2))).toContain('firstFrame=0\n');
  const lines = textOf(text.slice(2))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '));
  expect(lines.map((line) => line.slice(0, 5))).toEqual([
    ['10', '2001', '2', '48', '64'],
    ['10', '2002', '2', '48', '64'],
  ]);
  expect(maskArea(decodeRle(decompressRle({ size: [48, 64], counts: lines[0]![5]! })))).toBe(4);
});

test('more objects than values is an error that names the way out', () => {
  const shapes = Array.from({ length: 1000 }, () => ({
    type: 'rectangle' as const,
    frame: 0,
    label_id: 12,
    points: [0, 0, 1, 1],
  }));
  const write = (format: AnnotationFormat) => [...format.export!(normal({ shapes }), { labels, task: videoTask })];
  expect(() => write(findFormat('DAVIS 1.0')!)).toThrow(
    expect.objectContaining({ code: 'object-id', message: expect.stringMatching(/1000 objects.*254/) }),
  );
  expect(() => write(findFormat('MOTS PNG 1.0')!)).toThrow(expect.objectContaining({ code: 'object-id' }));
});

const context = { labels, task: { ...videoTask, frameCount: 3 } };
const picture = (values: (index: number) => number, more = {}) =>
  encode({
    width,
    height,
    depth: 8,
    channels: 1,
    data: Uint8Array.from({ length: width * height }, (_, i) => values(i)),
    ...more,
  });
const davis = (bytes: Uint8Array, path = 'Annotations/480p/street/00010.png', semantics?: string) =>
  findFormat('DAVIS 1.0')!.import!(
    [fileOf(path, bytes), ...(semantics ? [fileOf('davis_semantics.json', semantics)] : [])],
    context,
  );

test('files of others: fewer bits, one label for all, pixels that are not judged', async () => {
  const packed = encode({
    width,
    height,
    depth: 2,
    channels: 1,
    data: new Uint8Array((width / 4) * height).map((_, i) => (i === 0 ? 0b00011000 : 0)),
    palette: [
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ],
  });
  const only = { ...context, labels: [labels[1]!] };
  const read = await findFormat('DAVIS 1.0')!.import!([fileOf('Annotations/street/00012.png', packed)], only);
  expect(read.data.tracks.map(({ shapes }) => shapes[0]!.points)).toEqual([
    [0, 1, 1, 0, 1, 0],
    [0, 1, 2, 0, 2, 0],
  ]);
  const judged = await davis(
    picture((i) => (i === 0 ? 255 : i === 1 ? 1 : 0)),
    undefined,
    '{"street": {"1": "car"}}',
  );
  expect(judged.data.tracks).toHaveLength(1);
  expect(judged.notes).toEqual([expect.stringMatching(/00010.png: pixels of value 255/)]);
});

/** A PNG of chunks as given; the checksums are wrong, which no reader of ours minds. */
function pngOf(...chunks: [string, Uint8Array][]): Uint8Array {
  const parts = chunks.flatMap(([type, body]) => {
    const head = new Uint8Array(8);
    new DataView(head.buffer).setUint32(0, body.length);
    head.set(new TextEncoder().encode(type), 4);
    return [head, body, new Uint8Array(4)];
  });
  return bytesOf([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts]);
}
function header(w: number, h: number, depth: number, colour: number): [string, Uint8Array] {
  const body = new Uint8Array(13);
  const view = new DataView(body.buffer);
  view.setUint32(0, w);
  view.setUint32(4, h);
  body.set([depth, colour], 8);
  return ['IHDR', body];
}
const bomb = zlibSync(new Uint8Array(50_000_000), { level: 9 });
const end: [string, Uint8Array] = ['IEND', new Uint8Array(0)];

test.each<[string, () => Promise<unknown>, string, RegExp]>([
  ['no PNG', () => davis(new TextEncoder().encode('<svg/>')), 'file', /00010.png is no PNG/],
  ['a PNG cut off', () => davis(picture(() => 0).subarray(0, 60)), 'file', /damaged PNG/],
  [
    'a length that lies',
    () => davis(picture(() => 0).map((byte, i) => (i === 34 ? 0xff : byte))),
    'file',
    /damaged PNG/,
  ],
  [
    'another size',
    () => davis(encode({ width: 2, height: 2, data: new Uint8Array(4), depth: 8, channels: 1 })),
    'file',
    /2 × 2, but the frames of the task are 64 × 48/,
  ],
  ['a size of billions', () => davis(pngOf(header(2 ** 31 - 1, 2 ** 31 - 1, 8, 0), end)), 'file', /2147483647/],
  [
    'colours',
    () =>
      davis(encode({ width, height, data: new Uint8Array(3 * width * height).fill(7, 0, 1), depth: 8, channels: 3 })),
    'file',
    /00010.png has a pixel of colour #070000/,
  ],
  [
    'data that inflates without end',
    () => davis(pngOf(header(width, height, 8, 0), ['IDAT', bomb], end)),
    'file',
    /inflates to more/,
  ],
  [
    'a file that is far too long',
    () => davis(pngOf(header(width, height, 8, 0), ['tEXt', new Uint8Array(3_000_000)], end)),
    'file',
    /larger than/,
  ],
  ['no data', () => davis(pngOf(header(width, height, 8, 0), end)), 'file', /damaged PNG/],
  [
    'a depth that there is not',
    () => davis(pngOf(header(width, height, 3, 3), ['IDAT', zlibSync(new Uint8Array(3000))], end)),
    'file',
    /damaged PNG/,
  ],
  [
    'no label for a value',
    () => davis(picture(() => 3)),
    'unknown-label',
    /object 3 .* the task has 3. Add davis_semantics.json/,
  ],
  [
    'an unknown label',
    () =>
      davis(
        picture(() => 3),
        undefined,
        '{"street": {"3": "dog"}}',
      ),
    'unknown-label',
    /no label "dog"/,
  ],
  [
    'labels that are no JSON',
    () =>
      davis(
        picture(() => 3),
        undefined,
        '{',
      ),
    'file',
    /davis_semantics.json is no JSON/,
  ],
  [
    'labels that are no text',
    () =>
      davis(
        picture(() => 3),
        undefined,
        '{"street": {"3": {}}}',
      ),
    'file',
    /must be text/,
  ],
  [
    'a frame that is not there',
    () =>
      davis(
        picture(() => 1),
        'Annotations/street/00011.png',
      ),
    'frame',
    /no frame named "00011"/,
  ],
  [
    'no mask at all',
    () =>
      davis(
        picture(() => 0),
        'x/00010.png',
      ),
    'nothing-found',
    /Looked for.*PNG masks under Annotations/,
  ],
])('hostile: %s', async (_name, act, code, message) => {
  await expect(act()).rejects.toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});

test('what hides in other chunks of a PNG is not looked at', () => {
  const png = picture((i) => (i === 5 ? 1 : 0));
  const profile: [string, Uint8Array] = ['iCCP', bytesOf(['x\0\0', bomb])];
  const body = new Uint8Array(profile[1].length + 12);
  new DataView(body.buffer).setUint32(0, profile[1].length);
  body.set(new TextEncoder().encode('iCCP'), 4);
  body.set(profile[1], 8);
  const laden = bytesOf([png.slice(0, 33), body, png.slice(33)]);
  expect(readPng(laden, width, height, 'x.png').values[5]).toBe(1);
});

const mots = (line: string, list = 'person\ncar\n') =>
  findFormat('MOTS 1.0')!.import!([fileOf('instances_txt/0002.txt', line), fileOf('labels.txt', list)], context);

test.each<[string, () => Promise<unknown>, string, RegExp]>([
  ['another size', () => mots('10 1001 1 48 65 0'), 'file', /line 1: the mask is 65 × 48/],
  ['a frame between two', () => mots('10 1001 1 48 64 01oo2\n11 1001 1 48 64 0'), 'frame', /no frame 11/],
  ['an object of text', () => mots('10 x 1 48 64 0'), 'file', /line 1: this is no line of MOTS/],
  ['an unknown class', () => mots('10 9001 9 48 64 0'), 'unknown-label', /class 9/],
  ['run lengths cut off', () => mots('10 1001 1 48 64 PPPP'), 'file', /line 1: /],
  ['no run lengths', () => mots('10 1001 1 48 64'), 'file', /line 1: /],
  [
    'two sequences',
    () => findFormat('MOTS 1.0')!.import!([fileOf('a.txt', ''), fileOf('b.txt', '')], context),
    'file',
    /2 .txt files/,
  ],
  [
    'no PNG',
    () => findFormat('MOTS PNG 1.0')!.import!([fileOf('instances/frame_000010.png', '')], context),
    'file',
    /frame_000010.png is no PNG/,
  ],
])('hostile MOTS: %s', async (_name, act, code, message) => {
  await expect(act()).rejects.toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});

test('MOTS: what is not judged is passed over', async () => {
  const { data, notes } = await mots('10 10000 10 48 64 0\n10 1001 1 48 64 01oo2');
  expect(data.tracks).toHaveLength(1);
  expect(notes).toContainEqual(expect.stringMatching(/0002.txt, line 1: class 10 is not judged/));
  expect(maskFromCvatPoints([1, 0, 0, 0, 0], 4, 4).data.every((value) => value === 0)).toBe(true);
});
