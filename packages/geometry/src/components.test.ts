import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connectedComponents, largestComponent, type Mask, maskArea, maskFromText, maskToText } from './index.ts';
import { maskOf } from './testing/random-mask.ts';

test('a corner joins two parts with 8, not with 4', () => {
  const mask = maskFromText(`
    ##..#
    ..#.#
    #...#`);
  expect(connectedComponents(mask, 4).components.map((c) => c.area)).toEqual([2, 3, 1, 1]);
  expect(connectedComponents(mask, 8).components).toEqual([
    { label: 1, area: 3, bounds: { x0: 0, y0: 0, x1: 3, y1: 2 } },
    { label: 2, area: 3, bounds: { x0: 4, y0: 0, x1: 5, y1: 3 } },
    { label: 3, area: 1, bounds: { x0: 0, y0: 2, x1: 1, y1: 3 } },
  ]);
});

test('labels agree with a flood fill, pixel by pixel', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 24 }),
      fc.integer({ min: 1, max: 24 }),
      fc.integer(),
      fc.double({ min: 0.2, max: 0.8, noNaN: true }),
      fc.constantFrom<4 | 8>(4, 8),
      (width, height, seed, share, connectivity) => {
        const mask = maskOf({ width, height, seed, share, kind: 'noise' });
        const { labels, components } = connectedComponents(mask, connectivity);
        expect(labels).toEqual(flood(mask, connectivity));
        expect(components.reduce((sum, c) => sum + c.area, 0)).toBe(maskArea(mask));
      },
    ),
  );
});

test('the largest component is kept, the first among equals', () => {
  expect(maskToText(largestComponent(maskFromText('#.##\n#...'), 4))).toBe('#...\n#...');
  expect(maskToText(largestComponent(maskFromText('#.##\n....'), 4))).toBe('..##\n....');
  expect(maskToText(largestComponent(maskFromText('..\n..'), 8))).toBe('..\n..');
});

/** The slow way: pixels in reading order, each unlabelled one floods its part. */
function flood({ width, height, data }: Mask, connectivity: 4 | 8): Int32Array {
  const labels = new Int32Array(data.length);
  let label = 0;
  for (let start = 0; start < data.length; start++) {
    if (data[start] === 0 || labels[start] !== 0) continue;
    label++;
    const stack = [start];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (labels[at] !== 0) continue;
      labels[at] = label;
      const x = at % width;
      const y = (at - x) / width;
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          if (connectivity === 4 && dx !== 0 && dy !== 0) continue;
          const nx = x + dx;
          const ny = y + dy;
          if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
          if (data[ny * width + nx] === 1) stack.push(ny * width + nx);
        }
    }
  }
  return labels;
}
