import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  countPoints,
  createMask,
  type MultiPolygon,
  maskFromText,
  maskIou,
  type Polygon,
  rasterisePolygon,
  ringArea,
  simplifyMask,
  traceMask,
} from '../index.ts';
import { type MaskSeed, maskOf } from '../testing/random-mask.ts';
import { edgesMeet } from './edges.ts';

const masks = fc
  .record({
    width: fc.integer({ min: 1, max: 60 }),
    height: fc.integer({ min: 1, max: 60 }),
    seed: fc.integer(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom<MaskSeed['kind']>('blob', 'blob', 'noise'),
  })
  .map(maskOf);
const bounds = fc.oneof(fc.constantFrom(0, 0.8, 0.9, 0.95, 0.99, 1), fc.double({ min: 0, max: 1, noNaN: true }));

test('the bound holds, parts and holes survive, rings do not cross', () => {
  fc.assert(
    fc.property(masks, bounds, (mask, minIou) => {
      const { polygon, iou, points } = simplifyMask(mask, { minIou });
      expect(maskIou(mask, rasterisePolygon(polygon, mask.width, mask.height))).toBe(iou);
      expect(iou).toBeGreaterThanOrEqual(minIou);
      expect(points).toBe(countPoints(polygon));
      const exact = traceMask(mask, 8);
      expect(points).toBeLessThanOrEqual(countPoints(exact));
      expect(polygon.map((part) => part.holes.length)).toEqual(exact.map((part) => part.holes.length));
      for (const { outer, holes } of polygon) {
        expect(ringArea(outer)).toBeGreaterThan(0);
        for (const hole of holes) expect(ringArea(hole)).toBeLessThan(0);
      }
      for (const [x, y] of polygon.flatMap((part) => [part.outer, ...part.holes]).flat()) {
        expect(x >= 0 && x <= mask.width && y >= 0 && y <= mask.height).toBe(true);
        expect(Number.isInteger(x * 4) && Number.isInteger(y * 4)).toBe(true);
      }
      expect(crossing(polygon)).toBeUndefined();
    }),
    { numRuns: 250 },
  );
});

test('a bound of 1 keeps every pixel and still saves points on slopes', () => {
  const slope = createMask(64, 64);
  for (let y = 0; y < 64; y++) slope.data.fill(1, y * 64, y * 64 + Math.ceil((y + 1) / 2));
  const { polygon, iou, points } = simplifyMask(slope, { minIou: 1 });
  expect(iou).toBe(1);
  expect(points).toBeLessThanOrEqual(4);
  expect(countPoints(traceMask(slope))).toBe(66);
  expect(rasterisePolygon(polygon, 64, 64).data).toEqual(slope.data);
});

test('a disc of radius 50 needs no more points than its best polygons do', () => {
  const disc = createMask(128, 128);
  for (let y = 0; y < 128; y++)
    for (let x = 0; x < 128; x++) disc.data[y * 128 + x] = Math.hypot(x - 63.5, y - 63.5) < 50 ? 1 : 0;
  // The best regular polygons reach IoU 0.930 with six corners, 0.949 with seven, 0.961 with eight (by integration).
  expect(simplifyMask(disc, { minIou: 0.925 }).points).toBe(6);
  expect(simplifyMask(disc, { minIou: 0.95 }).points).toBe(8);
});

test('specks and pinholes go only when asked, and only as far as the bound allows', () => {
  const mask = maskFromText(`
    ##########..........
    ##########.......#..
    ##########..........
    ####.#####..........
    ##########..........
    ##########..........`);
  const all = simplifyMask(mask, { minIou: 0.9 });
  expect([all.polygon.length, all.polygon[0]!.holes.length]).toEqual([2, 1]);
  const clean = simplifyMask(mask, { minIou: 0.9, minPartArea: 4 });
  expect([clean.polygon.length, clean.polygon[0]!.holes.length]).toEqual([1, 0]);
  expect(clean.iou).toBeGreaterThanOrEqual(0.9);
  const strict = simplifyMask(mask, { minIou: 0.99, minPartArea: 4 });
  expect(strict.polygon.length).toBe(2);
});

test('noise ends quickly too', () => {
  const mask = maskOf({ width: 160, height: 160, seed: 3, share: 0.5, kind: 'noise' });
  const { iou, points } = simplifyMask(mask, { minIou: 0.9 });
  expect(iou).toBeGreaterThanOrEqual(0.9);
  expect(points).toBeLessThan(countPoints(traceMask(mask, 8)));
});

test('an empty mask, and bounds that mean nothing', () => {
  expect(simplifyMask(createMask(5, 5), { minIou: 0.9 })).toEqual({ polygon: [], iou: 1, points: 0 });
  for (const minIou of [-0.1, 1.01, Number.NaN])
    expect(() => simplifyMask(createMask(5, 5), { minIou })).toThrow(expect.objectContaining({ code: 'bound' }));
});

/** The first two edges of a region that meet but for a shared end, or undefined; small parts of the outline only touch. */
function crossing(region: MultiPolygon): string | undefined {
  const edges = region.flatMap(({ outer, holes }: Polygon) =>
    [outer, ...holes].flatMap((ring) => ring.map((a, i) => [...a, ...ring[(i + 1) % ring.length]!])),
  );
  for (const [i, e] of edges.entries())
    for (const f of edges.slice(i + 1))
      if (edgesMeet(...(e as [number, number, number, number]), ...(f as [number, number, number, number])))
        return `${e} meets ${f}`;
  return undefined;
}
