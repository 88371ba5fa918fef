import { ringArea } from '@roto/geometry';
import { type ImagePoint, rounded } from '../canvas/points.ts';
import { crossesItself, type EdgePlace, segmentsCross } from './measure.ts';
import { insideRing, type Outline } from './rings.ts';

export type Sliced =
  | { readonly parts: readonly [Outline, Outline]; readonly problem?: undefined }
  | { readonly parts?: undefined; readonly problem: 'slice-crosses' | 'slice-itself' | 'too-small' };

const MIN_AREA = 9;

/**
 * A ring cut in two along a line that begins at `start` and ends at `end`, both places on the ring, through `between`.
 * The line may meet the ring nowhere else, and not itself.
 */
export function sliceRing(ring: Outline, start: EdgePlace, end: EdgePlace, between: readonly ImagePoint[]): Sliced {
  const from = rounded(start.point);
  const to = rounded(end.point);
  const line = [from, ...between, to];
  if (crossesItself(line, false)) return { problem: 'slice-itself' };
  if (meets(ring, line, start.edge, end.edge)) return { problem: 'slice-crosses' };
  const forward = verticesBetween(ring, start, end);
  const backward = verticesBetween(ring, end, start);
  const first: Outline = [from, ...forward, to, ...between.toReversed()];
  const second: Outline = [to, ...backward, from, ...between];
  if (Math.abs(ringArea(first)) < MIN_AREA || Math.abs(ringArea(second)) < MIN_AREA) return { problem: 'too-small' };
  return { parts: [withoutTwins(first), withoutTwins(second)] };
}

function meets(ring: Outline, line: readonly ImagePoint[], startEdge: number, endEdge: number): boolean {
  const last = line.length - 2;
  for (let i = 0; i <= last; i++) {
    const a = line[i]!;
    const b = line[i + 1]!;
    // Its ends are on edges of the ring; the segments that begin there do not cross those.
    for (let edge = 0; edge < ring.length; edge++) {
      if ((i === 0 && edge === startEdge) || (i === last && edge === endEdge)) continue;
      if (segmentsCross(a, b, ring[edge]!, ring[(edge + 1) % ring.length]!)) return true;
    }
    const middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] as unknown as ImagePoint;
    if (!insideRing(ring, middle)) return true;
  }
  return false;
}

/** Vertices of the ring on the way from one place to another, in the ring's order. */
function verticesBetween(ring: Outline, from: EdgePlace, to: EdgePlace): ImagePoint[] {
  const way: ImagePoint[] = [];
  if (from.edge === to.edge && to.at >= from.at) return way;
  for (let i = (from.edge + 1) % ring.length; ; i = (i + 1) % ring.length) {
    way.push(ring[i]!);
    if (i === to.edge) return way;
  }
}

function withoutTwins(ring: Outline): Outline {
  return ring.filter((point, i) => {
    const before = ring[(i + ring.length - 1) % ring.length]!;
    return point[0] !== before[0] || point[1] !== before[1];
  });
}
