import fc from 'fast-check';
import { expect, test } from 'vitest';
import { framesOf, type LabeledData, type LabeledDataDraft, normaliseLabeledData } from '../../index.ts';
import { frameSet, labeledData, labels } from '../../testing/arbitrary.ts';
import { fileOf, imageTask, reopened, textOf, videoTask } from '../../testing/files.ts';
import { findFormat, type TaskInfo } from '../index.ts';
import { importCvat } from './read.ts';
import { exportCvatImages } from './write-images.ts';
import { exportCvatVideo } from './write-video.ts';

const all = { start: 0, stop: frameSet.frameCount - 1 };
const normal = (draft: LabeledDataDraft): LabeledData => normaliseLabeledData(draft, labels);

/** The files have no source of a skeleton's part: it is that of the skeleton. Order is that of frames. */
function comparable(data: LabeledData) {
  const part = <T extends { source: string; elements: readonly { label_id: number }[] }>(whole: T) => ({
    ...whole,
    elements: whole.elements
      .map((element) => ({ ...element, source: whole.source }))
      .sort((a, b) => a.label_id - b.label_id),
  });
  const key = (value: unknown) => JSON.stringify(value);
  const sorted = <T>(list: readonly T[]) => list.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return {
    tags: sorted(data.tags.map(ordered)),
    shapes: sorted(data.shapes.map(part).map(ordered)),
    tracks: sorted(data.tracks.map(part).map(ordered)),
  };
}

/** Attributes in order of ids, everywhere. */
function ordered<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (name, inner) =>
      name === 'attributes'
        ? inner.toSorted((a: { spec_id: number }, b: { spec_id: number }) => a.spec_id - b.spec_id)
        : inner,
    ),
  );
}

async function throughVideo(data: LabeledData, task: TaskInfo = videoTask): Promise<LabeledData> {
  const read = await importCvat(reopened(exportCvatVideo(data, { labels, task })), { labels, task });
  return read.data;
}

test('CVAT for video holds everything, but a hidden keyframe of a mask that follows a hidden one', async () => {
  await fc.assert(
    fc.asyncProperty(labeledData, async (draft) => {
      const data = normal(draft);
      const kept = {
        ...data,
        tracks: data.tracks.map((track) =>
          track.shapes[0]!.type === 'mask'
            ? { ...track, shapes: track.shapes.filter((shape, i) => !shape.outside || !track.shapes[i - 1]?.outside) }
            : track,
        ),
      };
      expect(comparable(await throughVideo(data))).toEqual(comparable(kept));
    }),
  );
});

test('CVAT for images holds every frame, tracks as plain shapes', async () => {
  await fc.assert(
    fc.asyncProperty(labeledData, fc.constantFrom(imageTask, videoTask), async (draft, task) => {
      const data = normal(draft);
      const read = await importCvat(reopened(exportCvatImages(data, { labels, task })), { labels, task });
      const shapes = [...framesOf(data, all)].flatMap((frame) =>
        frame.shapes.map(({ shape, keyframe }) =>
          // What is only interpolated is written with two places.
          keyframe || shape.type === 'mask' ? shape : twoPlaces(shape),
        ),
      );
      expect(comparable({ ...read.data, shapes: read.data.shapes.map(tidied) })).toEqual(
        comparable({ ...data, shapes: shapes.map(tidied), tracks: [] }),
      );
    }),
    { numRuns: 40 },
  );
});

function twoPlaces<T extends LabeledData['shapes'][number]>(shape: T): T {
  const cut = (value: number) => Number(value.toFixed(2));
  const [a, b, c, d] = shape.points;
  const points =
    shape.type === 'ellipse'
      ? [cut(a!), cut(b!), cut(a!) + cut(c! - a!), cut(b!) - cut(b! - d!)]
      : shape.points.map(cut);
  return {
    ...shape,
    rotation: cut(shape.rotation),
    points,
    elements: shape.elements.map((element) => ({ ...element, points: element.points.map(cut) })),
  };
}

