import fc from 'fast-check';
import { attributeEdits, editsOnFrame, geometryEdits, keyframeEdits, objectEdits } from '../document/changes.ts';
import type { Edit } from '../document/edit.ts';
import {
  type Geometry,
  type JobDocument,
  type Keyframe,
  NEW_OBJECT,
  newUid,
  type ObjectRecord,
  type ShapeRecord,
  type TrackRecord,
  toFrame,
} from '../document/records.ts';

export const LAST_FRAME = 30;

const coordinate = fc.integer({ min: 0, max: 9_000 }).map((value) => value / 100);
const pairs = (least: number) =>
  fc.array(fc.tuple(coordinate, coordinate), { minLength: least, maxLength: 8 }).map((points) => points.flat());
const frame = fc.integer({ min: 0, max: LAST_FRAME }).map(toFrame);

const geometryOfKind: Record<'rectangle' | 'polygon' | 'points' | 'mask' | 'ellipse', fc.Arbitrary<Geometry>> = {
  rectangle: fc
    .tuple(coordinate, coordinate, fc.integer({ min: 0, max: 359 }))
    .map(([x, y, rotation]) => ({ kind: 'rectangle', left: x, top: y, right: x + 7.5, bottom: y + 3, rotation })),
  ellipse: fc
    .tuple(coordinate, coordinate)
    .map(([cx, cy]) => ({ kind: 'ellipse', cx, cy, right: cx + 0.1, top: cy - 0.3, rotation: 0 })),
  polygon: pairs(3).map((points) => ({ kind: 'polygon', points })),
  points: pairs(1).map((points) => ({ kind: 'points', points })),
  mask: fc.tuple(fc.nat(20), fc.nat(20), fc.integer({ min: 1, max: 5 })).map(([left, top, run]) => ({
    kind: 'mask',
    runs: [0, run * 2],
    left,
    top,
    right: left + 1,
    bottom: top + run - 1,
  })),
};
const kindOf = fc.constantFrom(...(Object.keys(geometryOfKind) as (keyof typeof geometryOfKind)[]));
const geometry = kindOf.chain((kind) => geometryOfKind[kind]);

const shape: fc.Arbitrary<ShapeRecord> = fc
  .tuple(geometry, frame, fc.integer({ min: 1, max: 3 }), fc.nat(4))
  .map(([drawn, at, label, z]) => ({
    ...NEW_OBJECT,
    uid: newUid(),
    kind: 'shape',
    label,
    frame: at,
    geometry: drawn,
    occluded: false,
    z,
    elements: [],
  }));

const track: fc.Arbitrary<TrackRecord> = kindOf.chain((kind) =>
  fc
    .tuple(
      fc.uniqueArray(fc.tuple(frame, geometryOfKind[kind], fc.boolean()), {
        minLength: 1,
        maxLength: 6,
        selector: ([at]) => at,
      }),
      fc.integer({ min: 1, max: 3 }),
    )
    .map(([keys, label]) => ({
      ...NEW_OBJECT,
      uid: newUid(),
      kind: 'track',
      label,
      keyframes: keys
        .toSorted(([a], [b]) => a - b)
        .map(([at, drawn, outside], i): Keyframe => {
          const isTracked = i > 0 && i % 2 === 0;
          return {
            frame: at,
            geometry: drawn,
            outside: i > 0 && outside,
            occluded: false,
            z: 0,
            attributes: [],
            origin: isTracked ? 'tracker' : 'person',
            ...(isTracked ? { presence: 3.5, predictedIou: 0.75 } : {}),
          };
        }),
      elements: [],
    })),
);

export const object: fc.Arbitrary<ObjectRecord> = fc.oneof(shape, track);
export const objects = fc.array(object, { maxLength: 6 });

export function documentOf(records: readonly ObjectRecord[]): JobDocument {
  return { objects: new Map(records.map((record) => [record.uid, record])), deletedFrames: new Set() };
}

export function kindIn(record: ObjectRecord): Geometry['kind'] | undefined {
  if (record.kind === 'tag') return undefined;
  return record.kind === 'shape' ? record.geometry.kind : record.keyframes[0]!.geometry.kind;
}

/** Something that a person does, of whatever document there is then. */
export type Deed = { readonly name: string; readonly edits: (document: JobDocument) => readonly Edit[] };

const ofOne = (name: string, edits: (record: ObjectRecord) => readonly Edit[], place: number): Deed => ({
  name,
  edits: ({ objects: all }) => {
    const record = [...all.values()][place % Math.max(1, all.size)];
    return record ? edits(record) : [];
  },
});

export const deed: fc.Arbitrary<Deed> = fc.oneof(
  object.map(
    (made): Deed => ({ name: 'Created object', edits: () => [{ kind: 'add', object: { ...made, uid: newUid() } }] }),
  ),
  fc.nat(9).map((place) => ofOne('Removed object', (each) => [{ kind: 'remove', object: each }], place)),
  fc
    .tuple(fc.nat(9), frame, geometry)
    .map(([place, at, drawn]) =>
      ofOne('Changed points', (each) => (kindIn(each) === drawn.kind ? geometryEdits(each, at, drawn) : []), place),
    ),
  fc
    .tuple(fc.nat(9), frame, fc.boolean())
    .map(([place, at, outside]) => ofOne('Changed outside', (each) => editsOnFrame(each, at, { outside }), place)),
  fc
    .tuple(fc.nat(9), frame, fc.boolean())
    .map(([place, at, is]) =>
      ofOne('Changed keyframe', (each) => (each.kind === 'track' ? keyframeEdits(each, at, is) : []), place),
    ),
  fc
    .tuple(fc.nat(9), fc.integer({ min: 1, max: 3 }))
    .map(([place, label]) => ofOne('Changed label', (each) => objectEdits(each, { label }), place)),
  fc.nat(9).map((place) => ofOne('Changed hidden', (each) => objectEdits(each, { hidden: !each.hidden }), place)),
  fc
    .tuple(fc.nat(9), frame, fc.boolean())
    .map(([place, at, mutable]) =>
      ofOne('Changed attributes', (each) => attributeEdits(each, at, { spec_id: 7, value: 'x' }, mutable), place),
    ),
  frame.map(
    (at): Deed => ({
      name: 'Removed frame',
      edits: ({ deletedFrames }) => [
        { kind: 'set-deleted', frame: at, before: deletedFrames.has(at), after: !deletedFrames.has(at) },
      ],
    }),
  ),
);
