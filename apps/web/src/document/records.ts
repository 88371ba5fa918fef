import type { AttributeValue, LabeledShape, LabeledTrack } from '@roto/annotations';

declare const uidBrand: unique symbol;
declare const frameBrand: unique symbol;

/** Name of an object on this page, made here: it stays the same before and after the server has given an id. */
export type Uid = string & { readonly [uidBrand]: true };
/** Frame of the task, from 0. */
export type FrameNumber = number & { readonly [frameBrand]: true };

export const toFrame = (value: number): FrameNumber => value as FrameNumber;

/**
 * What an object looks like on one frame, in image pixels: origin at the outer corner of the first pixel, x right, y down.
 * Points are flat: x1, y1, x2, y2, …
 */
export type Geometry =
  | {
      readonly kind: 'rectangle';
      readonly left: number;
      readonly top: number;
      readonly right: number;
      readonly bottom: number;
      /** Degrees clockwise about the middle, 0 up to 360. */
      readonly rotation: number;
    }
  | {
      /** Radii are `right - cx` and `cy - top`; kept as the wire has them, so that nothing is rounded on the way. */
      readonly kind: 'ellipse';
      readonly cx: number;
      readonly cy: number;
      readonly right: number;
      readonly top: number;
      readonly rotation: number;
    }
  | { readonly kind: 'polygon'; readonly points: readonly number[] }
  | { readonly kind: 'polyline'; readonly points: readonly number[] }
  | { readonly kind: 'points'; readonly points: readonly number[] }
  | MaskGeometry
  /** Eight corners. */
  | { readonly kind: 'cuboid'; readonly points: readonly number[] }
  | { readonly kind: 'skeleton'; readonly joints: readonly Joint[] };

/** Run lengths of the box, row by row, the first run counts background. `right` and `bottom` belong to the box. */
export type MaskGeometry = {
  readonly kind: 'mask';
  readonly runs: readonly number[];
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
};

/** A point of a skeleton. */
export type Joint = {
  readonly label: number;
  readonly x: number;
  readonly y: number;
  readonly occluded: boolean;
  readonly outside: boolean;
};

export type GeometryKind = Geometry['kind'];

/** Who made a keyframe. A person's is a barrier: no run overwrites it. */
export type Origin = 'person' | 'tracker' | 'import';

type ObjectBody = {
  readonly uid: Uid;
  readonly label: number;
  /** 0: none. */
  readonly group: number;
  readonly source: string;
  readonly attributes: readonly AttributeValue[];
  /** The four below stay on this page; they can be undone like everything else. */
  readonly locked: boolean;
  readonly hidden: boolean;
  readonly pinned: boolean;
  readonly color?: string;
};

/** An object of one frame. */
export type ShapeRecord = ObjectBody & {
  readonly kind: 'shape';
  readonly frame: FrameNumber;
  readonly geometry: Geometry;
  readonly occluded: boolean;
  /** Higher lies on top. */
  readonly z: number;
  /** Confidence of a detector. */
  readonly score?: number;
  /** Parts of a skeleton as the wire has them. */
  readonly elements: readonly LabeledShape[];
};

/** An object over time. */
export type TrackRecord = ObjectBody & {
  readonly kind: 'track';
  /** By frame, at least one, all of one kind of geometry. */
  readonly keyframes: readonly Keyframe[];
  /** Parts of a skeleton as the wire has them. */
  readonly elements: readonly LabeledTrack[];
};

export type Keyframe = {
  readonly frame: FrameNumber;
  readonly geometry: Geometry;
  /** Not in the picture from this frame on. */
  readonly outside: boolean;
  readonly occluded: boolean;
  readonly z: number;
  /** The mutable ones of the label. */
  readonly attributes: readonly AttributeValue[];
  readonly origin: Origin;
  /** Object score of the model; above 0 it is taken to be in the picture. */
  readonly presence?: number;
  /** The model's own estimate of the mask's IoU, 0…1. */
  readonly predictedIou?: number;
};

/** A label of a whole frame. */
export type TagRecord = ObjectBody & { readonly kind: 'tag'; readonly frame: FrameNumber };

export type ObjectRecord = ShapeRecord | TrackRecord | TagRecord;

/** What the server calls an object; the store keeps it beside the document, since no edit changes it. */
export type Identity = {
  readonly id: number;
  /** An update that names it is merged with what others changed since. */
  readonly revision?: number;
};

/** All objects of a job, in the order in which they were made. */
export type JobDocument = {
  readonly objects: ReadonlyMap<Uid, ObjectRecord>;
  readonly deletedFrames: ReadonlySet<FrameNumber>;
};

export const EMPTY_DOCUMENT: JobDocument = { objects: new Map(), deletedFrames: new Set() };

/** 128 random bits. */
export function newUid(): Uid {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') as Uid;
}

/** Fields of a new object that nobody has said anything about. */
export const NEW_OBJECT = {
  group: 0,
  source: 'manual',
  attributes: [],
  locked: false,
  hidden: false,
  pinned: false,
} as const satisfies Partial<ObjectRecord>;
