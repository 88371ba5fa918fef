import { createMask } from '@roto/geometry';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { davisPalette } from '../formats/index.ts';
import { frames, header, object, read } from '../testing/frames.ts';
import { davisPath, davisPng } from './index.ts';

test('an indexed PNG of 8 bits whose values are object ids', () => {
  const png = decode(davisPng(header, frames[3]!));
  expect([png.width, png.height, png.depth, png.channels]).toEqual([10, 6, 8, 1]);
  expect(png.palette).toEqual(davisPalette());
  const rows = Array.from({ length: 6 }, (_, y) => [...png.data.subarray(10 * y, 10 * y + 10)].join(''));
  expect(rows).toEqual(['0000000000', '0000111100', '0000120100', '0000111100', '0000000000', '1000000000']);
});

test('the colours that every reader of DAVIS knows', () => {
  const palette = davisPalette();
  expect(palette.slice(0, 10)).toEqual([
    [0, 0, 0],
    [128, 0, 0],
    [0, 128, 0],
    [128, 128, 0],
    [0, 0, 128],
    [128, 0, 128],
    [0, 128, 128],
    [128, 128, 128],
    [64, 0, 0],
    [192, 0, 0],
  ]);
  expect(palette[255]).toEqual([224, 224, 192]);
  expect(new Set(palette.map(String)).size).toBe(256);
});

test('where masks overlap the smaller lies on top, the lower id among equals', () => {
  const small = object(5, 'cat', read('.....\n.#...', '#'));
  const large = object(1, 'cat', read('###..\n###..', '#'));
  const equal = object(2, 'ball', read('.....\n.#...', '#'));
  const tiny = { ...header, source: { ...header.source, width: 5, height: 2 } };
  for (const objects of [
    [small, large],
    [large, small],
  ]) {
    const { data } = decode(davisPng(tiny, { frame: 0, timeSec: 0, objects }));
    expect([...data].join('')).toBe('1110015100');
  }
  const { data } = decode(davisPng(tiny, { frame: 0, timeSec: 0, objects: [equal, small, large] }));
  expect([...data].join('')).toBe('1110012100');
});

test('names, and what an indexed PNG cannot hold', () => {
  expect(davisPath('dog', 7)).toBe('Annotations/dog/00007.png');
  const many = { frame: 0, timeSec: 0, objects: [object(256, 'cat', createMask(10, 6))] };
  expect(() => davisPng(header, many)).toThrow(expect.objectContaining({ code: 'object-id' }));
  const wrong = { frame: 4, timeSec: 0, objects: [object(1, 'cat', createMask(6, 10))] };
  expect(() => davisPng(header, wrong)).toThrow(/frame 4 is 6 × 10, but the source is 10 × 6/);
});
