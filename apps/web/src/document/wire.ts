import type { LabeledData, LabeledShape, LabeledTag, LabeledTrack, TrackedShape } from '@roto/annotations';
import {
  type Geometry,
  type Identity,
  type Joint,
  type Keyframe,
  NEW_OBJECT,
  newUid,
  type ObjectRecord,
  type Origin,
  type ShapeRecord,
  type TrackRecord,
  toFrame,
  type Uid,
} from './records.ts';

// The only place that knows how the wire writes a geometry as `points`.

/** What our server adds to each object, and to each keyframe. */
type Said = { readonly revision?: number; readonly origin?: string; readonly uid?: string };

/** An object as it came from the server. */
export type Received = { readonly record: ObjectRecord; readonly identity: Identity | undefined };

/** Objects of a text of annotations. `uidOf` gives those that the page has already the names that they have here. */
export function fromWire(data: LabeledData, uidOf: (serverId: number) => Uid | undefined): readonly Received[] {
  const all: readonly (LabeledTag | LabeledShape | LabeledTrack)[] = [...data.tags, ...data.shapes, ...data.tracks];
  return all.map((object) => {
    const { id, revision, uid: said } = object as typeof object & Said;
    const uid = (id === undefined ? undefined : uidOf(id)) ?? uidFrom(id, said);
    return {
      record: recordOf(object, uid),
      identity: id === undefined ? undefined : { id, ...(revision === undefined ? {} : { revision }) },
    };
  });
}

/**
 * The name of an object that the page meets for the first time: the same after every reload, so that what can be undone
 * still names it. An object that was removed and made again has a name with a number behind it on the server.
 */
export function uidFrom(id: number | undefined, said: string | undefined): Uid {
  if (said !== undefined) return said.replace(/-\d+$/, '') as Uid;
  return id === undefined ? newUid() : (`id${id}` as Uid);
}

/** Texts of the wire for objects; with an identity they are those of an update. */
export function toWire(
  objects: readonly { readonly record: ObjectRecord; readonly identity?: Identity | undefined }[],
): LabeledData {
  const data = { version: 0, tags: [] as LabeledTag[], shapes: [] as LabeledShape[], tracks: [] as LabeledTrack[] };
  for (const { record, identity } of objects) {
    const said = identity ?? {};
    switch (record.kind) {
      case 'tag':
        data.tags.push({ ...said, frame: record.frame, ...headOf(record) });
        break;
      case 'shape':
        data.shapes.push({ ...said, ...shapeOf(record) });
        break;
      case 'track':
        data.tracks.push({ ...said, ...trackOf(record) });
        break;
    }
  }
  return data;
}

function recordOf(object: LabeledTag | LabeledShape | LabeledTrack, uid: Uid): ObjectRecord {
  const { locked, hidden, pinned } = NEW_OBJECT;
  const { label_id: label, group, source, attributes } = object;
  const body = { uid, label, group, source, attributes, locked, hidden, pinned };
  if ('shapes' in object)
    return { kind: 'track', ...body, keyframes: object.shapes.map(keyframeOf), elements: object.elements };
  if ('type' in object)
    return {
      kind: 'shape',
      ...body,
      frame: toFrame(object.frame),
      geometry: object.type === 'skeleton' ? skeletonOf(object.elements) : geometryOf(object),
      occluded: object.occluded,
      z: object.z_order,
      ...(object.score === undefined ? {} : { score: object.score }),
      elements: object.elements,
    };
  return { kind: 'tag', ...body, frame: toFrame(object.frame) };
}

/** A keyframe of the wire. */
export function keyframeOf(shape: TrackedShape & Said): Keyframe {
  return {
    frame: toFrame(shape.frame),
    geometry: geometryOf(shape),
    outside: shape.outside,
    occluded: shape.occluded,
    z: shape.z_order,
    attributes: shape.attributes,
    origin: originOf(shape.origin),
    ...(shape.presence === undefined ? {} : { presence: shape.presence }),
    ...(shape.predicted_iou === undefined ? {} : { predictedIou: shape.predicted_iou }),
  };
}

function originOf(origin: string | undefined): Origin {
  return origin === 'tracker' || origin === 'import' ? origin : 'person';
}

