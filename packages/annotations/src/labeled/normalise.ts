import { checkLabeledData } from './check.ts';
import type {
  AttributeValue,
  FrameSet,
  LabeledData,
  LabeledShape,
  LabeledTag,
  LabeledTrack,
  TrackedShape,
} from './labeled-data.ts';
import { type IndexedLabel, indexLabels, type Label, type LabelIndex } from './labels.ts';
import type { Problem } from './problem.ts';

/** Keys that a client may leave out, or send as null where they name nothing. */
type Draft<T, Required extends keyof T> = Partial<Omit<T, Required | 'id' | 'group' | 'attributes' | 'elements'>> &
  Pick<T, Required> & {
    readonly id?: number | null;
    readonly group?: number | null;
    readonly attributes?: readonly { readonly spec_id: number; readonly value: string | number | boolean }[];
  };
export type TagDraft = Draft<LabeledTag, 'frame' | 'label_id'>;
export type TrackedShapeDraft = Draft<TrackedShape, 'type' | 'frame'>;
export type ShapeDraft = Draft<LabeledShape, 'type' | 'frame' | 'label_id'> & {
  readonly elements?: readonly ShapeDraft[];
};
export type TrackDraft = Omit<Draft<LabeledTrack, 'frame' | 'label_id'>, 'shapes'> & {
  readonly shapes?: readonly TrackedShapeDraft[];
  readonly elements?: readonly TrackDraft[];
};
/** `LabeledData` as clients may write it, once `checkLabeledData` has found nothing wrong. */
export type LabeledDataDraft = {
  readonly version?: number;
  readonly tags?: readonly TagDraft[];
  readonly shapes?: readonly ShapeDraft[];
  readonly tracks?: readonly TrackDraft[];
};

export type ParsedLabeledData =
  | { readonly ok: true; readonly value: LabeledData }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Checks annotations from outside, and brings them to their normal form. */
export function parseLabeledData(value: unknown, labels: readonly Label[], frames: FrameSet): ParsedLabeledData {
  const problems = checkLabeledData(value, labels, frames);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: normaliseLabeledData(value as LabeledDataDraft, labels) };
}

/**
 * The normal form: every key is there, in one order, and no other.
 *   left out          occluded, outside false; z_order, group, rotation 0; source 'manual'; points, elements none
 *   rotation          0 unless the shape is a rectangle or an ellipse
 *   attributes        text; absent ones have the label's default, in a keyframe the value of the keyframe before
 *   keyframes         in order of frames
 *   track.frame       that of the first keyframe; where a client put it earlier, an `outside` copy of that keyframe is
 *                     put there, as CVAT's server does
 *   empty tracks      dropped, of skeletons also their empty parts
 * Doing it twice changes nothing. Objects whose label is gone keep the attributes that they have.
 */
export function normaliseLabeledData(data: LabeledDataDraft, labels: readonly Label[]): LabeledData {
  const index = indexLabels(labels);
  return {
    version: data.version ?? 0,
    tags: (data.tags ?? []).map((tag) => normaliseTag(tag, index.get(tag.label_id))),
    shapes: (data.shapes ?? []).map((shape) => normaliseShape(shape, index)),
    tracks: normaliseTracks(data.tracks ?? [], index),
  };
}

function normaliseTag(tag: TagDraft, label: IndexedLabel | undefined): LabeledTag {
  return {
    ...identity(tag.id),
    frame: tag.frame,
    label_id: tag.label_id,
    group: tag.group ?? 0,
    source: tag.source ?? 'manual',
    attributes: fill(tag.attributes, label?.defaults),
  };
}

function normaliseShape(shape: ShapeDraft, labels: LabelIndex): LabeledShape {
  const label = labels.get(shape.label_id);
  return {
    ...body(shape, fill(shape.attributes, label?.defaults)),
    label_id: shape.label_id,
    group: shape.group ?? 0,
    source: shape.source ?? 'manual',
    ...(shape.score === undefined ? {} : { score: shape.score }),
    elements: (shape.elements ?? []).map((element) => normaliseShape(element, label?.sublabels ?? new Map())),
  };
}

function normaliseTracks(tracks: readonly TrackDraft[], labels: LabelIndex): LabeledTrack[] {
  return tracks
    .filter((track) => track.shapes !== undefined && track.shapes.length > 0)
    .map((track) => normaliseTrack(track, labels));
}

function normaliseTrack(track: TrackDraft, labels: LabelIndex): LabeledTrack {
  const label = labels.get(track.label_id);
  const shapes = normaliseKeyframes(track.shapes ?? [], label?.mutableDefaults);
  const first = shapes[0]!;
  if (track.frame < first.frame) {
    const { id, ...copy } = first;
    shapes.unshift({ ...copy, frame: track.frame, outside: true });
  }
  return {
    ...identity(track.id),
    frame: shapes[0]!.frame,
    label_id: track.label_id,
    group: track.group ?? 0,
    source: track.source ?? 'manual',
    attributes: fill(track.attributes, label?.immutableDefaults),
    elements: normaliseTracks(track.elements ?? [], label?.sublabels ?? new Map()),
    shapes,
  };
}

function normaliseKeyframes(
  drafts: readonly TrackedShapeDraft[],
  defaults: readonly AttributeValue[] | undefined,
): TrackedShape[] {
  const isSorted = drafts.every((shape, i) => i === 0 || drafts[i - 1]!.frame < shape.frame);
  const sorted = isSorted ? drafts : drafts.toSorted((a, b) => a.frame - b.frame);
  let held = defaults;
  return sorted.map((draft) => {
    const attributes = fill(draft.attributes, held);
    held = attributes;
    return body(draft, attributes);
  });
}

/** One literal, keys in one order: with millions of shapes it matters that they all have the same hidden form. */
function body(shape: TrackedShapeDraft, attributes: readonly AttributeValue[]): TrackedShape {
  const { type } = shape;
  const made: { -readonly [Key in keyof TrackedShape]: TrackedShape[Key] } = {
    type,
    frame: shape.frame,
    occluded: shape.occluded ?? false,
    outside: shape.outside ?? false,
    z_order: shape.z_order ?? 0,
    rotation: type === 'rectangle' || type === 'ellipse' ? (shape.rotation ?? 0) : 0,
    points: shape.points ?? NONE,
    attributes,
  };
  if (shape.id !== undefined && shape.id !== null) made.id = shape.id;
  if (shape.presence !== undefined) made.presence = shape.presence;
  if (shape.predicted_iou !== undefined) made.predicted_iou = shape.predicted_iou;
  return made;
}

const NONE: readonly never[] = [];

function identity(id: number | null | undefined): { id?: number } {
  return id === undefined || id === null ? {} : { id };
}

/** The given values as text, then the defaults of attributes that have none. */
function fill(
  given: TrackedShapeDraft['attributes'],
  defaults: readonly AttributeValue[] = NONE,
): readonly AttributeValue[] {
  if (given === undefined || given.length === 0) return defaults;
  const values = given.map(({ spec_id, value }) => ({ spec_id, value: String(value) }));
  const missing = defaults.filter((one) => !given.some((other) => other.spec_id === one.spec_id));
  return [...values, ...missing];
}
