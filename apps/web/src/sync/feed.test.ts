import { expect, test } from 'vitest';
import { NEW_OBJECT, newUid, type ShapeRecord, toFrame } from '../document/records.ts';
import { applyEvents } from './feed.ts';

const shape: ShapeRecord = {
  ...NEW_OBJECT,
  kind: 'shape',
  uid: newUid(),
  label: 1,
  frame: toFrame(0),
  geometry: { kind: 'polygon', points: [0, 0, 9, 0, 9, 9] },
  occluded: false,
  z: 0,
  elements: [],
};

function deleted(id: number, identity: { id: number; revision: number }) {
  const event = { id, kind: 'shape', action: 'delete', revision: null, frames: [], by: null, origin: null, run: null };
  return applyEvents(
    [event as never],
    [],
    () => shape.uid,
    () => ({ record: shape, identity }),
  ).changes;
}

test('an object that is gone on the server is gone here', () => {
  expect(deleted(4, { id: 4, revision: 1 })).toEqual([{ uid: shape.uid, record: undefined }]);
});

test('a shape that a run made a track of stays, when the end of the shape is heard after the track', () => {
  expect(deleted(4, { id: 9, revision: 1 })).toEqual([]);
});

test('a shape that comes back when its track is taken back is heard, though the track had more revisions', () => {
  const head = { by: null, origin: null, run: null, frames: [], kind: 'shape' };
  const objects = [
    { ...head, id: 9, kind: 'track', action: 'delete', revision: null },
    { ...head, id: 4, action: 'create', revision: 3 },
  ];
  const wire = {
    id: 4,
    frame: 0,
    label_id: 1,
    group: 0,
    source: 'manual',
    type: 'polygon',
    occluded: false,
    outside: false,
  };
  const object = { ...wire, z_order: 0, rotation: 0, points: [0, 0, 9, 0, 9, 9], attributes: [], elements: [] };
  const { changes } = applyEvents(
    objects as never,
    [{ id: 4, revision: 3, whole: true, object, keyframes: [] }],
    () => shape.uid,
    () => ({ record: shape, identity: { id: 9, revision: 7 } }),
  );
  expect(changes).toEqual([
    { uid: shape.uid, record: undefined },
    { uid: shape.uid, record: shape, identity: { id: 4, revision: 3 } },
  ]);
});
