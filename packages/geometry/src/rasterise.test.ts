import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createMask,
  joinRings,
  maskArea,
  masksEqual,
  maskToText,
  type Point,
  polygonFromFlat,
  type Ring,
  rasterisePolygon,
  ringToFlat,
  traceMask,
  unionMasks,
} from './index.ts';
import { maskOf, random } from './testing/random-mask.ts';

const draw = (outer: Ring, width: number, height: number, holes: Ring[] = []): string =>
  maskToText(rasterisePolygon([{ outer, holes }], width, height));

describe('worked examples', () => {
  test('pixel centres decide: a square from 0.5 to 2.5 holds two centres a side, not three', () => {
    // On the left and upper edge the centre is in, on the right and lower edge it is out.
    expect(draw(ringOf([0.5, 0.5, 2.5, 0.5, 2.5, 2.5, 0.5, 2.5]), 4, 4)).toBe('##..\n##..\n....\n....');
  });

  test('a triangle', () => {
    expect(draw(ringOf([0, 0, 4, 0, 0, 4]), 4, 4)).toBe('###.\n##..\n#...\n....');
    expect(draw(ringOf([4, 4, 4, 0, 0, 4]), 4, 4)).toBe('...#\n..##\n.###\n####');
  });

  test('a ring that crosses itself is even-odd: the middle of a pentagram is out', () => {
    const star = [0, 1, 2, 3, 4].map((k): Point => {
      const angle = (k * 4 * Math.PI) / 5;
      return [10 + 9 * Math.sin(angle), 10 - 9 * Math.cos(angle)];
    });
    const mask = rasterisePolygon([{ outer: star, holes: [] }], 20, 20);
    expect(mask.data[10 * 20 + 10]).toBe(0);
    expect(mask.data[4 * 20 + 10]).toBe(1);
  });

  test('holes are cut from their own part only, and may overlap', () => {
    const square = ringOf([0, 0, 6, 0, 6, 4, 0, 4]);
    const holes = [ringOf([1, 1, 4, 1, 4, 3, 1, 3]), ringOf([2, 1, 5, 1, 5, 3, 2, 3])];
    expect(draw(square, 6, 4, holes)).toBe('######\n#....#\n#....#\n######');
    const region = [
      { outer: square, holes },
      { outer: ringOf([2, 1, 3, 1, 3, 2, 2, 2]), holes: [] },
    ];
    expect(maskToText(rasterisePolygon(region, 6, 4))).toBe('######\n#.#..#\n#....#\n######');
  });

  test('what lies outside the picture is cut off', () => {
    expect(draw(ringOf([-100, -1, 2, -1, 2, 2.2, -100, 2.2]), 4, 3)).toBe('##..\n##..\n....');
    expect(draw(ringOf([-1e300, -1e300, 1e300, -1e300, 1e300, 1e300, -1e300, 1e300]), 3, 2)).toBe('###\n###');
    expect(draw(ringOf([50, 50, 60, 50, 60, 60]), 3, 2)).toBe('...\n...');
  });

  test('fewer than three points have no inside, and a vertex must be finite', () => {
    expect(draw([], 2, 1)).toBe('..');
    expect(draw(ringOf([0, 0, 2, 2]), 2, 1)).toBe('..');
    expect(() => draw(ringOf([0, 0, 2, Number.NaN, 2, 2]), 2, 1)).toThrow(
      expect.objectContaining({
        code: 'polygon',
        message: expect.stringMatching(/Vertex 1 of the outer ring of part 0/),
      }),
    );
  });
});

/** Coordinates of several kinds: whole, on quarter pixels, on any double, tiny steps off a pixel centre, far away. */
const coordinate = fc.oneof(
  fc.integer({ min: -2, max: 14 }),
  fc.integer({ min: -8, max: 56 }).map((v) => v / 4),
  fc.double({ min: -3, max: 15, noNaN: true }),
  fc.integer({ min: 0, max: 12 }).chain((v) => fc.constantFrom(v + 0.5, v + 0.5 + 2 ** -48, v + 0.5 - 2 ** -48)),
  fc.constantFrom(-1e18, 1e18, 1e300, -1e300, 5e-324),
);
const point = fc.tuple(coordinate, coordinate);
const ring = fc.array(point, { minLength: 3, maxLength: 7 });

