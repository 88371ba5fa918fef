import type { AttributeValue } from '@roto/annotations';
import type { Edit, ObjectFields, ShapeFields } from './edit.ts';
import type { FrameNumber, Geometry, Keyframe, ObjectRecord, TrackRecord } from './records.ts';
import { keyframesAround, objectOn } from './visible.ts';

// Edits of one object on one frame, whether it is a shape of that frame or a track that gets a keyframe there.

/** What a person can say of an object on one frame. */
export type FrameFields = Partial<Pick<Keyframe, 'geometry' | 'occluded' | 'outside' | 'z'>>;

/** Says it on this frame; of a track that makes a keyframe of a person. Nothing where the object is not, or is so already. */
export function editsOnFrame(record: ObjectRecord, frame: FrameNumber, fields: FrameFields): readonly Edit[] {
  if (record.kind === 'track') return editsOfTrack(record, frame, fields);
  if (record.kind === 'tag' || record.frame !== frame) return [];
  const { outside, ...after } = fields;
  return shapeEdits(record, after);
}

export function geometryEdits(record: ObjectRecord, frame: FrameNumber, geometry: Geometry): readonly Edit[] {
  return editsOnFrame(record, frame, { geometry });
}

/** Label, group, attributes and what this page notes of an object. */
export function objectEdits(record: ObjectRecord, after: ObjectFields): readonly Edit[] {
  const before = Object.fromEntries(
    Object.keys(after).map((key) => [key, record[key as keyof ObjectFields]]),
  ) as ObjectFields;
  return [{ kind: 'set-object', uid: record.uid, before, after }];
}

/** The keyframe of a track on a frame set, or taken away. The only one of a track stays. */
export function keyframeEdits(record: TrackRecord, frame: FrameNumber, isKeyframe: boolean): readonly Edit[] {
  const present = keyframesAround(record, frame).at;
  const before = present?.frame === frame ? present : undefined;
  if (!isKeyframe) {
    if (!before || record.keyframes.length === 1) return [];
    return [{ kind: 'set-keyframe', uid: record.uid, frame, before, after: undefined }];
  }
  const after = keyframeHere(record, frame);
  return before || !after ? [] : [{ kind: 'set-keyframe', uid: record.uid, frame, before: undefined, after }];
}

/** One attribute of an object. Of a track a mutable one is said on this frame, an immutable one for all. */
export function attributeEdits(
  record: ObjectRecord,
  frame: FrameNumber,
  attribute: AttributeValue,
  isMutable: boolean,
): readonly Edit[] {
  if (record.kind !== 'track' || !isMutable)
    return objectEdits(record, { attributes: withAttribute(record.attributes, attribute) });
  const here = keyframeHere(record, frame);
  if (!here) return [];
  const after = { ...here, attributes: withAttribute(here.attributes, attribute) };
  return [{ kind: 'set-keyframe', uid: record.uid, frame, before: beforeOn(record, frame), after }];
}

function editsOfTrack(record: TrackRecord, frame: FrameNumber, fields: FrameFields): readonly Edit[] {
  const here = keyframeHere(record, frame);
  if (!here) return [];
  const after: Keyframe = { ...here, ...fields };
  return [{ kind: 'set-keyframe', uid: record.uid, frame, before: beforeOn(record, frame), after }];
}

function shapeEdits(record: Extract<ObjectRecord, { kind: 'shape' }>, after: ShapeFields): readonly Edit[] {
  const before = Object.fromEntries(
    Object.keys(after).map((key) => [key, record[key as keyof ShapeFields]]),
  ) as ShapeFields;
  return Object.keys(after).length === 0 ? [] : [{ kind: 'set-shape', uid: record.uid, before, after }];
}

function beforeOn(record: TrackRecord, frame: FrameNumber): Keyframe | undefined {
  const { at } = keyframesAround(record, frame);
  return at?.frame === frame ? at : undefined;
}

/**
 * What the track is on the frame, as a keyframe of a person. Before the first keyframe it is a copy of that one; where the
 * track is outside, of the last one.
 */
function keyframeHere(record: TrackRecord, frame: FrameNumber): Keyframe | undefined {
  const { at, next } = keyframesAround(record, frame);
  const nearest = at ?? next;
  if (!nearest) return undefined;
  const { presence, predictedIou, ...held } = nearest;
  const shown = objectOn(record, frame);
  return {
    ...held,
    frame,
    geometry: shown?.geometry ?? nearest.geometry,
    outside: at?.outside ?? false,
    origin: 'person',
  };
}

function withAttribute(attributes: readonly AttributeValue[], attribute: AttributeValue): readonly AttributeValue[] {
  const others = attributes.filter(({ spec_id }) => spec_id !== attribute.spec_id);
  return [...others, attribute].sort((a, b) => a.spec_id - b.spec_id);
}
