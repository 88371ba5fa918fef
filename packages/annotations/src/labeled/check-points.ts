import type { FrameSet, ShapeType } from './labeled-data.ts';
import type { ProblemCode } from './problem.ts';

/** Kept so small that no sum or product of two coordinates loses its fraction or overflows. */
const MAX_COORDINATE = 1e7;

/** How many numbers each type has; pairs: an even number. */
const COUNTS: Record<ShapeType, { least: number; most: number; pairs: boolean }> = {
  rectangle: { least: 4, most: 4, pairs: true },
  ellipse: { least: 4, most: 4, pairs: true },
  polygon: { least: 6, most: Number.POSITIVE_INFINITY, pairs: true },
  polyline: { least: 4, most: Number.POSITIVE_INFINITY, pairs: true },
  points: { least: 2, most: Number.POSITIVE_INFINITY, pairs: true },
  cuboid: { least: 16, most: 16, pairs: true },
  mask: { least: 5, most: Number.POSITIVE_INFINITY, pairs: false },
  skeleton: { least: 0, most: 0, pairs: true },
};

type PointsProblem = { code: ProblemCode /** `[5]` or nothing */; at: string; message: string };

/** What is wrong with the points of a shape, if anything; the first thing. */
export function pointsProblem(type: ShapeType, points: unknown, frames: FrameSet): PointsProblem | undefined {
  if (points === undefined && type === 'skeleton') return undefined;
  if (!Array.isArray(points)) return { code: 'type', at: '', message: `of the ${type} must be a list of numbers` };
  const { least, most, pairs } = COUNTS[type];
  const { length } = points;
  if (length < least || length > most || (pairs && length % 2 === 1)) {
    const wanted = least === most ? `exactly ${least}` : `at least ${least}${pairs ? ', in pairs' : ''}`;
    return { code: 'points', at: '', message: `are ${length} numbers, but a ${type} has ${wanted}` };
  }
  for (let i = 0; i < length; i++) {
    const value: unknown = points[i];
    if (typeof value !== 'number' || !(value >= -MAX_COORDINATE && value <= MAX_COORDINATE))
      return {
        code: typeof value === 'number' ? 'range' : 'type',
        at: `[${i}]`,
        message: `is ${typeof value === 'number' ? value : `of type ${typeof value}`}; it must be a number within ±${MAX_COORDINATE}`,
      };
  }
  return type === 'mask' ? maskProblem(points as number[], frames) : undefined;
}

/** CVAT's runs and box; see `maskFromCvatPoints` of @roto/geometry, which throws for the same, and makes the mask. */
function maskProblem(points: readonly number[], { width, height }: FrameSet): PointsProblem | undefined {
  const wrong = points.findIndex((value) => !Number.isInteger(value));
  if (wrong >= 0)
    return { code: 'mask', at: `[${wrong}]`, message: `is ${points[wrong]}; masks have whole numbers only` };
  const runs = points.length - 4;
  const [left, top, right, bottom] = points.slice(runs) as [number, number, number, number];
  const box = `[${left}, ${top}, ${right}, ${bottom}]`;
  if (left < 0 || top < 0 || right >= width || bottom >= height || left > right || top > bottom)
    return {
      code: 'mask',
      at: '',
      message: `end in the box ${box}, which must lie in the picture: 0 ≤ left ≤ right ≤ ${width - 1}, 0 ≤ top ≤ bottom ≤ ${height - 1}`,
    };
  let sum = 0;
  for (let i = 0; i < runs; i++) {
    if (points[i]! < 0) return { code: 'mask', at: `[${i}]`, message: `is ${points[i]}; a run cannot be negative` };
    sum += points[i]!;
  }
  const area = (right - left + 1) * (bottom - top + 1);
  if (sum === area) return undefined;
  return { code: 'mask', at: '', message: `hold ${sum} pixels in ${runs} runs, but the box ${box} has ${area}` };
}