/** Without the last bits of sums, and without the sign of zero. */
function tidied<T extends LabeledData['shapes'][number]>(shape: T): T {
  const tidy = (value: number) => Math.round(value * 1e4) / 1e4 + 0;
  return {
    ...shape,
    points: shape.points.map(tidy),
    elements: shape.elements.map((element) => ({ ...element, points: element.points.map(tidy) })),
  };
}

const person = { frame: 2, label_id: 11, group: 4, source: 'semi-auto' };

test('a track for video, as CVAT writes it', () => {
  const data = normal({
    tracks: [
      {
        ...person,
        attributes: [{ spec_id: 4, value: 'A & "B"' }],
        shapes: [
          { type: 'rectangle', frame: 2, points: [1, 2, 11.5, 12], rotation: 30, occluded: true, z_order: 5 },
          { type: 'rectangle', frame: 4, points: [2, 2, 12.5, 12], rotation: 30, outside: true },
        ],
      },
    ],
  });
  const text = textOf(exportCvatVideo(data, { labels, task: videoTask }));
  expect(text.slice(text.indexOf('<track'))).toBe(
    `<track id="0" label="person" source="semi-auto" group_id="4">
<box frame="14" keyframe="1" outside="0" occluded="1" xtl="1" ytl="2" xbr="11.5" ybr="12" rotation="30" z_order="5">
<attribute name="name">A &amp; &quot;B&quot;</attribute>
<attribute name="known">false</attribute>
<attribute name="pose">stand</attribute>
<attribute name="age">30</attribute>
</box>
<box frame="16" keyframe="0" outside="0" occluded="1" xtl="1.50" ytl="2.00" xbr="12.00" ybr="12.00" rotation="30.00" z_order="5">
<attribute name="name">A &amp; &quot;B&quot;</attribute>
<attribute name="known">false</attribute>
<attribute name="pose">stand</attribute>
<attribute name="age">30</attribute>
</box>
<box frame="18" keyframe="1" outside="1" occluded="0" xtl="2" ytl="2" xbr="12.5" ybr="12" rotation="30" z_order="0">
<attribute name="name">A &amp; &quot;B&quot;</attribute>
<attribute name="known">false</attribute>
<attribute name="pose">stand</attribute>
<attribute name="age">30</attribute>
</box>
</track>
</annotations>
`,
  );
});

test('shapes of an image, as CVAT writes them', () => {
  const car = { frame: 39, label_id: 12 };
  const data = normal({
    tags: [{ ...car, source: 'file' }],
    shapes: [
      { ...car, type: 'ellipse', points: [10, 10, 14, 7] },
      { ...car, type: 'polyline', points: [0, 0.25, 3, 4], z_order: -1 },
      { ...car, type: 'mask', points: [1, 2, 1, 4, 2, 1, 1, 1, 1, 4, 3], group: 2, source: 'auto' },
      {
        ...car,
        label_id: 13,
        type: 'skeleton',
        elements: [{ frame: 39, label_id: 15, type: 'points', points: [5, 6], outside: true }],
      },
    ],
  });
  const text = textOf(exportCvatImages(data, { labels, task: imageTask }));
  expect(text.slice(text.indexOf('<image id="38"'))).toBe(
    `<image id="38" name="b/picture 38.jpg" width="64" height="48"/>
<image id="39" name="b/picture 39.jpg" width="64" height="48">
<ellipse label="car" source="manual" occluded="0" cx="10" cy="10" rx="4" ry="3" z_order="0"/>
<polyline label="car" source="manual" occluded="0" points="0,0.25;3,4" z_order="-1"/>
<mask label="car" source="auto" occluded="0" group_id="2" rle="1, 2, 1, 4, 2, 1, 1" left="1" top="1" width="4" height="3" z_order="0"/>
<skeleton label="body" source="manual" z_order="0">
<points label="hand" source="manual" outside="1" occluded="0" points="5,6" z_order="0"/>
</skeleton>
<tag label="car" source="file">
</tag>
</image>
</annotations>
`,
  );
});

