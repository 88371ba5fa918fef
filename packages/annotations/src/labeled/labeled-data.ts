/**
 * Annotations as CVAT's REST dialect has them: the names and the meaning of every key are CVAT's, so that a value can be
 * sent as it stands. These are the normal forms, in which every key is there (`normaliseLabeledData` fills what a
 * client left out); what comes from outside is `unknown` until `checkLabeledData` has seen it.
 *
 * Frames are task frames, from 0. Coordinates are pixels of the frame, origin at its top-left corner, x right, y down.
 */

export const SHAPE_TYPES = [
  'rectangle',
  'polygon',
  'polyline',
  'points',
  'ellipse',
  'cuboid',
  'mask',
  'skeleton',
] as const;
export type ShapeType = (typeof SHAPE_TYPES)[number];

/** Where an object comes from. CVAT's own clients use these; the wire takes any string of up to 16 characters. */
export const ANNOTATION_SOURCES = ['manual', 'semi-auto', 'auto', 'file', 'consensus', 'Ground truth'] as const;
export type AnnotationSource = (typeof ANNOTATION_SOURCES)[number];

/** Value of one attribute; what it means stands in the label's `attributes`. */
export type AttributeValue = {
  /** Id of the `LabelAttribute`. */
  readonly spec_id: number;
  readonly value: string;
};

/** What plain and tracked shapes have in common. */
type ShapeBody = {
  /** Number of the server; absent before it has given one. */
  readonly id?: number;
  readonly type: ShapeType;
  readonly frame: number;
  readonly occluded: boolean;
  /** Of a tracked shape: not in the picture from this frame on. Of a part of a skeleton: a hidden point. Else without meaning. */
  readonly outside: boolean;
  /** Higher lies on top. */
  readonly z_order: number;
  /** Degrees, 0 to 360, clockwise about the middle of the shape; of rectangles and ellipses only, else 0. */
  readonly rotation: number;
  /**
   * By type:
   *   rectangle  left, top, right, bottom, before the rotation
   *   ellipse    centre x, centre y, x of the right end, y of the top end: radii are [2] − [0] and [1] − [3]
   *   polygon    x1, y1, …; three points or more, the first not repeated
   *   polyline   x1, y1, …; two points or more
   *   points     x1, y1, …; one point or more
   *   cuboid     x, y of eight corners
   *   mask       run lengths and box: `maskToCvatPoints` of @roto/geometry
   *   skeleton   nothing: its points are its elements
   */
  readonly points: readonly number[];
  readonly attributes: readonly AttributeValue[];
  /** Ours, of tracked objects: object score logit of the model; above 0 it is taken to be in the picture. */
  readonly presence?: number;
  /** Ours, of tracked objects: the model's own estimate of the mask's IoU, 0…1. */
  readonly predicted_iou?: number;
};

/** A keyframe of a track: every entry is one. Its `attributes` are the mutable ones of the label. */
export type TrackedShape = ShapeBody;

/** A shape of one frame, in no track. */
export type LabeledShape = ShapeBody & {
  readonly label_id: number;
  /** 0: none. Objects of one group belong together. */
  readonly group: number;
  readonly source: string;
  /** Confidence of a detector, 0…1; CVAT from 2.72 on. */
  readonly score?: number;
  /** Parts of a skeleton, one for each sublabel at most; of every other type none. */
  readonly elements: readonly LabeledShape[];
};

/** A label of a whole frame. */
export type LabeledTag = {
  readonly id?: number;
  readonly frame: number;
  readonly label_id: number;
  readonly group: number;
  readonly source: string;
  readonly attributes: readonly AttributeValue[];
};

/** One labelled thing over time. Tracks whose shapes are masks are ours: docs/decisions/0009-mask-tracks-on-the-wire.md. */
export type LabeledTrack = {
  readonly id?: number;
  /** Frame of the first keyframe. */
  readonly frame: number;
  readonly label_id: number;
  readonly group: number;
  readonly source: string;
  /** The immutable ones of the label. */
  readonly attributes: readonly AttributeValue[];
  /** Parts of a skeleton, each a track of its own, one for each sublabel at most. */
  readonly elements: readonly LabeledTrack[];
  /** Keyframes by frame, all of one type, at least one. What lies between them: `interpolate`. */
  readonly shapes: readonly TrackedShape[];
};

/** Body of the `annotations` endpoints. */
export type LabeledData = {
  readonly version: number;
  readonly tags: readonly LabeledTag[];
  readonly shapes: readonly LabeledShape[];
  readonly tracks: readonly LabeledTrack[];
};

/** Without any object. */
export const EMPTY_LABELED_DATA: LabeledData = { version: 0, tags: [], shapes: [], tracks: [] };

/** The frames that annotations belong to. */
export type FrameSet = {
  readonly frameCount: number;
  /** Of all frames, or where they differ of the first. */
  readonly width: number;
  readonly height: number;
  /** Of each frame, where images differ in size. */
  readonly sizes?: readonly (readonly [width: number, height: number])[];
};

/** The same with the size of one frame for that of all. */
export function framesAt<Frames extends FrameSet>(frames: Frames, frame: number): Frames {
  const size = frames.sizes?.[frame];
  return size ? { ...frames, width: size[0], height: size[1] } : frames;
}
