/** Changes of tracks as wholes (ours): keyframes move with their origin, presence, predicted IoU and history. */
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Confirmed, Origin } from './annotations.ts';
import { FrameSpan, SavedObject } from './job-annotations.ts';

const frame = Type.Integer({ minimum: 0, maximum: 1e9 });
const id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const version = Type.Integer({ minimum: 0 });
const revision = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 });
/** Of the objects, in the same order, as they were read: 409 when a person changed one since. */
const revisions = Type.Optional(Type.Array(revision, { maxItems: 1_000 }));
const spans = Type.Array(FrameSpan, { minItems: 1, maxItems: 10_000 });

/** `POST /api/jobs/{id}/annotations/{object}/split`: a new track takes over on `frame`; the old one ends before it. */
export const SplitBody = Type.Object(
  { frame, revision: Type.Optional(revision) },
  { title: 'SplitBody', description: 'Where a track is cut in two.' },
);
export type SplitBody = Static<typeof SplitBody>;

/**
 * `POST …/annotations/merge`: the first track takes in the others, which go. On a frame that several have, a person's
 * keyframe wins, else that of the track named first. Between two that do not touch the object is out of the picture;
 * `gap: interpolate` leaves it in.
 */
export const MergeBody = Type.Object(
  {
    objects: Type.Array(id, { minItems: 2, maxItems: 1_000 }),
    revisions,
    gap: Type.Optional(Type.Union([Type.Literal('outside'), Type.Literal('interpolate')])),
  },
  { title: 'MergeBody', description: 'Tracks that become one.' },
);
export type MergeBody = Static<typeof MergeBody>;

/** `POST …/annotations/{object}/trim`: the track begins (`before`) or ends (`after`) with `frame`. */
export const TrimBody = Type.Object(
  {
    frame,
    side: Type.Union([Type.Literal('before'), Type.Literal('after')]),
    revision: Type.Optional(revision),
  },
  { title: 'TrimBody', description: 'Where a track shall begin or end.' },
);
export type TrimBody = Static<typeof TrimBody>;

/** `POST …/annotations/swap`: two tracks change places from `frame` on. */
export const SwapBody = Type.Object(
  { objects: Type.Array(id, { minItems: 2, maxItems: 2 }), revisions, frame },
  { title: 'SwapBody', description: 'Two tracks that change places from a frame on.' },
);
export type SwapBody = Static<typeof SwapBody>;

/** `POST …/annotations/thin`: removes a tracker's keyframes that are not needed for an IoU of `iou` on each of their frames. */
export const ThinBody = Type.Object(
  {
    objects: Type.Array(id, { minItems: 1, maxItems: 1_000 }),
    revisions,
    iou: Type.Number({ minimum: 0.5, maximum: 1 }),
    ranges: Type.Optional(spans),
  },
  { title: 'ThinBody', description: 'Tracks whose keyframes are to become fewer, within an IoU.' },
);
export type ThinBody = Static<typeof ThinBody>;

/**
 * `POST …/annotations/keyframes/delete`: removes keyframes of many tracks on ranges of frames; with `origin` only those of
 * that origin. `hole`: the objects are out of the picture on the ranges; without it they go from the keyframe before to
 * the one after. `dry_run`: only counts.
 */
export const DeleteKeyframesBody = Type.Object(
  {
    objects: Type.Array(id, { minItems: 1, maxItems: 1_000 }),
    revisions,
    ranges: spans,
    origin: Type.Optional(Origin),
    hole: Type.Optional(Type.Boolean()),
    dry_run: Type.Optional(Type.Boolean()),
  },
  { title: 'DeleteKeyframesBody', description: 'Keyframes of many tracks that are to be removed.' },
);
export type DeleteKeyframesBody = Static<typeof DeleteKeyframesBody>;

export const SurgeryAnswer = Type.Object(
  {
    version,
    /** Those that are changed, in the order of the request. */
    changed: Type.Array(
      Type.Object({
        ...SavedObject.properties,
        /** Keyframes that went, and how many of them were a person's. */
        removed_keyframes: Type.Optional(Type.Integer({ minimum: 0 })),
        removed_of_persons: Type.Optional(Type.Integer({ minimum: 0 })),
      }),
    ),
    created: Type.Array(SavedObject),
    removed: Type.Array(id),
  },
  { title: 'SurgeryAnswer', description: 'Tracks that were changed, made and removed.' },
);
export type SurgeryAnswer = Static<typeof SurgeryAnswer>;

/** `POST …/annotations/confirm` for many objects. Without frames and ranges: all of them. */
export const ConfirmBody = Type.Object(
  {
    /** One object; the answer is `Confirmed`. */
    object: Type.Optional(id),
    /** Many; the answer is `ConfirmedMany`. */
    objects: Type.Optional(Type.Array(id, { minItems: 1, maxItems: 10_000 })),
    /** Each of them must have a keyframe. */
    frames: Type.Optional(Type.Array(frame, { maxItems: 100_000 })),
    /** Keyframes on these frames, where there are any. */
    ranges: Type.Optional(spans),
  },
  { title: 'ConfirmBody', description: 'Tracked keyframes that a person has looked at and agrees with.' },
);
export type ConfirmBody = Static<typeof ConfirmBody>;
export const ConfirmedMany = Type.Object(
  { version, objects: Type.Array(Confirmed) },
  { title: 'ConfirmedMany', description: 'How many keyframes of each object are those of a person now.' },
);
export type ConfirmedMany = Static<typeof ConfirmedMany>;

/**
 * `POST /api/runs/{id}/revert`: what a run that has ended wrote is again as it was before it. What somebody changed after
 * the run is kept, and named.
 */
export const RunReverted = Type.Object(
  {
    run: Type.String(),
    version,
    objects: Type.Array(
      Type.Object({
        id,
        action: Type.Union([
          Type.Literal('restored'),
          Type.Literal('removed'),
          Type.Literal('brought_back'),
          /** It was made by the run and changed by somebody since, or it is gone. */
          Type.Literal('kept'),
        ]),
        revision: Type.Union([revision, Type.Null()]),
        /** Frames that are as they were, and frames of the run that somebody changed since. */
        frames: Type.Array(FrameSpan),
        kept: Type.Array(FrameSpan),
      }),
    ),
  },
  { title: 'RunReverted', description: 'What a run wrote and is as it was before it, and what was kept.' },
);
export type RunReverted = Static<typeof RunReverted>;

/**
 * `POST …/annotations/looked-at`: a person looked at these frames of objects, and found them right. No barrier: a run may
 * write there, and then the mark no longer counts. `looked: false` takes marks away.
 */
export const LookedAtBody = Type.Object(
  {
    objects: Type.Array(id, { minItems: 1, maxItems: 10_000 }),
    ranges: spans,
    looked: Type.Optional(Type.Boolean()),
  },
  { title: 'LookedAtBody', description: 'Frames of objects that a person looked at and found right.' },
);
export type LookedAtBody = Static<typeof LookedAtBody>;

/** `GET …/annotations/looked-at?objects=`: marks that still count: frames that changed since were taken out. */
export const LookedAt = Type.Object(
  {
    objects: Type.Array(
      Type.Object({
        id,
        marks: Type.Array(
          Type.Object({
            ranges: Type.Array(FrameSpan),
            by: Type.Union([Type.Object({ id, username: Type.String() }), Type.Null()]),
            at: Type.String(),
          }),
        ),
      }),
    ),
  },
  { title: 'LookedAt', description: 'Frames of objects that somebody looked at, and that did not change since.' },
);
export type LookedAt = Static<typeof LookedAt>;
