import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  joinRings,
  joinRingsNarrowly,
  maskIou,
  type Ring,
  rasterisePolygon,
  simplifyMask,
  splitBridges,
} from './index.ts';
import { edgesMeet } from './simplify/edges.ts';
import { type MaskSeed, maskOf } from './testing/random-mask.ts';

const masks = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    seed: fc.integer(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom<MaskSeed['kind']>('blob', 'blob', 'blob', 'noise'),
  })
  .map(maskOf);

/** Whether no two edges have a point in common, but for the ends of neighbours. */
function isSimple(ring: Ring): boolean {
  const edges = ring.map((a, i) => [...a, ...ring[(i + 1) % ring.length]!] as [number, number, number, number]);
  const places = new Set(ring.map(String));
  return places.size === ring.length && edges.every((e, i) => edges.slice(i + 1).every((f) => !edgesMeet(...e, ...f)));
}

test('no ring of a simplified mask touches itself or another', () => {
  fc.assert(
    fc.property(masks, fc.constantFrom(0.8, 0.95, 1), (mask, minIou) => {
      const { polygon } = simplifyMask(mask, { minIou });
      const points = polygon.flatMap(({ outer, holes }) => [outer, ...holes].flat());
      expect(new Set(points.map(String)).size).toBe(points.length);
    }),
    { numRuns: 60 },
  );
});

test('joined by narrow bridges it is one simple ring, nearly the same, with two points more for each ring', () => {
  fc.assert(
    fc.property(masks, fc.constantFrom(0.95, 1), (mask, minIou) => {
      const { polygon, points, iou } = simplifyMask(mask, { minIou });
      const ring = joinRingsNarrowly(polygon, 2 ** -12);
      const rings = polygon.reduce((sum, part) => sum + 1 + part.holes.length, 0);
      expect(ring.length).toBe(points + 2 * Math.max(0, rings - 1));
      expect(isSimple(ring)).toBe(true);
      const drawn = rasterisePolygon([{ outer: ring, holes: [] }], mask.width, mask.height);
      if (rings < 8) expect(maskIou(mask, drawn)).toBeGreaterThan(iou - 0.06);
    }),
    { numRuns: 40 },
  );
});

test('bridges of no width come apart again', () => {
  fc.assert(
    fc.property(masks, (mask) => {
      const { polygon } = simplifyMask(mask, { minIou: 0.95 });
      if (polygon.length === 0) return;
      const back = splitBridges(joinRings(polygon));
      const shape = (region: typeof polygon) => region.map(({ holes }) => holes.length).sort();
      expect(shape(back)).toEqual(shape(polygon));
      const draw = (region: typeof polygon) => rasterisePolygon(region, mask.width, mask.height).data;
      expect(draw(back)).toEqual(draw(polygon));
    }),
    { numRuns: 60 },
  );
});

test('a sharp corner that is come to from its side is joined too', () => {
  const region = [
    {
      outer: [
        [1, 1],
        [1, 2],
        [0, 2],
      ] as Ring,
      holes: [],
    },
    {
      outer: [
        [6, 0],
        [5, 4],
        [2, 6],
      ] as Ring,
      holes: [],
    },
  ];
  const ring = joinRingsNarrowly(region);
  expect(ring).toHaveLength(8);
  expect(isSimple(ring)).toBe(true);
});