test('a track of masks is one track of a single mask for every frame that sees it', () => {
  const points = [0, 2, 3, 4, 4, 4];
  const data = normal({
    tracks: [
      {
        frame: 36,
        label_id: 12,
        shapes: [
          { type: 'mask', frame: 36, points, presence: 2.5, predicted_iou: 0.5 },
          { type: 'mask', frame: 38, points, outside: true },
        ],
      },
    ],
  });
  const text = textOf(exportCvatVideo(data, { labels, task: videoTask }));
  const lines = text.split('\n').filter((line) => /<(track|mask)/.test(line));
  expect(lines).toEqual([
    '<track id="0" label="car" source="manual" roto_track="0">',
    '<mask frame="82" keyframe="1" outside="0" occluded="0" roto_keyframe="1" rle="0, 2" left="3" top="4" width="2" height="1" z_order="0" roto_presence="2.5" roto_predicted_iou="0.5"/>',
    '<mask frame="84" keyframe="1" outside="1" occluded="0" rle="0, 2" left="3" top="4" width="2" height="1" z_order="0" roto_presence="2.5" roto_predicted_iou="0.5"/>',
    '<track id="1" label="car" source="manual" roto_track="0">',
    '<mask frame="84" keyframe="1" outside="0" occluded="0" rle="0, 2" left="3" top="4" width="2" height="1" z_order="0"/>',
    '<mask frame="86" keyframe="1" outside="1" occluded="0" roto_keyframe="1" rle="0, 2" left="3" top="4" width="2" height="1" z_order="0"/>',
  ]);
});

test('labels come back from the file when the reader is given none', async () => {
  const data = normal({ shapes: [{ type: 'points', frame: 1, label_id: 11, points: [1, 2] }] });
  for (const task of [videoTask, { ...videoTask, job: { id: 3, start: 0, stop: 9 } }]) {
    const read = await importCvat(reopened(exportCvatVideo(data, { labels, task })), { task });
    const withoutIds = (list: unknown) =>
      JSON.parse(JSON.stringify(list, (name, value) => (name === 'id' ? undefined : value)));
    expect(withoutIds(read.labels)).toEqual(withoutIds(labels));
    expect(read.data.shapes[0]!.attributes).toHaveLength(4);
  }
});

test('a job writes its frames only', async () => {
  const task = { ...videoTask, job: { id: 3, start: 5, stop: 9 } };
  const data = normal({
    tags: [0, 5, 9, 10].map((frame) => ({ frame, label_id: 12 })),
    tracks: [
      { frame: 0, label_id: 12, shapes: [0, 20].map((frame) => ({ type: 'points', frame, points: [frame, 0] })) },
    ],
  });
  const read = await throughVideo(data, task);
  expect(read.tags.map(({ frame }) => frame)).toEqual([5, 9]);
  expect(read.tracks[0]!.shapes.map(({ frame, points }) => [frame, points[0]])).toEqual([
    [5, 5],
    [9, 9],
  ]);
  const images = await importCvat(reopened(exportCvatImages(data, { labels, task })), { labels, task });
  expect(images.data.shapes.map(({ frame, points }) => [frame, points[0]])).toEqual([5, 6, 7, 8, 9].map((f) => [f, f]));
});

test('of deleted frames nothing is written, nor of a track that has keyframes on them only', async () => {
  const task = { ...videoTask, deletedFrames: [3, 4] };
  const point = (frame: number) => ({ type: 'points' as const, frame, points: [frame, 0] });
  const data = normal({
    tags: [{ frame: 3, label_id: 12 }],
    shapes: [{ ...point(4), label_id: 12 }],
    tracks: [
      { frame: 3, label_id: 12, shapes: [point(3), { ...point(4), outside: true }] },
      { frame: 2, label_id: 12, shapes: [point(2), point(4), point(6)] },
    ],
  });
  expect(textOf(exportCvatVideo(data, { labels, task })).match(/<track/g)).toHaveLength(1);
  const read = await throughVideo(data, task);
  expect([read.tags, read.shapes]).toEqual([[], []]);
  expect(read.tracks.map(({ shapes }) => shapes.map(({ frame }) => frame))).toEqual([[2, 6]]);
});

