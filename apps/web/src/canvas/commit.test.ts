import { beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../commands/desk.ts';
import {
  type Geometry,
  type Keyframe,
  NEW_OBJECT,
  type ObjectRecord,
  type TrackRecord,
  toFrame,
  type Uid,
} from '../document/records.ts';
import { createDocumentStore } from '../document/store.ts';
import { objectOn } from '../document/visible.ts';
import type { Change, StepName } from '../tools/change.ts';
import { Labels, Numbers } from '../view/labels.ts';
import { createSettings } from '../view/settings.ts';
import { createView } from '../view/view.ts';
import { commitTool } from './commit.ts';

const attribute = { name: 'a', values: [], input_type: 'text' } as const;
const labels = new Labels([
  {
    id: 1,
    name: 'car',
    color: '#ff0000',
    type: 'any',
    attributes: [
      { ...attribute, id: 10, mutable: false, default_value: 'blue' },
      { ...attribute, id: 11, mutable: true, default_value: 'moving' },
    ],
  },
  { id: 2, name: 'sign', color: '#00ff00', type: 'polygon', attributes: [] },
]);
const square: Geometry = { kind: 'polygon', points: [0, 0, 10, 0, 10, 10, 0, 10] };
const at = (x: number): Geometry => ({ kind: 'rectangle', left: x, top: 0, right: x + 10, bottom: 10, rotation: 0 });

let desk: Desk;
beforeEach(() => {
  const view = createView(toFrame(4), 1);
  desk = {
    store: createDocumentStore(),
    view,
    settings: createSettings(undefined),
    labels,
    numbers: new Numbers(),
    first: toFrame(0),
    last: toFrame(20),
    size: { width: 100, height: 100 },
    readOnly: () => undefined,
    notify: () => {},
    goTo: () => {},
  };
});

const make = (step: StepName, ...changes: Change[]) => commitTool(desk, { step, changes });
const objects = () => [...desk.store.state.document.objects.values()];
const selection = () => desk.view.getState().selection;
const options = (change: object) => desk.view.setState((view) => ({ options: { ...view.options, ...change } }));
function put(...records: ObjectRecord[]): void {
  desk.store.commit({ name: 'test', frame: toFrame(0), edits: records.map((object) => ({ kind: 'add', object })) });
}
const key = (frame: number, x: number, more: Partial<Keyframe> = {}): Keyframe => ({
  frame: toFrame(frame),
  geometry: at(x),
  outside: false,
  occluded: false,
  z: 0,
  attributes: [],
  origin: 'person',
  ...more,
});
const track = (uid: string, ...keyframes: Keyframe[]): TrackRecord => ({
  ...NEW_OBJECT,
  uid: uid as Uid,
  kind: 'track',
  label: 1,
  keyframes,
  elements: [],
});
const shape = (uid: string, frame: number, geometry: Geometry, more: Partial<ObjectRecord> = {}): ObjectRecord =>
  ({
    ...NEW_OBJECT,
    uid,
    kind: 'shape',
    label: 1,
    frame: toFrame(frame),
    geometry,
    occluded: false,
    z: 3,
    elements: [],
    ...more,
  }) as ObjectRecord;

describe('what a tool commits', () => {
  it('makes shapes and tracks of the chosen label, with the defaults of its attributes, above all others', () => {
    put(shape('low', 4, square));
    make('created', { kind: 'create', geometry: square });
    const [, made] = objects();
    expect(made).toMatchObject({ kind: 'shape', frame: 4, label: 1, z: 3, source: 'manual' });
    expect(made!.attributes).toEqual([
      { spec_id: 10, value: 'blue' },
      { spec_id: 11, value: 'moving' },
    ]);
    expect(selection()).toEqual([made!.uid]);
    options({ create: 'track' });
    make('created', { kind: 'create', geometry: square });
    const tracked = objects()[2] as TrackRecord;
    expect(tracked.attributes).toEqual([{ spec_id: 10, value: 'blue' }]);
    expect(tracked.keyframes).toMatchObject([{ frame: 4, origin: 'person', attributes: [{ spec_id: 11 }] }]);
  });

  it('takes a label that may have the shape when the chosen one may not', () => {
    options({ label: 2 });
    make('created', { kind: 'create', geometry: at(0) });
    expect(objects()[0]!.label).toBe(1);
  });

  it('writes a keyframe where a track is reshaped, and undoes it in one step', () => {
    put(track('t', key(0, 0), key(8, 80)));
    make('points', { kind: 'reshape', uid: 't' as Uid, geometry: at(5) });
    expect((objects()[0] as TrackRecord).keyframes.map(({ frame }) => frame)).toEqual([0, 4, 8]);
    desk.store.undo();
    expect((objects()[0] as TrackRecord).keyframes).toHaveLength(2);
  });

  it('joins nudges of the same objects into one step', () => {
    put(shape('s', 4, at(0)));
    const nudge = (x: number, joins: string) =>
      commitTool(desk, { step: 'points', joins, changes: [{ kind: 'reshape', uid: 's' as Uid, geometry: at(x) }] });
    nudge(1, 'nudge');
    nudge(2, 'nudge');
    nudge(3, 'nudge-points');
    desk.store.undo();
    expect(objects()[0]).toMatchObject({ geometry: at(2) });
    desk.store.undo();
    expect(objects()[0]).toMatchObject({ geometry: at(0) });
    desk.store.redo();
    expect(objects()[0]).toMatchObject({ geometry: at(2) });
  });

  it('gives both parts of a sliced object all that it had', () => {
    put(shape('s', 4, square, { group: 7, color: '#123456' }));
    make('sliced', { kind: 'divide', uid: 's' as Uid, parts: [at(0), at(20)] });
    expect(objects()).toMatchObject([
      { group: 7, color: '#123456', z: 3, geometry: at(0) },
      { group: 7, color: '#123456', z: 3, geometry: at(20) },
    ]);
    expect(selection()).toHaveLength(2);
    desk.store.undo();
    expect(objects().map(({ uid }) => uid)).toEqual(['s']);
  });

  it('numbers groups on, and takes objects out of them', () => {
    put(shape('a', 4, square, { group: 2 }), shape('b', 9, square), track('t', key(0, 0)));
    make('group', { kind: 'group', uids: ['b', 't'] as Uid[] });
    expect(objects().map(({ group }) => group)).toEqual([2, 3, 3]);
    make('ungroup', { kind: 'ungroup', uids: ['a', 't'] as Uid[] });
    expect(objects().map(({ group }) => group)).toEqual([0, 3, 0]);
  });

  it('changes nothing, and says why, where nothing may be changed', () => {
    desk = { ...desk, readOnly: () => 'closed' };
    expect(make('created', { kind: 'create', geometry: square })).toBe(false);
    expect(objects()).toEqual([]);
  });
});

describe('merging and splitting tracks', () => {
  it('merges shapes and tracks in the order of frames, and ends outside', () => {
    put(
      shape('late', 6, at(60)),
      shape('early', 2, at(20)),
      track('t', key(9, 90, { origin: 'tracker', presence: 3 })),
    );
    const members = (['late', 'early', 't'] as Uid[]).map((uid) => ({ uid, frame: toFrame(0), geometry: at(0) }));
    make('merged', { kind: 'merge', members, endsOutside: true });
    const [merged] = objects() as TrackRecord[];
    expect(objects()).toHaveLength(1);
    expect(merged!.keyframes.map(({ frame, outside, origin }) => [frame, outside, origin])).toEqual([
      [2, false, 'person'],
      [6, false, 'person'],
      [9, false, 'tracker'],
      [10, true, 'person'],
    ]);
    expect(merged!.keyframes[2]!.presence).toBe(3);
  });

  it("keeps the person's keyframe where two objects have one on the same frame", () => {
    put(track('a', key(3, 30)), track('b', key(3, 99, { origin: 'tracker' }), key(5, 50)));
    const members = (['a', 'b'] as Uid[]).map((uid) => ({ uid, frame: toFrame(3), geometry: at(0) }));
    make('merged', { kind: 'merge', members, endsOutside: false });
    expect((objects()[0] as TrackRecord).keyframes.map(({ frame, geometry }) => [frame, geometry])).toEqual([
      [3, at(30)],
      [5, at(50)],
    ]);
  });

  it('splits a track: the first part stays the same object and ends, the second begins as the track was there', () => {
    put(track('t', key(0, 0), key(8, 80, { origin: 'tracker', predictedIou: 0.9 })));
    make('split', { kind: 'split', uid: 't' as Uid, frame: toFrame(4) });
    const [first, second] = objects() as TrackRecord[];
    expect(first!.uid).toBe('t');
    expect(first!.keyframes.map(({ frame, outside }) => [frame, outside])).toEqual([
      [0, false],
      [4, true],
    ]);
    expect(second!.keyframes.map(({ frame, origin }) => [frame, origin])).toEqual([
      [4, 'person'],
      [8, 'tracker'],
    ]);
    expect(objectOn(second!, toFrame(4))!.geometry).toEqual(at(40));
    expect(objectOn(second!, toFrame(6))!.geometry).toEqual(at(60));
    expect(objectOn(first!, toFrame(2))!.geometry).toEqual(at(20));
    desk.store.undo();
    expect((objects() as TrackRecord[]).map(({ keyframes }) => keyframes.length)).toEqual([2]);
  });

  it('does not split at the first keyframe', () => {
    put(track('t', key(4, 0), key(8, 80)));
    expect(make('split', { kind: 'split', uid: 't' as Uid, frame: toFrame(4) })).toBe(false);
  });
});
