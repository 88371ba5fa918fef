/**
 * Annotations in CVAT's form (`LabeledData` of @roto/annotations), as the `annotations` endpoints of tasks and jobs answer
 * and take them.
 */
import {
  type LabeledDataDraft,
  type LabeledShape,
  type LabeledTag,
  type LabeledTrack,
  SHAPE_TYPES,
  type ShapeDraft,
  type TagDraft,
  type TrackDraft,
  type TrackedShape,
} from '@roto/annotations';
import * as Type from 'typebox';
import { BigId, Count, Frame, Nothing } from './scalars.ts';

/** An object as a server has it: `id` is given by the server; `revision` and `uid` are ours. */
type Stored<T> = T & {
  readonly id: number;
  /** Counts the changes of the object. */
  readonly revision?: number;
  /** Name that a client gave the object when it made it. */
  readonly uid?: string;
};
/** Ours: who or what made it so. */
type WithOrigin<T> = T & { readonly origin?: Origin };

export type StoredTag = WithOrigin<Stored<LabeledTag>>;
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

const AttributeValue = Type.Object(
  { spec_id: Type.Integer({ description: 'Id of the attribute of the label.' }), value: Type.String() },
  { title: 'AttributeValue', description: 'Value of one attribute.' },
);
const attributes = Type.Array(AttributeValue);
export const Origin = Type.Enum(['person', 'import', 'tracker'], { description: 'Ours: who or what made it so.' });
export type Origin = Type.Static<typeof Origin>;
const revision = Type.Optional(Type.Integer({ minimum: 0, description: 'Ours: counts the changes of the object.' }));
const uid = Type.Optional(Type.String({ description: 'Ours: name that a client gave the object when it made it.' }));

const body = {
  type: Type.Enum(SHAPE_TYPES),
  frame: Frame,
  occluded: Type.Boolean(),
  outside: Type.Boolean({ description: 'Of a tracked shape: not in the picture from this frame on.' }),
  z_order: Type.Integer({ description: 'Higher is on top.' }),
  rotation: Type.Number({ description: 'Degrees, of rectangles and ellipses.' }),
  points: Type.Array(Type.Number(), {
    description: 'By type; see the documentation of CVAT. Of a mask: run lengths and box.',
  }),
  attributes,
  presence: Type.Optional(Type.Number({ description: 'Ours: object score logit of the model.' })),
  predicted_iou: Type.Optional(Type.Number({ description: "Ours: the model's own estimate of the mask's IoU, 0…1." })),
  origin: Type.Optional(Origin),
};
const Keyframe = Type.Object(
  { id: Type.Optional(BigId), ...body },
  { title: 'Keyframe', description: 'The shape of a track on one frame; frames between are interpolated.' },
);
const labelled = {
  label_id: Type.Integer(),
  group: Type.Integer({ minimum: 0, description: 'Objects of one group belong together; 0: none.' }),
  source: Type.String(),
};
const Tag = Type.Object(
  { id: BigId, frame: Frame, ...labelled, attributes, revision, uid, origin: Type.Optional(Origin) },
  { title: 'Tag', description: 'A label of a whole frame.' },
);
const shape = {
  ...labelled,
  ...body,
  score: Type.Optional(Type.Number({ description: 'Confidence of a detector, 0…1.' })),
};
const ShapeElement = Type.Object(
  { id: Type.Optional(BigId), ...shape, elements: Nothing },
  { title: 'ShapeElement', description: 'A point of a skeleton.' },
);
const Shape = Type.Object(
  { id: BigId, ...shape, elements: Type.Array(ShapeElement), revision, uid },
  { title: 'Shape', description: 'A shape of one frame.' },
);
const track = { frame: Frame, ...labelled, attributes, shapes: Type.Array(Keyframe) };
const TrackElement = Type.Object(
  { id: Type.Optional(BigId), ...track, elements: Nothing },
  { title: 'TrackElement', description: 'A point of a skeleton over time.' },
);
const Track = Type.Object(
  { id: BigId, ...track, elements: Type.Array(TrackElement), revision, uid },
  { title: 'Track', description: 'One object over time, by its keyframes.' },
);

/** Whole, for the document; clients check `StoredDataOutline`. */
export const StoredData = Type.Unsafe<StoredData>(
  Type.Object(
    {
      version: Type.Integer({ minimum: 0, description: 'Counts the changes of the job, or of the jobs of the task.' }),
      tags: Type.Array(Tag),
      shapes: Type.Array(Shape),
      tracks: Type.Array(Track),
    },
    { title: 'Annotations', description: 'Tags, shapes and tracks of a job or task.' },
  ),
);
export const StoredTag = Type.Unsafe<StoredTag>(Tag);
export const StoredShape = Type.Unsafe<StoredShape>(Shape);
export const StoredTrack = Type.Unsafe<StoredTrack>(Track);
export const StoredKeyframe = Type.Unsafe<StoredKeyframe>(Keyframe);

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

const objects = Type.Optional(Type.Array(Type.Object({}, { additionalProperties: true })));
/** The server checks what is in it against the labels and frames of the task, and says everything that is wrong. */
export const WrittenData = Type.Unsafe<WrittenData>(
  Type.Object(
    { version: Type.Optional(Type.Integer()), tags: objects, shapes: objects, tracks: objects },
    {
      additionalProperties: true,
      title: 'WrittenAnnotations',
      description: 'Tags, shapes and tracks as in `Annotations`; members with a default may be left out.',
    },
  ),
);

export const Confirmed = Type.Object(
  { object: BigId, revision: Count, confirmed: Type.Integer({ minimum: 0, description: 'Keyframes that changed.' }) },
  { title: 'Confirmed', description: 'How many keyframes are those of a person now.' },
);
export type Confirmed = Type.Static<typeof Confirmed>;
