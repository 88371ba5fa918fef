import type { Desk, Notice } from '../commands/desk.ts';
import {
  type Keyframe,
  NEW_OBJECT,
  newUid,
  type ObjectRecord,
  type Origin,
  type ShapeRecord,
  type TrackRecord,
  toFrame,
} from '../document/records.ts';
import { createDocumentStore } from '../document/store.ts';
import { Labels, Numbers } from '../view/labels.ts';
import { createSettings } from '../view/settings.ts';
import { createView } from '../view/view.ts';

/** A desk of a job of 100 frames with these objects, without a page or a server. */
export function testDesk(
  objects: readonly ObjectRecord[] = [],
): Desk & { notices: Notice[]; readOnlyBecause: (why: string) => void } {
  const store = createDocumentStore();
  store.load(objects.map((record, i) => ({ uid: record.uid, record, identity: { id: i + 1 } })));
  const view = createView(toFrame(0), 1);
  const notices: Notice[] = [];
  let reason: string | undefined;
  return {
    store,
    view,
    settings: createSettings(undefined),
    labels: new Labels([
      { id: 1, name: 'person', color: '#ff0000', type: 'any', attributes: [] },
      { id: 2, name: 'car', color: '#00ff00', type: 'any', attributes: [] },
    ]),
    numbers: new Numbers(),
    first: toFrame(0),
    last: toFrame(99),
    size: { width: 100, height: 50 },
    readOnly: () => reason,
    notify: (notice) => notices.push(notice),
    goTo: (frame) => view.setState({ frame }),
    notices,
    readOnlyBecause: (why) => {
      reason = why;
    },
  };
}

export function testShape(fields: Partial<ShapeRecord> = {}): ShapeRecord {
  return {
    ...NEW_OBJECT,
    kind: 'shape',
    uid: newUid(),
    label: 1,
    frame: toFrame(0),
    geometry: { kind: 'polygon', points: [0, 0, 9, 0, 9, 9] },
    occluded: false,
    z: 0,
    elements: [],
    ...fields,
  };
}

export function testTrack(
  ...keys: readonly (readonly [frame: number, origin: Origin, outside?: boolean])[]
): TrackRecord {
  const keyframes = keys.map(
    ([frame, origin, outside = false]): Keyframe => ({
      frame: toFrame(frame),
      geometry: { kind: 'polygon', points: [0, 0, 9, 0, 9, 9] },
      outside,
      occluded: false,
      z: 0,
      attributes: [],
      origin,
    }),
  );
  return { ...NEW_OBJECT, kind: 'track', uid: newUid(), label: 1, elements: [], keyframes };
}