function headOf({ label, group, source, attributes }: ObjectRecord) {
  return { label_id: label, group, source, attributes };
}

function shapeOf(record: ShapeRecord): LabeledShape {
  const { frame, geometry, occluded, z, score, elements } = record;
  return {
    ...headOf(record),
    frame,
    ...wireGeometry(geometry),
    occluded,
    outside: false,
    z_order: z,
    ...(score === undefined ? {} : { score }),
    elements,
  };
}

function trackOf(record: TrackRecord): LabeledTrack {
  return {
    ...headOf(record),
    frame: record.keyframes[0]!.frame,
    shapes: record.keyframes.map(wireKeyframe),
    elements: record.elements,
  };
}

const texts = new WeakMap<Keyframe, TrackedShape>();

/** A keyframe as the wire has it; the same value for the same keyframe. */
export function wireKeyframe(keyframe: Keyframe): TrackedShape {
  let shape = texts.get(keyframe);
  if (!shape) {
    const { frame, geometry, outside, occluded, z, attributes, presence, predictedIou } = keyframe;
    shape = {
      frame,
      ...wireGeometry(geometry),
      outside,
      occluded,
      z_order: z,
      attributes,
      ...(presence === undefined ? {} : { presence }),
      ...(predictedIou === undefined ? {} : { predicted_iou: predictedIou }),
    };
    texts.set(keyframe, shape);
  }
  return shape;
}

/** Geometry of a shape of the wire. A skeleton has none of its own: `skeletonOf` reads its elements. */
export function geometryOf({ type, points, rotation }: Pick<TrackedShape, 'type' | 'points' | 'rotation'>): Geometry {
  switch (type) {
    case 'rectangle': {
      const [left = 0, top = 0, right = 0, bottom = 0] = points;
      return { kind: 'rectangle', left, top, right, bottom, rotation };
    }
    case 'ellipse': {
      const [cx = 0, cy = 0, right = 0, top = 0] = points;
      return { kind: 'ellipse', cx, cy, right, top, rotation };
    }
    case 'mask': {
      const [left = 0, top = 0, right = 0, bottom = 0] = points.slice(-4);
      return { kind: 'mask', runs: points.slice(0, -4), left, top, right, bottom };
    }
    case 'skeleton':
      return { kind: 'skeleton', joints: [] };
    case 'polygon':
    case 'polyline':
    case 'points':
    case 'cuboid':
      return { kind: type, points };
  }
}

/** `type`, `points` and `rotation` of the wire. */
export function wireGeometry(geometry: Geometry): Pick<TrackedShape, 'type' | 'points' | 'rotation'> {
  switch (geometry.kind) {
    case 'rectangle': {
      const { left, top, right, bottom, rotation } = geometry;
      return { type: 'rectangle', points: [left, top, right, bottom], rotation };
    }
    case 'ellipse': {
      const { cx, cy, right, top, rotation } = geometry;
      return { type: 'ellipse', points: [cx, cy, right, top], rotation };
    }
    case 'mask': {
      const { runs, left, top, right, bottom } = geometry;
      return { type: 'mask', points: [...runs, left, top, right, bottom], rotation: 0 };
    }
    case 'skeleton':
      return { type: 'skeleton', points: [], rotation: 0 };
    case 'polygon':
    case 'polyline':
    case 'points':
    case 'cuboid':
      return { type: geometry.kind, points: geometry.points, rotation: 0 };
  }
}

/** A skeleton from its parts on one frame. */
export function skeletonOf(
  elements: readonly Pick<LabeledShape, 'label_id' | 'points' | 'occluded' | 'outside'>[],
): Geometry {
  const joints = elements.map(
    ({ label_id, points, occluded, outside }): Joint => ({
      label: label_id,
      x: points[0] ?? 0,
      y: points[1] ?? 0,
      occluded,
      outside,
    }),
  );
  return { kind: 'skeleton', joints };
}

/** Whether two objects are the same for the server, whatever this page notes beside them. */
export function isSameForServer(a: ObjectRecord, b: ObjectRecord): boolean {
  if (a === b) return true;
  const [one, other] = [a, b].map((record) => toWire([{ record }]));
  return JSON.stringify(one) === JSON.stringify(other);
}
