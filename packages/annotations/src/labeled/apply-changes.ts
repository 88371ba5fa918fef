import type { LabeledData, LabeledShape, LabeledTag, LabeledTrack, TrackedShape } from './labeled-data.ts';

/** What changed of a track's own keyframes, or of those of a skeleton's part: an element with the rest of its members. */
type ChangedKeyframes = Omit<LabeledTrack, 'elements'> & {
  /** Frames whose keyframe went; new and changed ones are in `shapes`. */
  readonly removed_frames: readonly number[];
};

export type ChangedTrack = ChangedKeyframes & {
  /** All keyframes are there. */
  readonly whole: boolean;
  readonly elements: readonly ChangedKeyframes[];
};

/** What changed of annotations since a version; every object has an id. */
export type AnnotationChanges = {
  readonly version: number;
  /** New and changed ones, whole. */
  readonly tags: readonly LabeledTag[];
  readonly shapes: readonly LabeledShape[];
  readonly tracks: readonly ChangedTrack[];
  /** Ids of objects that are gone. */
  readonly removed: readonly number[];
};

/** Annotations of a version brought to a later one: what reading all of them again would yield. Objects in order of ids. */
export function applyChanges(data: LabeledData, changes: AnnotationChanges): LabeledData {
  const removed = new Set(changes.removed);
  const tracks = new Map(data.tracks.map((track) => [track.id, track]));
  return {
    version: changes.version,
    tags: replaced(data.tags, changes.tags, removed),
    shapes: replaced(data.shapes, changes.shapes, removed),
    tracks: replaced(
      data.tracks,
      changes.tracks.map((track) => applyToTrack(tracks.get(track.id), track)),
      removed,
    ),
  };
}

/** A track with what changed of it; `held` is what it was, and does not matter when all of it comes. */
export function applyToTrack(held: LabeledTrack | undefined, changed: ChangedTrack): LabeledTrack {
  const { whole, removed_frames, elements, ...rest } = changed;
  const before = whole ? undefined : held;
  return {
    ...rest,
    shapes: keyframes(before?.shapes, changed),
    elements: elements.map(({ removed_frames: gone, ...element }, i) => {
      const shapes = keyframes(before?.elements[i]?.shapes, { ...element, removed_frames: gone });
      return { ...element, frame: shapes[0]?.frame ?? changed.frame, shapes, elements: [] };
    }),
  };
}

function keyframes(
  held: readonly TrackedShape[] = [],
  { shapes, removed_frames }: Pick<ChangedKeyframes, 'shapes' | 'removed_frames'>,
): TrackedShape[] {
  const final = new Map(held.map((shape) => [shape.frame, shape]));
  for (const frame of removed_frames) final.delete(frame);
  for (const shape of shapes) final.set(shape.frame, shape);
  return [...final.values()].sort((a, b) => a.frame - b.frame);
}

function replaced<T extends { readonly id?: number }>(
  held: readonly T[],
  changed: readonly T[],
  removed: ReadonlySet<number>,
): T[] {
  const all = new Map(held.map((object) => [object.id!, object]));
  for (const id of removed) all.delete(id);
  for (const object of changed) all.set(object.id!, object);
  return [...all.values()].sort((a, b) => a.id! - b.id!);
}