// What CVAT 2.54 writes for one mask and one skeleton of a task with a video, shortened.
const foreign = `<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><labels><label><name>car</name></label></labels></task><dumped>2026-01-01</dumped></meta>
  <track id="0" label="car" source="manual">
    <mask frame="12" keyframe="1" outside="0" occluded="0" rle="0, 2" left="3" top="4" width="2" height="1" z_order="0">
    </mask>
    <mask frame="14" keyframe="1" outside="1" occluded="0" rle="0, 2" left="3" top="4" width="2" height="1" z_order="0">
    </mask>
  </track>
  <track id="1" label="body" source="manual">
    <skeleton frame="10" keyframe="1" z_order="0">
      <points label="head" keyframe="1" outside="0" occluded="1" points="8.00,4.00">
      </points>
    </skeleton>
    <skeleton frame="12" keyframe="0" z_order="0">
      <points label="head" keyframe="0" outside="0" occluded="1" points="9.00,4.00">
      </points>
    </skeleton>
  </track>
</annotations>
`;

test("CVAT's own files: a mask on one frame is plain, frames without keyframes are passed over", async () => {
  const { data } = await importCvat([fileOf('task/annotations.xml', foreign), fileOf('images/a.png', 'x')], {
    labels,
    task: videoTask,
  });
  expect(data.shapes).toMatchObject([{ type: 'mask', frame: 1, points: [0, 2, 3, 4, 4, 4], label_id: 12 }]);
  expect(data.tracks).toMatchObject([
    {
      label_id: 13,
      shapes: [{ frame: 0 }],
      elements: [{ label_id: 14, shapes: [{ frame: 0, occluded: true, points: [8, 4] }] }],
    },
  ]);
});

