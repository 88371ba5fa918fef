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
