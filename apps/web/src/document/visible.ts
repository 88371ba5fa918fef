import { type AttributeValue, Keyframes, type LabeledTrack } from '@roto/annotations';
import type { FrameNumber, Geometry, JobDocument, Keyframe, ObjectRecord, TrackRecord, Uid } from './records.ts';
import { toFrame } from './records.ts';
import { geometryOf, skeletonOf, wireKeyframe } from './wire.ts';

/** An object as it is on one frame. Equal as long as nothing about it changes: compare by identity. */
export type ObjectOnFrame = {
  readonly uid: Uid;
  readonly record: Exclude<ObjectRecord, { kind: 'tag' }>;
  readonly frame: FrameNumber;
  readonly geometry: Geometry;
  readonly occluded: boolean;
  /** A track that is not in the picture here. It is given only on the keyframe that says so. */
  readonly outside: boolean;
  readonly z: number;
  /** Those of the track and those of the frame. */
  readonly attributes: readonly AttributeValue[];
  /** The keyframe of the track on this frame. */
  readonly keyframe: Keyframe | undefined;
};

const NOTHING_DELETED: ReadonlySet<FrameNumber> = new Set();

/** What an object is on a frame; undefined where it is not. Tags are never: they have no place in the picture. */
export function objectOn(
  record: ObjectRecord,
  frame: FrameNumber,
  deletedFrames: ReadonlySet<FrameNumber> = NOTHING_DELETED,
): ObjectOnFrame | undefined {
  if (record.kind === 'tag' || deletedFrames.has(frame)) return undefined;
  const memory = memoryOf(record, deletedFrames);
  if (memory.frames.has(frame)) return memory.frames.get(frame);
  const found = record.kind === 'shape' ? shapeOn(record, frame) : trackOn(record, memory, frame);
  if (memory.frames.size >= FRAMES_KEPT) memory.frames.delete(memory.frames.keys().next().value!);
  memory.frames.set(frame, found);
  return found;
}

/** All objects on a frame, the lowest first. */
export function objectsOn(document: JobDocument, frame: FrameNumber): readonly ObjectOnFrame[] {
  const found: ObjectOnFrame[] = [];
  for (const record of document.objects.values()) {
    const object = objectOn(record, frame, document.deletedFrames);
    if (object) found.push(object);
  }
  return found.sort((a, b) => a.z - b.z);
}

/** `objectsOn` that gives the list of before when it would be equal, so that who shows it need not look again. */
export function createFrameView(): (document: JobDocument, frame: FrameNumber) => readonly ObjectOnFrame[] {
  let last: { document: JobDocument; frame: FrameNumber; list: readonly ObjectOnFrame[] } | undefined;
  return (document, frame) => {
    if (last?.document === document && last.frame === frame) return last.list;
    const list = objectsOn(document, frame);
    const { list: old } = last ?? { list: [] };
    const isSame = last !== undefined && old.length === list.length && old.every((each, i) => each === list[i]);
    last = { document, frame, list: isSame ? old : list };
    return last.list;
  };
}

/** Tags of a frame. */
export function tagsOn(document: JobDocument, frame: FrameNumber) {
  return [...document.objects.values()].filter((record) => record.kind === 'tag' && record.frame === frame);
}

/** The last keyframe at or before a frame, the first one after it. */
export function keyframesAround(
  { keyframes }: TrackRecord,
  frame: FrameNumber,
): { readonly at: Keyframe | undefined; readonly next: Keyframe | undefined } {
  let low = 0;
  let high = keyframes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyframes[middle]!.frame <= frame) low = middle + 1;
    else high = middle;
  }
  return { at: keyframes[low - 1], next: keyframes[low] };
}

/** First and last frame on which an object can be seen; `last` is undefined when it is seen to the end of the job. */
export function spanOf(record: ObjectRecord): { readonly first: FrameNumber; readonly last: FrameNumber | undefined } {
  if (record.kind !== 'track') return { first: record.frame, last: record.frame };
  const end = record.keyframes.at(-1)!;
  return { first: record.keyframes[0]!.frame, last: end.outside ? toFrame(end.frame - 1) : undefined };
}

const FRAMES_KEPT = 64;
type Memory = {
  readonly deletedFrames: ReadonlySet<FrameNumber>;
  readonly frames: Map<FrameNumber, ObjectOnFrame | undefined>;
  /** Of a track; they remember how two outlines are matched, which costs the most. */
  readonly whole: Keyframes | undefined;
  readonly parts: readonly { readonly label: number; readonly keys: Keyframes }[];
};
const memories = new WeakMap<ObjectRecord, Memory>();

function memoryOf(record: ObjectRecord, deletedFrames: ReadonlySet<FrameNumber>): Memory {
  const known = memories.get(record);
  if (known?.deletedFrames === deletedFrames) return known;
  const keys = (shapes: LabeledTrack['shapes']) => new Keyframes(shapes, deletedFrames);
  const isTrack = record.kind === 'track';
  const made: Memory = {
    deletedFrames,
    frames: new Map(),
    whole: isTrack ? keys(record.keyframes.map(wireKeyframe)) : undefined,
    parts: isTrack ? record.elements.map((part) => ({ label: part.label_id, keys: keys(part.shapes) })) : [],
  };
  memories.set(record, made);
  return made;
}

function shapeOn(record: Extract<ObjectRecord, { kind: 'shape' }>, frame: FrameNumber): ObjectOnFrame | undefined {
  if (record.frame !== frame) return undefined;
  const { uid, geometry, occluded, z, attributes } = record;
  return { uid, record, frame, geometry, occluded, outside: false, z, attributes, keyframe: undefined };
}

function trackOn(record: TrackRecord, memory: Memory, frame: FrameNumber): ObjectOnFrame | undefined {
  const shape = memory.whole!.at(frame);
  if (!shape) return undefined;
  const { at } = keyframesAround(record, frame);
  const keyframe = at?.frame === frame ? at : undefined;
  if (shape.outside && !keyframe) return undefined;
  const elements = memory.parts.flatMap(({ label, keys }) => {
    const part = keys.at(frame);
    return part ? [{ ...part, label_id: label }] : [];
  });
  const geometry = keyframe && elements.length === 0 ? keyframe.geometry : geometryAt(shape, elements);
  return {
    uid: record.uid,
    record,
    frame,
    geometry,
    occluded: shape.occluded,
    outside: shape.outside || (elements.length > 0 && elements.every((part) => part.outside)),
    z: shape.z_order,
    attributes: [...record.attributes, ...shape.attributes],
    keyframe,
  };
}

function geometryAt(shape: Parameters<typeof geometryOf>[0], elements: Parameters<typeof skeletonOf>[0]): Geometry {
  return shape.type === 'skeleton' ? skeletonOf(elements) : geometryOf(shape);
}
