/**
 * Annotations of a job read in parts and changed in parts (ours). Objects keep the form of CVAT's wire, with `revision`,
 * `uid`, and for keyframes `origin`, `presence` and `predicted_iou` beside it. `version` counts the changes of a job.
 */
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Origin, StoredKeyframe, StoredShape, StoredTag } from './annotations.ts';
import { Problem } from './errors.ts';

const frame = Type.Integer({ minimum: 0, maximum: 1e9 });
const id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const revision = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 });
const version = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 });
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

/** First and last frame, both inclusive. */
export const FrameSpan = Type.Array(frame, { minItems: 2, maxItems: 2 });
export type FrameSpan = [number, number];

export const ObjectKind = Type.Union([Type.Literal('tag'), Type.Literal('shape'), Type.Literal('track')]);
export type ObjectKind = Static<typeof ObjectKind>;

/** Name that a client gives an object when it makes it. A create with a uid that the job has already changes nothing. */
export const OBJECT_UID = '^[A-Za-z0-9_-]{1,64}$';

/**
 * `GET /api/jobs/{id}/annotations?from&to&objects&since`.
 *
 * from, to: tags and shapes of these frames; of tracks, the keyframes on these frames with the one before and the one
 * after them, so that every frame of the window can be interpolated. Tracks that are not in the picture there are left out.
 * objects: ids separated by commas; only these.
 * since: only what changed after this version: see `ChangedTrack`. With from and to, changed keyframes outside of the
 * window are left out, unless they are the one before or after it; removed frames are always all named.
 */
export const PartQuery = Type.Object({
  from: Type.Optional(frame),
  to: Type.Optional(frame),
  objects: Type.Optional(Type.String({ pattern: '^\\d{1,15}(,\\d{1,15})*$', maxLength: 65_536 })),
  since: Type.Optional(version),
});
export type PartQuery = Static<typeof PartQuery>;

/** A track's own keyframes, or those of a skeleton's part. */
const changedKeyframes = {
  /** Keyframes that are new or changed: they stand in the place of those on the same frames. */
  shapes: Type.Array(StoredKeyframe),
  /** Frames whose keyframe is gone. */
  removed_frames: Type.Array(frame),
};

/**
 * A track in an answer to `since`: the track's own members (label, group, attributes …) as they are now, and the keyframes
 * that changed. `whole`: all keyframes are there (of the window, when one was asked for); forget those that you had.
 */
export const ChangedTrack = Type.Object(
  {
    id,
    frame,
    label_id: id,
    revision,
    whole: Type.Boolean(),
    ...changedKeyframes,
    elements: Type.Array(Type.Object(changedKeyframes, { additionalProperties: true })),
  },
  { additionalProperties: true, title: 'ChangedTrack', description: 'A track with the keyframes that changed.' },
);
export type ChangedTrack = Static<typeof ChangedTrack>;

/** Answer to `since`. Tags and shapes are whole, and stand in the place of those with the same id. */
export const AnnotationsSince = Type.Object(
  {
    version,
    since: version,
    tags: Type.Array(StoredTag),
    shapes: Type.Array(StoredShape),
    tracks: Type.Array(ChangedTrack),
    /** Ids of objects that are gone. */
    removed: Type.Array(id),
  },
  { title: 'AnnotationsSince', description: 'What changed in a job since a version.' },
);
export type AnnotationsSince = Static<typeof AnnotationsSince>;

/** `PATCH /api/jobs/{id}/annotations/{object}/keyframes`: keyframes of one track, without the others. */
export const KeyframesPatch = Type.Object(
  {
    /** The one that was read: what others changed since is kept, and conflicts only on the same frames (409). */
    revision: Type.Optional(revision),
    /** Keyframes as on the wire: {frame, type, points, outside, occluded, z_order, rotation, attributes}. */
    set: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 100_000 })),
    /** Frames that shall have no keyframe. A frame without one is no error. */
    remove: Type.Optional(Type.Array(frame, { maxItems: 100_000 })),
    /** Of a skeleton: which part, from 0, in the order of `elements`; without it the track's own keyframes. */
    element: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000 })),
  },
  { title: 'KeyframesPatch', description: 'Keyframes of one track to set and to remove.' },
);
export type KeyframesPatch = Static<typeof KeyframesPatch>;

/** What became of one object. */
export const SavedObject = Type.Object(
  {
    id,
    kind: ObjectKind,
    revision,
    uid: Type.Optional(Type.String()),
    /** Others changed it since the revision that was sent, and their keyframes were kept: read it `since` your version. */
    merged: Type.Optional(Type.Boolean()),
  },
  { title: 'SavedObject', description: 'An object as it was saved.' },
);
export type SavedObject = Static<typeof SavedObject>;

export const KeyframesAnswer = Type.Object(
  { ...SavedObject.properties, version },
  { title: 'KeyframesAnswer', description: 'A track as it was saved, and the version of the job.' },
);
export type KeyframesAnswer = Static<typeof KeyframesAnswer>;

/** Tags, shapes and tracks as on the wire. */
const Objects = Type.Object({
  tags: Type.Optional(Type.Array(Type.Unknown())),
  shapes: Type.Optional(Type.Array(Type.Unknown())),
  tracks: Type.Optional(Type.Array(Type.Unknown())),
});

/** `PATCH /api/jobs/{id}/annotations?action=batch`: all of it in one transaction, or nothing. */
export const BatchBody = Type.Object(
  {
    update: Type.Optional(Objects),
    keyframes: Type.Optional(
      Type.Array(Type.Object({ object: id, ...KeyframesPatch.properties }), { maxItems: 10_000 }),
    ),
    delete: Type.Optional(
      Type.Array(Type.Object({ id, revision: Type.Optional(revision) }, { additionalProperties: true })),
    ),
    create: Type.Optional(Objects),
  },
  { title: 'BatchBody', description: 'Updates, changes of keyframes, removals and new objects, all of them or none.' },
);
export type BatchBody = Static<typeof BatchBody>;

/** In the order in which they were given: tags, shapes, tracks. */
export const BatchAnswer = Type.Object(
  {
    version,
    update: Type.Array(SavedObject),
    keyframes: Type.Array(SavedObject),
    delete: Type.Array(id),
    create: Type.Array(SavedObject),
  },
  { title: 'BatchAnswer', description: 'The objects as they were saved, in the order in which they were sent.' },
);
export type BatchAnswer = Static<typeof BatchAnswer>;

/** Body of a 409 of any write of annotations. Nothing was saved. */
export const AnnotationConflict = Type.Object(
  {
    detail: Type.String(),
    version,
    objects: Type.Array(
      Type.Object({
        id,
        /** Place in the request, such as `update.tracks[0]`. */
        path: Type.String(),
        /** Keyframes that both changed; absent: the object itself. */
        frames: Type.Optional(Type.Array(frame)),
        deleted: Type.Boolean(),
        revision: nullable(revision),
        changed_by: nullable(Type.String()),
        changed_date: nullable(Type.String()),
        origin: nullable(Origin),
      }),
    ),
  },
  { title: 'AnnotationConflict', description: 'What others changed in the meantime; nothing was saved.' },
);
export type AnnotationConflict = Static<typeof AnnotationConflict>;

/** A write that is refused for what others did, and one that makes no sense any more. */
export const WriteConflict = Type.Union([AnnotationConflict, Problem], {
  description: 'Others changed the same, or it is no longer there. Nothing was saved.',
});