test('every pixel is what exact rational arithmetic says of its centre', () => {
  fc.assert(
    fc.property(ring, (outer) => {
      const mask = rasterisePolygon([{ outer, holes: [] }], 12, 12);
      for (let y = 0; y < 12; y++)
        for (let x = 0; x < 12; x++)
          expect(mask.data[y * 12 + x]).toBe(isInsideExactly(outer, x + 0.5, y + 0.5) ? 1 : 0);
    }),
    { numRuns: 400 },
  );
});

test('a ring means the same from any start and in both directions', () => {
  fc.assert(
    fc.property(ring, fc.nat(6), (outer, shift) => {
      const turned = [...outer.slice(shift), ...outer.slice(0, shift)].reverse();
      expect(draw(turned, 12, 12)).toBe(draw(outer, 12, 12));
    }),
  );
});

test('triangles that share edges neither overlap nor leave a gap', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 3, max: 12 }), (seed, spokes) => {
      // A fan around one point, its rim beyond the picture: together the triangles are the whole picture.
      const next = random(seed);
      const middle: Point = [20 * next(), 20 * next()];
      const rim = Array.from({ length: spokes }, (_, k): Point => {
        const angle = (2 * Math.PI * (k + 0.8 * next())) / spokes;
        const far = 200 + 1000 * next();
        return [middle[0] + far * Math.cos(angle), middle[1] + far * Math.sin(angle)];
      });
      const fan = rim.map((a, k) =>
        rasterisePolygon([{ outer: [middle, a, rim[(k + 1) % spokes]!], holes: [] }], 20, 20),
      );
      const together = fan.reduce(unionMasks, createMask(20, 20));
      const whole = rasterisePolygon([{ outer: rim, holes: [] }], 20, 20);
      // Three spokes can leave a side open wider than half a turn; the rim then says which pixels are meant.
      if (masksEqual(together, whole)) expect(fan.reduce((sum, mask) => sum + maskArea(mask), 0)).toBe(maskArea(whole));
      else expect(spokes).toBeLessThan(6);
    }),
  );
});

test('joined rings with bridges rasterise to the same mask', () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0.2, max: 0.8, noNaN: true }), (seed, share) => {
      const mask = maskOf({ width: 40, height: 30, seed, share, kind: 'blob' });
      const region = traceMask(mask);
      const joined = joinRings(region);
      expect(masksEqual(rasterisePolygon([{ outer: joined, holes: [] }], 40, 30), mask)).toBe(true);
      const rings = region.reduce((sum, part) => sum + 1 + part.holes.length, 0);
      const points = region.flatMap((part) => [part.outer, ...part.holes]).reduce((sum, r) => sum + r.length, 0);
      expect(joined.length).toBe(points + 2 * Math.max(0, rings - 1));
    }),
  );
});

test('flat lists and back', () => {
  expect(ringToFlat(polygonFromFlat([1, 2, 3, 4, 5, 6]).outer)).toEqual([1, 2, 3, 4, 5, 6]);
});

function ringOf(flat: number[]): Ring {
  return polygonFromFlat(flat).outer;
}

/** Even-odd by the rule's own words, in fractions of whole numbers: every double times 2^1074 is one. */
function isInsideExactly(ring: Ring, centreX: number, centreY: number): boolean {
  const cx = exact(centreX);
  const cy = exact(centreY);
  let crossings = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax, ay] = ring[j]!.map(exact) as [bigint, bigint];
    const [bx, by] = ring[i]!.map(exact) as [bigint, bigint];
    if (ay <= cy === by <= cy) continue;
    // (cx − ax) · (by − ay) ≥ (cy − ay) · (bx − ax), the sign turned where the edge goes up.
    const side = (cx - ax) * (by - ay) - (cy - ay) * (bx - ax);
    if (by > ay ? side >= 0n : side <= 0n) crossings++;
  }
  return crossings % 2 === 1;
}

function exact(value: number): bigint {
  if (Number.isInteger(value)) return BigInt(value) << 1074n;
  // Doubling a fraction until it is whole loses nothing; 1074 doublings are enough for any double.
  let scaled = value;
  let doublings = 0n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    doublings++;
  }
  return BigInt(scaled) << (1074n - doublings);
}
