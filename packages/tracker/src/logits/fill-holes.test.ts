import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostGoldens } from '../testing/goldens.ts';
import { noisyLogits } from '../testing/noise.ts';
import { fillHoles } from './fill-holes.ts';

/** '#' is 3, anything else −2. */
function picture(...rows: string[]): Float32Array {
  return Float32Array.from(rows.join(''), (letter) => (letter === '#' ? 3 : -2));
}

describe('fillHoles', () => {
  it.each(hostGoldens.holes.map((golden) => [golden.seed, golden.area, golden] as const))(
    'fills the holes that OpenCV finds: seed %i, area %i',
    (_, area, { side, seed, filled }) => {
      const low = noisyLogits(side, seed);
      const result = fillHoles(low, side, area);
      expect([...result.keys()].filter((i) => result[i] !== low[i])).toEqual(filled);
      for (const i of filled) expect(result[i]).toBe(Math.fround(0.1));
    },
  );

  it('fills eight pixels, and leaves nine', () => {
    const eight = picture('######', '#....#', '#....#', '######', '######', '######');
    expect(fillHoles(eight, 6, 8).filter((v) => v <= 0)).toHaveLength(0);
    const nine = picture('######', '#....#', '#....#', '##.###', '######', '######');
    expect(fillHoles(nine, 6, 8)).toBe(nine);
  });

  it('joins pixels that touch at a corner, and counts specks at the border', () => {
    const diagonal = picture('.####', '#.###', '##.##', '###.#', '####.');
    expect(fillHoles(diagonal, 5, 4)).toBe(diagonal);
    expect(fillHoles(diagonal, 5, 5).every((v) => v > 0)).toBe(true);
  });

  it('takes a logit of exactly 0 for background, and never touches a picture without the object', () => {
    const zero = new Float32Array(16).fill(1);
    zero[5] = 0;
    expect(fillHoles(zero, 4, 1)[5]).toBe(Math.fround(0.1));
    const absent = new Float32Array(256).fill(-1024);
    expect(fillHoles(absent, 16, 8)).toBe(absent);
  });

  it('is off for area 0, changes nothing twice, and leaves its input alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 100, maxLength: 100 }),
        fc.integer({ min: 1, max: 30 }),
        (bits, area) => {
          const low = Float32Array.from(bits, (inside) => (inside ? 2 : -2));
          const before = low.slice();
          const once = fillHoles(low, 10, area);
          expect(low).toEqual(before);
          expect(fillHoles(once, 10, area)).toEqual(once);
          expect(fillHoles(low, 10, 0)).toBe(low);
        },
      ),
      { seed: 20 },
    );
  });
});
