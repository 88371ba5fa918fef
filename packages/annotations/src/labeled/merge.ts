import { assign } from './assignment.ts';
import { type FrameRange, type InterpolatedShape, interpolate } from './interpolate.ts';
import type { LabeledData, LabeledShape, LabeledTag, LabeledTrack, TrackedShape } from './labeled-data.ts';
import { areEqualShapes, similarity } from './similarity.ts';

/** Least similarity at which two shapes, or two tracks, of an overlap are one. CVAT's figures. */
const SAME_SHAPE = 0.75;
const SAME_TRACK = 0.5;

/** A job's annotations with its frames. */
export type LabeledPart = FrameRange & { readonly data: LabeledData };

/**
 * The annotations of a task from those of its jobs, which may overlap. Where two jobs share frames,
 *   tags     of one frame and label are one
 *   shapes   of one frame, label and type are one from a similarity of 0.75 on
 *   tracks   of one label are one from a mean similarity of 0.5 on over the shared frames on which either is seen
 * Pairs are chosen so that they are most similar in all; the earlier job's objects, ids and keyframes win. A track
 * of an earlier job that finds no partner ends with an `outside` keyframe on the first frame after its job: else its last
 * shape would be held on. `version` is the greatest.
 */
export function mergeLabeledData(parts: readonly LabeledPart[]): LabeledData {
  const ordered = parts.toSorted((a, b) => a.start - b.start || a.stop - b.stop);
  const [first, ...rest] = ordered;
  if (!first) return { version: 0, tags: [], shapes: [], tracks: [] };
  let { tags, shapes, tracks } = first.data;
  let stop = first.stop;
  for (const part of rest) {
    const shared = { start: part.start, stop };
    tags = mergeTags(tags, part.data.tags, shared);
    shapes = mergeShapes(shapes, part.data.shapes, shared);
    tracks = mergeTracks(tracks, part.data.tracks, shared, part.stop > stop);
    stop = Math.max(stop, part.stop);
  }
  return { version: Math.max(...parts.map((part) => part.data.version)), tags, shapes, tracks };
}

function mergeTags(old: readonly LabeledTag[], added: readonly LabeledTag[], shared: FrameRange): LabeledTag[] {
  const known = new Set(old.filter((tag) => isIn(tag, shared)).map((tag) => `${tag.frame} ${tag.label_id}`));
  return [...old, ...added.filter((tag) => !known.has(`${tag.frame} ${tag.label_id}`))];
}

/** Shapes of an earlier job and of the next; `shared`: the frames that both have (none when it ends before it begins). */
export function mergeShapes(
  old: readonly LabeledShape[],
  added: readonly LabeledShape[],
  shared: FrameRange,
): LabeledShape[] {
  const oldOn = Map.groupBy(
    old.filter((shape) => isIn(shape, shared)),
    (shape) => shape.frame,
  );
  const addedOn = Map.groupBy(
    added.filter((shape) => isIn(shape, shared)),
    (shape) => shape.frame,
  );
  const doubled = new Set<LabeledShape>();
  for (const [frame, here] of addedOn)
    for (const [shape] of pairs(here, oldOn.get(frame) ?? [], SAME_SHAPE, areEqualShapes, similarity))
      doubled.add(shape);
  return [...old, ...added.filter((shape) => !doubled.has(shape))];
}

/** Tracks of an earlier job and of the next; `goesOn`: there are frames after the earlier job. */
export function mergeTracks(
  old: readonly LabeledTrack[],
  added: readonly LabeledTrack[],
  shared: FrameRange,
  goesOn: boolean,
): LabeledTrack[] {
  const open = old.filter((track) => !isEndedBefore(track, shared.start));
  const near = added.filter((track) => track.frame <= shared.stop);
  const seen = new Map<LabeledTrack, SeenShapes>();
  const shapesOf = (track: LabeledTrack): SeenShapes => {
    let shapes = seen.get(track);
    if (!shapes) {
      shapes = shapesByFrame(track, shared);
      seen.set(track, shapes);
    }
    return shapes;
  };
  const partner = new Map<LabeledTrack, LabeledTrack>();
  const doubled = new Set<LabeledTrack>();
  for (const [track, of] of pairs(
    near,
    open,
    SAME_TRACK,
    (a, b) => areEqualTracks(shapesOf(a), shapesOf(b)),
    (a, b) => meanSimilarity(shapesOf(a), shapesOf(b), shared),
  )) {
    partner.set(of, track);
    doubled.add(track);
  }
  const kept = old.map((track) => {
    const other = partner.get(track);
    if (other) return uniteTracks(track, other);
    return goesOn && open.includes(track) ? endTrack(track, shared.stop + 1) : track;
  });
  return [...kept, ...added.filter((track) => !doubled.has(track))];
}

