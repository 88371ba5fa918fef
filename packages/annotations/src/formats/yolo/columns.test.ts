import { expect, test } from 'vitest';
import { columnsOf, type Layout, type Line, recogniseColumns } from './columns.ts';

const lines = (text: string): Line[] =>
  text.split('\n').map((line, i) => ({
    numbers: line.split(' ').map(Number),
    file: `labels/${i >> 1}.txt`,
    place: () => `labels/${i >> 1}.txt, line ${(i & 1) + 1}`,
  }));
const read = (text: string, said?: Layout) => {
  const given = lines(text);
  const layout = recogniseColumns(given, said);
  return given.map((line) => columnsOf(line, layout));
};
const box = [0.5, 0.5, 0.2, 0.2];
const outline = [0.1, 0.1, 0.5, 0.1, 0.5, 0.5];

test.each<[string, string, object[]]>([
  ['boxes', '0 .5 .5 .2 .2', [{ shares: box }]],
  ['outlines', '0 .1 .1 .5 .1 .5 .5', [{ shares: outline }]],
  ['boxes with a track', '0 .5 .5 .2 .2 3', [{ shares: box, track: 3 }]],
  [
    'boxes with a confidence',
    '0 .5 .5 .2 .2 .87\n1 .5 .5 .2 .2 1',
    [
      { shares: box, confidence: 0.87 },
      { shares: box, confidence: 1 },
    ],
  ],
  ['one object with the track 1', '0 .5 .5 .2 .2 1', [{ shares: box, track: 1 }]],
  [
    'both, boxes and outlines',
    '0 .5 .5 .2 .2 .87 3\n0 .1 .1 .5 .1 .5 .5 .91 4',
    [
      { shares: box, confidence: 0.87, track: 3 },
      { shares: outline, confidence: 0.91, track: 4 },
    ],
  ],
  ['a frame with tracks, one without', '0 .5 .5 .2 .2 7\n0 .5 .5 .2 .2', [{ shares: box, track: 7 }, { shares: box }]],
  [
    'confidences, tracks only on some frames',
    '0 .5 .5 .2 .2 .5\n0 .5 .5 .2 .2 .75 9',
    [
      { shares: box, confidence: 0.5 },
      { shares: box, confidence: 0.75, track: 9 },
    ],
  ],
  [
    'outlines whose last number could be a track, if two objects were not one then',
    '0 .1 .1 .5 .1 .5 .5 .3 1\n0 .1 .1 .5 .1 .5 .5 .4 1',
    [{ shares: [...outline, 0.3, 1] }, { shares: [...outline, 0.4, 1] }],
  ],
])('%s', (_name, text, wanted) => {
  expect(read(text)).toEqual(wanted);
});

test.each<[string, string, RegExp]>([
  ['pixels', '0 .5 .5 .2 .2\n0 128 96 51 38', /0.txt, line 2: 128 is no share/],
  ['points of a pose', `0 ${'.5 .5 2 '.repeat(17)}.5 .5 .2 .2`, /0.txt, line 1: .*points of a pose/],
  ['a track and a half', '0 .5 .5 .2 .2 1.5', /line 1: the track 1.5 is no whole number/],
  ['a box without a size', '0 .5 .5 0 .2', /line 1: 0.5 0.5 0 0.2 is no box/],
  ['confidences on some lines only', '0 .5 .5 .2 .2 .87\n0 .5 .5 .2 .2 7', /line [12]: /],
  [
    'too many numbers that fit twice',
    '0 .5 .5 .2 .2 .87 1',
    /line 1: 7 numbers can be an outline of 3 points as well as a box with a confidence and a track.*columns: shape}/,
  ],
])('refused by line: %s', (_name, text, message) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'file', message: expect.stringMatching(message) }));
});

test('what fits twice is read as data.yaml says', () => {
  expect(read('0 .5 .5 .2 .2 .87 1', 'shape')[0]!.shares).toHaveLength(6);
  expect(read('0 .5 .5 .2 .2 .87 1', 'shape+confidence')[0]).toEqual({ shares: box, confidence: 0.87, track: 1 });
});
