import { createMask, encodeRle, maskBounds } from '@roto/geometry';
import { expect, test } from 'vitest';
import { colourOf } from './colours.ts';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyph } from './glyphs.ts';
import { paintFrame } from './paint.ts';

const [width, height] = [80, 60];

function frameWith(id: number, x0: number, y0: number, x1: number, y1: number, label = 'dog') {
  const mask = createMask(width, height);
  for (let y = y0; y < y1; y++) mask.data.fill(1, y * width + x0, y * width + x1);
  const object = { id, label, mask: encodeRle(mask), presence: 1, predictedIou: 1, box: maskBounds(mask) };
  return { frame: 12, timeSec: 0.4, objects: [object] };
}

test('tints the inside, draws the edge in full colour, and leaves the rest', () => {
  const rgb = new Uint8Array(width * height * 3).fill(100);
  paintFrame({ width, height, rgb }, frameWith(1, 20, 30, 40, 50));
  const at = (x: number, y: number) => [...rgb.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
  const colour = colourOf(1);
  expect(at(30, 40)).toEqual(colour.map((c) => Math.trunc(60 + 0.4 * c)));
  expect(at(20, 40)).toEqual([...colour]);
  expect(at(39, 49)).toEqual([...colour]);
  expect(at(19, 40)).toEqual([0, 0, 0]);
  expect(at(60, 55)).toEqual([100, 100, 100]);
});

test('objects at the edge, empty masks and long labels stay inside the picture', () => {
  for (const [x0, y0, x1, y1] of [
    [0, 0, width, height],
    [70, 50, 80, 60],
    [5, 5, 5, 5],
  ] as const) {
    const rgb = new Uint8Array(width * height * 3).fill(100);
    paintFrame({ width, height, rgb }, frameWith(2, x0, y0, x1, y1, 'a label that is longer than the picture, 犬'));
    expect(rgb).toHaveLength(width * height * 3);
  }
});

test('neighbouring ids have different colours', () => {
  for (let id = 1; id <= 30; id++) expect(colourOf(id)).not.toEqual(colourOf(id + 1));
});

test('letters have the size that they are laid out with; what has no glyph is a question mark', () => {
  for (const character of 'azAZ09.,-_:/?#()+%') {
    const rows = glyph(character)!;
    expect(rows).toHaveLength(GLYPH_HEIGHT);
    for (const row of rows) expect(row).toMatch(new RegExp(`^[01]{${GLYPH_WIDTH}}$`));
  }
  expect(glyph('犬')).toEqual(glyph('?'));
  expect(glyph(' ')).toBeUndefined();
});