type SeenShapes = ReadonlyMap<number, InterpolatedShape>;

function shapesByFrame(track: LabeledTrack, range: FrameRange): SeenShapes {
  return new Map(interpolate(track, range).map((shape) => [shape.frame, shape]));
}

function areEqualTracks(a: SeenShapes, b: SeenShapes): boolean {
  if (a.size === 0 || a.size !== b.size) return false;
  for (const [frame, shape] of a) {
    const other = b.get(frame);
    if (!other || !areEqualShapes(shape, other)) return false;
  }
  return true;
}

/** Over the frames on which either is seen; 0 as soon as it cannot reach SAME_TRACK any more. */
function meanSimilarity(a: SeenShapes, b: SeenShapes, { start, stop }: FrameRange): number {
  const frames: number[] = [];
  for (let frame = start; frame <= stop; frame++) if (a.has(frame) || b.has(frame)) frames.push(frame);
  let missed = 0;
  for (const frame of frames) {
    const shapeA = a.get(frame);
    const shapeB = b.get(frame);
    missed += shapeA && shapeB ? 1 - similarity(shapeA, shapeB) : 1;
    if (missed > (1 - SAME_TRACK) * frames.length) return 0;
  }
  return frames.length === 0 ? 0 : 1 - missed / frames.length;
}

/**
 * The best pairs of two lists whose labels agree and whose similarity is `least` or more. Equal ones are paired first:
 * nearly all are equal, since they were one before they were cut, and to compare every shape with every other takes long.
 */
function pairs<T extends { readonly label_id: number }>(
  rows: readonly T[],
  columns: readonly T[],
  least: number,
  areEqual: (row: T, column: T) => boolean,
  compare: (row: T, column: T) => number,
): [T, T][] {
  const equal: [T, T][] = [];
  const leftColumns = new Set(columns);
  const leftRows = rows.filter((row) => {
    const column = leftColumns.values().find((one) => one.label_id === row.label_id && areEqual(row, one));
    if (column === undefined) return true;
    leftColumns.delete(column);
    equal.push([row, column]);
    return false;
  });
  const restColumns = [...leftColumns];
  const likeness = leftRows.map((row) =>
    restColumns.map((column) => {
      const value = row.label_id === column.label_id ? compare(row, column) : 0;
      return value >= least ? value : 0;
    }),
  );
  const chosen = assign(likeness.map((row) => row.map((value) => 1 - value)));
  const alike = chosen.flatMap((column, row): [T, T][] =>
    column >= 0 && likeness[row]![column]! > 0 ? [[leftRows[row]!, restColumns[column]!]] : [],
  );
  return [...equal, ...alike];
}

function uniteTracks(old: LabeledTrack, added: LabeledTrack): LabeledTrack {
  const shapes = uniteKeyframes(old.shapes, added.shapes);
  const elements = old.elements.map((element) => {
    const other = added.elements.find((one) => one.label_id === element.label_id);
    return other ? uniteTracks(element, other) : element;
  });
  const missing = added.elements.filter((one) => !old.elements.some((element) => element.label_id === one.label_id));
  return { ...old, frame: shapes[0]!.frame, shapes, elements: [...elements, ...missing] };
}

function uniteKeyframes(old: readonly TrackedShape[], added: readonly TrackedShape[]): TrackedShape[] {
  const known = new Set(old.map((shape) => shape.frame));
  return [...old, ...added.filter((shape) => !known.has(shape.frame))].sort((a, b) => a.frame - b.frame);
}

function endTrack(track: LabeledTrack, frame: number): LabeledTrack {
  const { id, presence, predicted_iou, ...last } = track.shapes.at(-1)!;
  if (last.outside || last.frame >= frame) return track;
  return {
    ...track,
    shapes: [...track.shapes, { ...last, frame, outside: true }],
    elements: track.elements.map((element) => endTrack(element, frame)),
  };
}

function isEndedBefore(track: LabeledTrack, frame: number): boolean {
  const last = track.shapes.at(-1)!;
  return last.outside && last.frame < frame;
}

function isIn({ frame }: { frame: number }, { start, stop }: FrameRange): boolean {
  return start <= frame && frame <= stop;
}
