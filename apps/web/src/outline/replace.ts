import { ringArea } from '@roto/geometry';
import type { ImagePoint } from '../canvas/points.ts';
import { chainLength } from './measure.ts';
import type { Outline } from './rings.ts';

export type Replaced = {
  readonly outline: Outline;
  /** Length of what was taken away. */
  readonly gone: number;
  readonly area: number;
};

/**
 * Both rings that come of drawing `chain` (without its ends) from vertex `a` to vertex `b`: one loses the way from a to b,
 * the other the way from b round to a.
 */
export function replacements(
  ring: Outline,
  a: number,
  b: number,
  chain: readonly ImagePoint[],
): readonly [Replaced, Replaced] {
  const forward = walk(ring, a, b);
  const backward = walk(ring, b, a);
  const back = chain.toReversed();
  return [describe([...backward, ...chain], forward), describe([...forward, ...back], backward)];
}

/** Vertices from `from` to `to`, both included, in the ring's order. */
function walk(ring: Outline, from: number, to: number): ImagePoint[] {
  const way: ImagePoint[] = [];
  for (let i = from; ; i = (i + 1) % ring.length) {
    way.push(ring[i]!);
    if (i === to) return way;
  }
}

function describe(outline: Outline, gone: readonly ImagePoint[]): Replaced {
  return { outline, gone: chainLength(gone), area: Math.abs(ringArea(outline)) };
}

/**
 * Which of both is meant: the shorter part goes, when that also leaves the larger area. Undefined when length and area do
 * not agree.
 */
export function clearChoice([first, second]: readonly [Replaced, Replaced]): 0 | 1 | undefined {
  const byLength = first.gone <= second.gone ? 0 : 1;
  const byArea = first.area >= second.area ? 0 : 1;
  return byLength === byArea ? byLength : undefined;
}
