import type { Label, LabeledShape, LabeledTag, LabeledTrack } from '@roto/annotations';
import type { annotationObjects, OBJECT_KINDS } from '../database/schema/index.ts';
import { keyframeCore, type Signals } from './keyframe-text.ts';
import { attributeIds } from './scope.ts';

export type ObjectKind = (typeof OBJECT_KINDS)[number];
export type ObjectRow = typeof annotationObjects.$inferSelect;

/** What a person may change of an object, without its keyframes; columns of `annotation_objects`. */
export type ObjectHead = Pick<
  ObjectRow,
  'kind' | 'frame' | 'labelId' | 'group' | 'type' | 'body' | 'elements' | 'attributeIds'
>;

/** A keyframe as a client gives it. */
export type GivenKeyframe = { readonly frame: number; readonly core: string; readonly signals: Signals };

/** An object as a client gives it. `keyframes[0]` are the track's own, the others those of a skeleton's parts in order. */
export type GivenObject = {
  readonly id?: number;
  readonly head: ObjectHead;
  readonly keyframes: readonly (readonly GivenKeyframe[])[];
};

/** Place in `GivenObject.keyframes` → `keyframe_blocks.element`. */
export const elementAt = (place: number): number => place - 1;

export function givenTag(tag: LabeledTag, label: Label | undefined): GivenObject {
  const { source, attributes } = tag;
  return {
    ...identity(tag.id),
    head: { ...place('tag', tag, label), type: null, body: members({ source, attributes }), elements: [] },
    keyframes: [],
  };
}

export function givenShape(shape: LabeledShape, label: Label | undefined): GivenObject {
  const { source, score, elements } = shape;
  const parts = elements.map((part) => {
    const { frame, label_id, group, source, score } = part;
    return { frame, label_id, group, ...shapeBody(part), source, score, elements: [] };
  });
  return {
    ...identity(shape.id),
    head: {
      ...place('shape', shape, label),
      type: shape.type,
      body: members({ ...shapeBody(shape), source, score, elements: parts }),
      elements: [],
    },
    keyframes: [],
  };
}

export function givenTrack(track: LabeledTrack, label: Label | undefined): GivenObject {
  const { source, attributes, elements } = track;
  return {
    ...identity(track.id),
    head: {
      ...place('track', track, label),
      type: track.shapes[0]!.type,
      body: members({ source, attributes }),
      elements: elements.map(({ label_id, group, source, attributes }) =>
        members({ label_id, group, source, attributes }),
      ),
    },
    keyframes: [track, ...elements].map(({ shapes }) =>
      shapes.map((shape) => ({
        frame: shape.frame,
        core: keyframeCore(shape),
        signals: { presence: shape.presence, predictedIou: shape.predicted_iou },
      })),
    ),
  };
}

/** The head of a stored object, whose `frame` is left to its keyframes when it is a track. */
export function headOf(row: ObjectRow): ObjectHead {
  const { kind, frame, labelId, group, type, body, elements, attributeIds } = row;
  return { kind, frame, labelId, group, type, body, elements, attributeIds };
}

/** Whether nothing but keyframes differs. A track's frame is that of its first keyframe, and no change by itself. */
export function isSameHead(a: ObjectHead, b: ObjectHead): boolean {
  return (
    a.kind === b.kind &&
    (a.kind === 'track' || a.frame === b.frame) &&
    a.labelId === b.labelId &&
    a.group === b.group &&
    a.type === b.type &&
    a.body === b.body &&
    a.elements.length === b.elements.length &&
    a.elements.every((element, i) => element === b.elements[i])
  );
}

function place(kind: ObjectKind, object: LabeledTag | LabeledTrack, label: Label | undefined) {
  return {
    kind,
    frame: object.frame,
    labelId: object.label_id,
    group: object.group,
    attributeIds: attributeIds(label),
  };
}

function shapeBody({ type, occluded, outside, z_order, rotation, points, attributes }: LabeledShape) {
  return { type, occluded, outside, z_order, rotation, points, attributes };
}

/** JSON of a value without its braces. */
function members(value: object): string {
  return JSON.stringify(value).slice(1, -1);
}

function identity(id: number | undefined): { id?: number } {
  return id === undefined ? {} : { id };
}
