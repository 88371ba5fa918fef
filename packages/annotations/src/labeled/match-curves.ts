/**
 * CVAT's interpolation of polygons and polylines, which may have different numbers of points (its server and its
 * interface agree on it). Vertices are matched by how far along the curve they lie; every pair of matched vertices is
 * blended, and runs of blended points that come too close are thinned out. So a result may have another number of
 * points than either keyframe.
 *
 * Points are x1, y1, …. The matching does not depend on the time, so it is done once for two keyframes.
 */
export function matchCurves(
  leftPoints: readonly number[],
  rightPoints: readonly number[],
  isClosed: boolean,
): (t: number) => number[] {
  const left = isClosed ? [...leftPoints, leftPoints[0]!, leftPoints[1]!] : leftPoints;
  const right = isClosed ? [...rightPoints, rightPoints[0]!, rightPoints[1]!] : rightPoints;
  const matches = matchVertices(shares(left), shares(right));
  const runs = runsOf(matches, left, right);
  const least = isClosed ? 8 : 4;
  return (t) => {
    const blended: number[] = [];
    for (const [l, rights] of matches.entries())
      for (const r of rights)
        for (const axis of [0, 1]) {
          const from = left[2 * l + axis]!;
          blended.push(from + (right[2 * r + axis]! - from) * t);
        }
    const thinned = runs.flatMap((run) => thin(blended, run));
    // Of a tiny curve the thinning may leave too few points for its type; CVAT then has a shape that it refuses itself.
    const points = thinned.length < least ? blended : thinned;
    return isClosed ? points.slice(0, -2) : points;
  };
}

/**
 * Distance of two points of one list. Sums and roots are taken in CVAT's order all through this file: of drawings on
 * whole pixels the thresholds are often met exactly, where the last bit decides.
 */
function distance(points: readonly number[], i: number, j: number): number {
  const dx = points[2 * j]! - points[2 * i]!;
  const dy = points[2 * j + 1]! - points[2 * i + 1]!;
  return Math.sqrt(dx * dx + dy * dy);
}

/** Length of the curve from one vertex to another. */
function lengthBetween(points: readonly number[], from: number, to: number): number {
  let length = 0;
  for (let i = from; i < to; i++) length += distance(points, i, i + 1);
  return length;
}

/** How far along the curve each vertex lies, 0…1; of a curve without length, all 0. */
function shares(points: readonly number[]): number[] {
  const whole = lengthBetween(points, 0, points.length / 2 - 1) || 1;
  let length = 0;
  return Array.from({ length: points.length / 2 }, (_, i) => {
    if (i > 0) length += distance(points, i - 1, i);
    return length / whole;
  });
}

/** For each left vertex the right ones that it is blended with, in order; every right vertex is in some list. */
function matchVertices(left: readonly number[], right: readonly number[]): number[][] {
  const matches = left.map((share) => [nearest(share, right)]);
  const taken = new Set(matches.flat());
  for (let r = 0; r < right.length; r++) if (!taken.has(r)) matches[nearest(right[r]!, left)]!.push(r);
  for (const rights of matches) rights.sort((a, b) => a - b);
  return matches;
}

/** Index of the value nearest to `share` in an ascending list, the first of equals. */
function nearest(share: number, list: readonly number[]): number {
  const above = firstNotBelow(share, list);
  if (above === 0) return 0;
  const isAboveNearer = above < list.length && list[above]! - share < share - list[above - 1]!;
  return isAboveNearer ? above : firstNotBelow(list[above - 1]!, list);
}

function firstNotBelow(value: number, list: readonly number[]): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Blended points `from` … `to` that are thinned together: inner ones keep at least `apart` from the last kept one. */
type Run = { readonly from: number; readonly to: number; readonly apart: number };

/**
 * A left vertex with several matches is a run of its own; neighbours with one and the same match make a run together.
 * `apart` is half the mean spacing of the vertices that the run stands for: length of that stretch / (2 · their number).
 */
function runsOf(matches: readonly (readonly number[])[], left: readonly number[], right: readonly number[]): Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (let l = 0; l < matches.length; ) {
    const rights = matches[l]!;
    const first = rights[0]!;
    const last = rights.at(-1)!;
    if (rights.length > 1) {
      const apart = lengthBetween(right, first, last) / (2 * (last - first + 1));
      runs.push({ from, to: from + rights.length - 1, apart });
      from += rights.length;
      l++;
      continue;
    }
    let end = l;
    while (matches[end + 1]?.length === 1 && matches[end + 1]![0] === first) end++;
    const count = end - l + 1;
    runs.push({ from, to: from + count - 1, apart: lengthBetween(left, l, end) / (2 * count) });
    from += count;
    l = end + 1;
  }
  return runs;
}

function thin(points: readonly number[], { from, to, apart }: Run): number[] {
  const pointAt = (i: number): number[] => [points[2 * i]!, points[2 * i + 1]!];
  if (from === to) return pointAt(from);
  const kept = [from];
  for (let i = from + 1; i < to; i++) if (distance(points, kept.at(-1)!, i) >= apart) kept.push(i);
  if (kept.length === 1 && distance(points, from, to) < apart)
    return [(points[2 * from]! + points[2 * to]!) / 2, (points[2 * from + 1]! + points[2 * to + 1]!) / 2];
  return [...kept, to].flatMap(pointAt);
}
