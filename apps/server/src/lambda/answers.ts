import { LambdaError } from './endpoint.ts';
import type { Deployed } from './registry.ts';

export type Shape = { readonly type: string; readonly points: readonly number[] };
export type TrackAnswer = { readonly states: readonly unknown[]; readonly shapes: readonly (Shape | null)[] };

const MOST_STATE_BYTES = 4_096;

/**
 * The answer of a tracker, checked before anything of it is written: as many states and shapes as objects, states that are
 * small, shapes of a supported type with finite points inside the picture (up to a pixel outside is moved in).
 * Throws LambdaError 502 that names what is wrong.
 */
export function checkTrackAnswer(
  fn: Pick<Deployed, 'id' | 'spec' | 'legacy'>,
  answer: unknown,
  count: number,
  picture: { readonly width: number; readonly height: number },
  started: readonly Shape[] | null,
): TrackAnswer {
  const bad = (what: string): LambdaError => new LambdaError(502, `Function ${fn.id} answered with ${what}.`);
  const { states, shapes = started } = (answer ?? {}) as { states?: unknown; shapes?: unknown };
  if (!Array.isArray(states)) throw bad('no list of states');
  if (!Array.isArray(shapes)) throw bad('no list of shapes');
  if (states.length !== count || shapes.length !== count)
    throw bad(`${states.length} states and ${shapes.length} shapes for ${count} objects`);
  for (const state of states)
    if (state === null || Buffer.byteLength(JSON.stringify(state)) > MOST_STATE_BYTES)
      throw bad(`a state that is null or larger than ${MOST_STATE_BYTES} bytes`);
  const supported = fn.spec.supported_shape_types as readonly string[];
  return {
    states,
    shapes: shapes.map((given: unknown, i) => {
      if (given === null) return null;
      const { type, points } = (fn.legacy ? { type: 'rectangle', points: given } : given) as Partial<Shape>;
      if (typeof type !== 'string' || !supported.includes(type))
        throw bad(`a shape of type ${JSON.stringify(type)} for object ${i}`);
      if (!Array.isArray(points) || points.length < 4 || !points.every((value) => Number.isFinite(value)))
        throw bad(`points that are not finite numbers for object ${i}`);
      return { type, points: type === 'mask' ? insideMask(points, picture, bad) : inside(points, picture, bad) };
    }),
  };
}

type Bad = (what: string) => LambdaError;
type Size = { readonly width: number; readonly height: number };

function inside(points: readonly number[], { width, height }: Size, bad: Bad): number[] {
  if (points.length % 2 !== 0) throw bad('an odd number of coordinates');
  return points.map((value, i) => {
    const most = i % 2 === 0 ? width : height;
    if (value < -1 || value > most + 1) throw bad(`the coordinate ${value}, outside of ${width} × ${height}`);
    return Math.min(most, Math.max(0, value));
  });
}

/** Run lengths, and the box that they fill: left, top, right and bottom, the last two included. */
function insideMask(points: readonly number[], { width, height }: Size, bad: Bad): number[] {
  const [left, top, right, bottom] = points.slice(-4) as [number, number, number, number];
  if (
    ![left, top, right, bottom].every(Number.isInteger) ||
    left < 0 ||
    top < 0 ||
    right >= width ||
    bottom >= height ||
    left > right ||
    top > bottom
  )
    throw bad(`a mask whose box ${[left, top, right, bottom].join(', ')} does not fit into ${width} × ${height}`);
  let pixels = 0;
  for (const run of points.slice(0, -4)) {
    if (!Number.isInteger(run) || run < 0) throw bad(`a mask with the run length ${run}`);
    pixels += run;
  }
  if (pixels !== (right - left + 1) * (bottom - top + 1)) throw bad('a mask whose runs do not fill its box');
  return [...points];
}
