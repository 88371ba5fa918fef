import { maskArea, maskFromText, maskToText } from '@roto/geometry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ImagePoint, imagePoint } from '../canvas/points.ts';
import { type Brush, snapped, sweep } from './stroke.ts';
import { draftOf, emptyTiledMask, maskOfTiles, tiledMaskOf } from './tiled-mask.ts';

function painted(brush: Brush, from: ImagePoint, to: ImagePoint, size = 150): ReturnType<typeof maskOfTiles> {
  const draft = draftOf(emptyTiledMask(size, size));
  sweep(draft, brush, from, to, 1);
  return maskOfTiles(draft.done());
}

describe('a brush stroke', () => {
  it('of size 1 changes exactly the pixel under the pointer', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 149.99, noNaN: true }),
        fc.double({ min: 0, max: 149.99, noNaN: true }),
        fc.constantFrom('circle' as const, 'square' as const),
        (x, y, form) => {
          const mask = painted({ form, size: 1 }, imagePoint(x, y), imagePoint(x, y));
          expect(maskArea(mask)).toBe(1);
          expect(mask.data[Math.floor(y) * 150 + Math.floor(x)]).toBe(1);
        },
      ),
    );
  });

  it('of a square of n covers n × n pixels', () => {
    for (const size of [1, 2, 3, 10, 25]) {
      const mask = painted({ form: 'square', size }, imagePoint(70.3, 70.6), imagePoint(70.3, 70.6));
      expect(maskArea(mask)).toBe(size * size);
    }
  });

  it('paints round dabs', () => {
    const mask = painted({ form: 'circle', size: 5 }, imagePoint(3.2, 3.9), imagePoint(3.2, 3.9), 7);
    expect(maskToText(mask)).toBe(
      maskToText(
        maskFromText(`
          .......
          ..###..
          .#####.
          .#####.
          .#####.
          ..###..
          .......`),
      ),
    );
  });

  it('equals the plain rule: every pixel whose centre is at most the radius from the way of the brush', () => {
    const place = fc.double({ min: -10, max: 160, noNaN: true });
    fc.assert(
      fc.property(place, place, place, place, fc.integer({ min: 1, max: 60 }), (ax, ay, bx, by, size) => {
        const mask = painted({ form: 'circle', size }, imagePoint(ax, ay), imagePoint(bx, by));
        const a = snapped(imagePoint(ax, ay), size);
        const b = snapped(imagePoint(bx, by), size);
        for (let y = 0; y < 150; y++)
          for (let x = 0; x < 150; x++) {
            const gap = toSegment(x + 0.5, y + 0.5, a, b) - size / 2;
            if (Math.abs(gap) > 1e-6 && (mask.data[y * 150 + x] === 1) !== gap < 0)
              throw new Error(`pixel ${x}, ${y}: ${gap} from the border`);
          }
      }),
      { numRuns: 60 },
    );
  });

  it('shares the tiles that it does not touch, and drops those that it empties', () => {
    const mask = tiledMaskOf(painted({ form: 'circle', size: 40 }, imagePoint(20, 20), imagePoint(140, 20)));
    const draft = draftOf(mask);
    sweep(draft, { form: 'circle', size: 10 }, imagePoint(10, 20), imagePoint(10, 20), 0);
    const after = draft.done();
    expect(after.tiles[0]).not.toBe(mask.tiles[0]);
    expect(after.tiles[1]).toBe(mask.tiles[1]);
    const all = draftOf(after);
    sweep(all, { form: 'square', size: 500 }, imagePoint(75, 75), imagePoint(75, 75), 0);
    expect(all.done().tiles.every((tile) => tile === undefined)).toBe(true);
  });
});

function toSegment(x: number, y: number, a: readonly [number, number], b: readonly [number, number]): number {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / length));
  return Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy);
}
