import type { LabeledTrack, TrackedShape } from './labeled-data.ts';
import { matchCurves } from './match-curves.ts';

/** Frames from `start` to `stop`, both inclusive. */
export type FrameRange = { readonly start: number; readonly stop: number };

/** A part of a skeleton on one frame; a hidden one has `outside`. */
export type InterpolatedElement = TrackedShape & { readonly label_id: number; readonly keyframe: boolean };

/** What a track shows on one frame. */
export type InterpolatedShape = TrackedShape & {
  /** The track, or a part of the skeleton, has a keyframe here. */
  readonly keyframe: boolean;
  /** Parts of a skeleton, those whose first keyframe is reached. */
  readonly elements: readonly InterpolatedElement[];
};

const NOTHING_DELETED: ReadonlySet<number> = new Set();

/**
 * What a track shows on the frames of a range, in order; frames on which it is not seen are left out.
 *
 * Nothing is seen before the first keyframe, nor from an `outside` keyframe to the next that is not; the last keyframe
 * is held to the end of the range. Between two keyframes occluded, z-order and attributes are those of the left one, and
 *   rectangle, ellipse, cuboid   each coordinate goes evenly, the rotation along the shorter arc
 *   points                       a single point goes evenly, several are held
 *   polygon, polyline            `matchCurves`
 *   mask                         is held: a blend of two masks is neither object
 *   skeleton                     each part for itself; it is not seen while all its parts are hidden
 * Deleted frames show nothing, and keyframes on them count for nothing. What a model said of a keyframe (presence,
 * predicted IoU) is not said of the frames after it.
 */
export function* interpolate(
  track: LabeledTrack,
  range: FrameRange,
  deletedFrames: ReadonlySet<number> = NOTHING_DELETED,
): Generator<InterpolatedShape> {
  const whole = new Keyframes(track.shapes, deletedFrames);
  const parts = track.elements.map((part) => ({ id: part.label_id, keys: new Keyframes(part.shapes, deletedFrames) }));
  for (let frame = Math.max(range.start, track.frame); frame <= range.stop; frame++) {
    if (deletedFrames.has(frame)) continue;
    const shape = whole.at(frame);
    if (!shape || shape.outside) continue;
    const elements = parts.flatMap(({ id, keys }) => {
      const element = keys.at(frame);
      return element ? [{ ...element, label_id: id, keyframe: keys.isKeyframe(frame) }] : [];
    });
    if (elements.length > 0 && elements.every((element) => element.outside)) continue;
    const keyframe = whole.isKeyframe(frame) || elements.some((element) => element.keyframe);
    yield { ...shape, keyframe, elements };
  }
}

/** What a track shows on one frame; undefined where it is not seen. */
export function interpolateAt(
  track: LabeledTrack,
  frame: number,
  deletedFrames?: ReadonlySet<number>,
): InterpolatedShape | undefined {
  const [shape] = interpolate(track, { start: frame, stop: frame }, deletedFrames);
  return shape;
}

/** Keyframes of one track, asked for frames in any order; quickest in ascending order. */
export class Keyframes {
  readonly #keys: readonly TrackedShape[];
  /** Place of the last keyframe at or before the frame last asked for; -1: none is. */
  #place = -1;
  #blend: { place: number; points: (t: number) => readonly number[] } | undefined;

  constructor(keyframes: readonly TrackedShape[], deletedFrames: ReadonlySet<number> = NOTHING_DELETED) {
    this.#keys = deletedFrames.size === 0 ? keyframes : keyframes.filter((key) => !deletedFrames.has(key.frame));
  }

  isKeyframe(frame: number): boolean {
    return this.#seek(frame)?.frame === frame;
  }

  /** The shape on a frame, also where it is `outside`; undefined before the first keyframe. */
  at(frame: number): TrackedShape | undefined {
    const left = this.#seek(frame);
    if (!left || left.frame === frame) return left;
    const right = this.#keys[this.#place + 1];
    const { id, presence, predicted_iou, ...held } = left;
    // Of a hidden shape nobody sees the way between.
    if (!right || left.outside || left.type !== right.type) return { ...held, frame };
    const t = (frame - left.frame) / (right.frame - left.frame);
    if (this.#blend?.place !== this.#place) this.#blend = { place: this.#place, points: blend(left, right) };
    return { ...held, frame, rotation: blendAngle(left.rotation, right.rotation, t), points: this.#blend.points(t) };
  }

  /** The last keyframe at or before the frame. In ascending order that is the same again, or the next. */
  #seek(frame: number): TrackedShape | undefined {
    const keys = this.#keys;
    const isReached = (place: number): boolean => place < 0 || (place < keys.length && keys[place]!.frame <= frame);
    if (isReached(this.#place + 1)) this.#place++;
    if (!isReached(this.#place) || isReached(this.#place + 1)) this.#place = lastReached(keys, frame);
    return keys[this.#place];
  }
}

function lastReached(keys: readonly TrackedShape[], frame: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]!.frame <= frame) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Points between two keyframes of one type, by the share of time that has passed, 0…1. */
function blend(left: TrackedShape, right: TrackedShape): (t: number) => readonly number[] {
  switch (left.type) {
    case 'rectangle':
    case 'ellipse':
    case 'cuboid':
      return (t) => blendEvenly(left.points, right.points, t);
    case 'points':
      if (left.points.length !== 2 || right.points.length !== 2) return () => left.points;
      return (t) => blendEvenly(left.points, right.points, t);
    case 'polygon':
    case 'polyline':
      return matchCurves(left.points, right.points, left.type === 'polygon');
    case 'mask':
    case 'skeleton':
      return () => left.points;
  }
}

function blendEvenly(left: readonly number[], right: readonly number[], t: number): number[] {
  return left.map((from, i) => from + (right[i]! - from) * t);
}

/** Degrees, 0 up to 360, along the shorter arc; of half a turn, backwards. */
function blendAngle(left: number, right: number, t: number): number {
  if (left === right) return left;
  const arc = ((((right - left + 180) % 360) + 360) % 360) - 180;
  return (((left + arc * t) % 360) + 360) % 360;
}