test.each<[string, string, string, RegExp]>([
  ['no XML', 'label,x,y', 'file', /line 1: this is no well-formed XML/],
  ['another root', '<html></html>', 'nothing-found', /root element is <html>/],
  ['an end too soon', '<annotations><track id="0" label="car">', 'file', /no well-formed XML/],
  [
    'an unknown label',
    '<annotations>\n<track label="dog"><box frame="10"/></track></annotations>',
    'unknown-label',
    /line 2: The task has no label "dog", only "person", "car", "body"/,
  ],
  [
    'an unknown point',
    '<annotations><image id="10" name=""><skeleton label="body"><points label="ear" points="1,1"/></skeleton></image></annotations>',
    'unknown-label',
    /skeleton "body" has no label "ear"/,
  ],
  [
    'an unknown attribute',
    '<annotations><image id="10" name=""><tag label="car"><attribute name="make">x</attribute></tag></image></annotations>',
    'unknown-label',
    /"car" has no attribute "make"/,
  ],
  [
    'a frame between two',
    '<annotations><track label="car"><box frame="11" xtl="1" ytl="1" xbr="2" ybr="2"/></track></annotations>',
    'frame',
    /frame 11. It has frames 10 to 88 in steps of 2/,
  ],
  [
    'an image that is not there',
    '<annotations><image id="500" name="x.jpg"><tag label="car"/></image></annotations>',
    'frame',
    /a.xml, line 1: the task has no frame named "x.jpg", nor a frame 500 of its source/,
  ],
  [
    'a coordinate as text',
    '<annotations><track label="car"><box frame="10" xtl="left" ytl="1" xbr="2" ybr="2"/></track></annotations>',
    'file',
    /"xtl" of the rectangle is "left"/,
  ],
  [
    'a coordinate missing',
    '<annotations><track label="car"><box frame="10" ytl="1" xbr="2" ybr="2"/></track></annotations>',
    'file',
    /"xtl" of the rectangle is missing/,
  ],
  [
    'points as text',
    '<annotations><track label="car"><polygon frame="10" points="1,1;2,x;3,3"/></track></annotations>',
    'file',
    /number 4 of 6 is "x"/,
  ],
  [
    'a polygon of two points',
    '<annotations><track label="car"><polygon frame="10" points="1,1;2,2"/></track></annotations>',
    'problems',
    /a.xml, line 1: points are 4 numbers/,
  ],
  [
    'runs of a wrong sum',
    '<annotations><track label="car"><mask frame="10" rle="0, 3" left="0" top="0" width="2" height="1"/></track></annotations>',
    'problems',
    /hold 3 pixels/,
  ],
  ['no label', '<annotations><track><box frame="10"/></track></annotations>', 'file', /<track> has no "label"/],
  ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><annotations/>', 'file', /document type is not accepted/],
  [
    'a billion laughs',
    `<!DOCTYPE a [${Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')}]><annotations>&l9;</annotations>`,
    'file',
    /document type is not accepted/,
  ],
  [
    'an external entity',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotations/>',
    'file',
    /document type is not accepted/,
  ],
  ['an unknown entity', '<annotations>&passwd;</annotations>', 'file', /no well-formed XML \(undefined entity/],
  ['deep nesting', `<annotations>${'<a>'.repeat(100_000)}`, 'file', /nested more than 16 deep/],
  [
    'many attributes',
    `<annotations><track ${Array.from({ length: 100_000 }, (_, i) => `a${i}="1"`).join(' ')}/></annotations>`,
    'file',
    /more than 64 attributes/,
  ],
  [
    'a huge attribute',
    `<annotations><track label="${'x'.repeat(20_000_000)}"/></annotations>`,
    'file',
    /longer than 16777216 characters/,
  ],
  ['a huge text', `<annotations>${'x'.repeat(20_000_000)}</annotations>`, 'file', /longer than 16777216 characters/],
  [
    'a huge comment',
    `<annotations><!--${'x'.repeat(20_000_000)}--></annotations>`,
    'file',
    /longer than 16777216 characters/,
  ],
])('hostile: %s', async (_name, text, code, message) => {
  await expect(
    findFormat('CVAT 1.1')!.import!([fileOf('a.xml', text, 100_000)], { labels, task: videoTask }),
  ).rejects.toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});

test('hostile: bytes that are no UTF-8, and no file at all', async () => {
  const context = { labels, task: videoTask };
  const bytes = new TextEncoder().encode('<annotations>x</annotations>');
  bytes[13] = 0xff;
  await expect(importCvat([fileOf('a.xml', bytes)], context)).rejects.toThrow(/no text in UTF-8/);
  await expect(findFormat('CVAT 1.1')!.import!([fileOf('a.json', '{}')], context)).rejects.toThrow(
    /Looked for.*<image> and <track>.*Found: a.json/,
  );
});

test('what is last before a deleted frame ends there, as CVAT writes it', async () => {
  const task = { ...videoTask, frameCount: 6, startFrame: 0, step: 1, deletedFrames: [3] };
  const data = normal({
    shapes: [{ type: 'rectangle', frame: 2, label_id: 12, points: [1, 1, 9, 9] }],
    tracks: [{ label_id: 12, frame: 2, shapes: [{ type: 'mask', frame: 2, points: [0, 1, 0, 0, 0, 0] }] }],
  });
  const text = textOf(exportCvatVideo(data, { labels, task }));
  expect(text.match(/<(box|mask) frame="3" keyframe="1" outside="1"/g)).toHaveLength(2);
  expect((await importCvat(reopened(exportCvatVideo(data, { labels, task })), { labels, task })).data.shapes).toEqual(
    data.shapes,
  );
});

test('the head says of the task what CVAT says', () => {
  const task = {
    ...videoTask,
    overlap: 2,
    segments: [{ id: 5, start: 0, stop: 19, url: 'http://here/api/jobs/5' }],
    owner: { username: 'ann', email: 'a@b.c' },
    createdDate: '2026-11-28T12:40:43.790Z',
    dumpedDate: '2026-11-29T00:00:00.000Z',
  };
  const text = textOf(exportCvatVideo(normal({}), { labels, task }));
  for (const part of [
    '<overlap>2</overlap>',
    '<subset>default</subset>',
    '<segment>\n<id>5</id>\n<start>0</start>\n<stop>19</stop>\n<url>http://here/api/jobs/5</url>\n</segment>',
    '<owner>\n<username>ann</username>\n<email>a@b.c</email>\n</owner>',
    '<created>2026-11-28 12:40:43.790+00:00</created>',
    '</task>\n<dumped>2026-11-29 00:00:00.000+00:00</dumped>',
  ])
    expect(text).toContain(part);
  expect(textOf(exportCvatImages(normal({}), { labels, task: imageTask }))).not.toContain('original_size');
});
