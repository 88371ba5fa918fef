/**
 * Annotations in CVAT's form (`LabeledData` of @roto/annotations), as the `annotations` endpoints of tasks and jobs answer
 * and take them.
 */
import type {
  LabeledDataDraft,
  LabeledShape,
  LabeledTag,
  LabeledTrack,
  ShapeDraft,
  TagDraft,
  TrackDraft,
  TrackedShape,
} from '@roto/annotations';
import * as Type from 'typebox';

/** An object as a server has it: `id` is given by the server; `revision` and `uid` are ours. */
type Stored<T> = T & {
  readonly id: number;
  /** Counts the changes of the object. */
  readonly revision?: number;
  /** Name that a client gave the object when it made it. */
  readonly uid?: string;
};
/** Ours: who or what made it so. */
type WithOrigin<T> = T & { readonly origin?: 'person' | 'import' | 'tracker' };

export type StoredTag = Stored<LabeledTag>;
export type StoredShape = WithOrigin<Stored<LabeledShape>>;
export type StoredKeyframe = WithOrigin<TrackedShape>;
type StoredTrackPart = Omit<LabeledTrack, 'shapes' | 'elements'> & {
  readonly shapes: readonly StoredKeyframe[];
  readonly elements: readonly StoredTrackPart[];
};
export type StoredTrack = Stored<StoredTrackPart>;
export type StoredData = {
  readonly version: number;
  readonly tags: readonly StoredTag[];
  readonly shapes: readonly StoredShape[];
  readonly tracks: readonly StoredTrack[];
};

/** An object to be written: members that have a default may be left out. */
type Written<T> = T & { readonly revision?: number; readonly uid?: string };
export type WrittenData = Omit<LabeledDataDraft, 'tags' | 'shapes' | 'tracks'> & {
  readonly tags?: readonly Written<TagDraft>[];
  readonly shapes?: readonly Written<ShapeDraft>[];
  readonly tracks?: readonly Written<TrackDraft>[];
};

/**
 * Checks the outside of annotations and takes their objects for what the server says: a job can hold a hundred megabytes
 * of them.
 */
export const StoredDataOutline = Type.Unsafe<StoredData>(
  Type.Object({
    version: Type.Optional(Type.Integer()),
    tags: Type.Array(Type.Unknown()),
    shapes: Type.Array(Type.Unknown()),
    tracks: Type.Array(Type.Unknown()),
  }),
);

/** Any JSON object. */
export const AnyObject = Type.Unsafe<Record<string, unknown>>(Type.Object({}, { additionalProperties: true }));
