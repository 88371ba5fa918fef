import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deed, documentOf, object, objects } from '../testing/arbitrary.ts';
import { geometryEdits, keyframeEdits } from './changes.ts';
import { applyEdits, invertEdits } from './edit.ts';
import { type Keyframe, NEW_OBJECT, newUid, type ObjectRecord, type TrackRecord, toFrame } from './records.ts';
import { type Confirmed, createDocumentStore } from './store.ts';

const frame = toFrame(0);
const loaded = (records: readonly ObjectRecord[]) => {
  const store = createDocumentStore();
  store.load(records.map((record): Confirmed => ({ uid: record.uid, record, identity: undefined })));
  return store;
};

test('laws: an edit and its inverse leave what there was', () => {
  fc.assert(
    fc.property(objects, deed, (records, { edits }) => {
      const before = documentOf(records);
      const made = edits(before);
      expect(applyEdits(applyEdits(before, made), invertEdits(made))).toEqual(before);
    }),
  );
});

test('laws: undoing everything gives the start, redoing everything the end, at any place between', () => {
  fc.assert(
    fc.property(objects, fc.array(deed, { maxLength: 25 }), fc.nat(25), (records, deeds, back) => {
      const store = loaded(records);
      const seen = [store.state.document];
      for (const { name, edits } of deeds) {
        const made = edits(store.state.document);
        if (made.length === 0) continue;
        store.commit({ name, frame, edits: made });
        seen.push(store.state.document);
      }
      const steps = seen.length - 1;
      for (let at = steps; at > 0; at--) {
        expect(store.undo().kind).toBe('done');
        expect(store.state.document).toEqual(seen[at - 1]);
      }
      expect(store.undo().kind).toBe('nothing');
      for (let at = 1; at <= steps; at++) {
        expect(store.redo().kind).toBe('done');
        expect(store.state.document).toEqual(seen[at]);
      }
      expect(store.redo().kind).toBe('nothing');
      for (let i = 0; i < Math.min(back, steps); i++) store.undo();
      expect(store.state.document).toEqual(seen[steps - Math.min(back, steps)]);
    }),
  );
});

test('laws: what is shown is what the server has with the pending steps on it, whenever the server has them', () => {
  fc.assert(
    fc.property(objects, fc.array(deed, { maxLength: 12 }), fc.nat(12), object, (records, deeds, sent, theirs) => {
      const store = loaded(records);
      for (const { name, edits } of deeds) store.commit({ name, frame, edits: edits(store.state.document) });
      const whole = store.state.document;
      // Others add an object meanwhile, and the server acknowledges the first steps.
      const mine = store.state.pending.slice(0, sent);
      const acknowledged = mine.reduce((doc, step) => applyEdits(doc, step.edits), store.state.confirmed);
      store.receive([{ uid: theirs.uid, record: theirs, identity: { id: 900, revision: 1 } }]);
      const changed = [...new Set([...store.state.confirmed.objects.keys(), ...acknowledged.objects.keys()])]
        .filter((uid) => uid !== theirs.uid)
        .map((uid): Confirmed => {
          const record = acknowledged.objects.get(uid);
          return record ? { uid, record, identity: undefined } : { uid, record: undefined };
        });
      store.confirm(mine.at(-1)?.seq ?? 0, changed);
      const shown = new Map(store.state.document.objects);
      expect(shown.get(theirs.uid)).toEqual(theirs);
      shown.delete(theirs.uid);
      expect(shown).toEqual(whole.objects);
      expect(store.state.pending).toHaveLength(
        store.state.pending.filter(({ seq }) => seq > (mine.at(-1)?.seq ?? 0)).length,
      );
    }),
  );
});

const track = (...frames: readonly number[]): TrackRecord => ({
  ...NEW_OBJECT,
  kind: 'track',
  uid: newUid(),
  label: 1,
  elements: [],
  keyframes: frames.map(
    (at): Keyframe => ({
      frame: toFrame(at),
      geometry: { kind: 'points', points: [at, at] },
      outside: false,
      occluded: false,
      z: 0,
      attributes: [],
      origin: 'person',
    }),
  ),
});

test('a step is not taken back over what somebody else changed of the same keyframe, unless it is forced', () => {
  const mine = track(0, 10);
  const store = loaded([mine]);
  store.commit({
    name: 'Changed points',
    frame: toFrame(10),
    edits: geometryEdits(mine, toFrame(10), { kind: 'points', points: [1, 1] }),
  });
  const changed = store.state.document.objects.get(mine.uid) as TrackRecord;
  store.confirm(1, [{ uid: mine.uid, record: changed, identity: { id: 1, revision: 2 } }]);
  const theirs = track(0, 10);
  store.receive([{ uid: mine.uid, record: { ...theirs, uid: mine.uid }, identity: { id: 1, revision: 3 } }]);
  expect(store.undo()).toMatchObject({ kind: 'blocked', uids: [mine.uid], step: { name: 'Changed points' } });
  expect(store.state.history.done).toHaveLength(1);
  expect(store.undo(true).kind).toBe('done');
  expect(store.state.document.objects.get(mine.uid)).toEqual({ ...theirs, uid: mine.uid });
});

test('another keyframe that a run wrote does not stand in the way of undo', () => {
  const mine = track(0, 10);
  const store = loaded([mine]);
  store.commit({
    name: 'Changed points',
    frame: toFrame(10),
    edits: geometryEdits(mine, toFrame(10), { kind: 'points', points: [1, 1] }),
  });
  const now = store.state.document.objects.get(mine.uid) as TrackRecord;
  const tracked: Keyframe = { ...now.keyframes[0]!, frame: toFrame(20), origin: 'tracker', presence: 4 };
  store.confirm(1, [
    { uid: mine.uid, record: { ...now, keyframes: [...now.keyframes, tracked] }, identity: { id: 1 } },
  ]);
  expect(store.undo().kind).toBe('done');
  const undone = store.state.document.objects.get(mine.uid) as TrackRecord;
  expect(undone.keyframes.map(({ frame: at, geometry }) => [at, geometry])).toEqual([
    [0, { kind: 'points', points: [0, 0] }],
    [10, { kind: 'points', points: [10, 10] }],
    [20, { kind: 'points', points: [0, 0] }],
  ]);
});

test('an object that was removed and brought back has what others changed of it meanwhile', () => {
  const mine = track(0, 10);
  const store = loaded([mine]);
  store.commit({ name: 'Removed objects', frame, edits: [{ kind: 'remove', object: mine }] });
  const theirs: TrackRecord = { ...mine, keyframes: [...mine.keyframes, ...track(30).keyframes] };
  const hear = () => store.receive([{ uid: mine.uid, record: theirs, identity: { id: 1, revision: 2 } }]);
  hear();
  expect(store.state.document.objects.size).toBe(0);
  expect(store.undo().kind).toBe('done');
  expect(store.state.document.objects.get(mine.uid)).toEqual(theirs);
  // The same when it is heard after it was brought back.
  const other = loaded([mine]);
  other.commit({ name: 'Removed objects', frame, edits: [{ kind: 'remove', object: mine }] });
  other.undo();
  other.receive([{ uid: mine.uid, record: theirs, identity: { id: 1, revision: 2 } }]);
  expect(other.state.document.objects.get(mine.uid)).toEqual(theirs);
});

test('an object whose making was not acknowledged, but is on the server, keeps what others changed of it', () => {
  const mine = track(0);
  const store = loaded([]);
  store.commit({ name: 'Created objects', frame, edits: [{ kind: 'add', object: mine }] });
  const moved = geometryEdits(mine, toFrame(5), { kind: 'points', points: [7, 7] });
  store.commit({ name: 'Changed points', frame: toFrame(5), edits: moved });
  const there: TrackRecord = { ...mine, keyframes: [...mine.keyframes, ...track(30).keyframes] };
  store.receive([{ uid: mine.uid, record: there, identity: { id: 1, revision: 2 } }]);
  const shown = store.state.document.objects.get(mine.uid) as TrackRecord;
  expect(shown.keyframes.map((each) => each.frame)).toEqual([0, 5, 30]);
});

test('the only keyframe of a track stays', () => {
  const one = track(4);
  expect(keyframeEdits(one, toFrame(4), false)).toEqual([]);
  expect(
    applyEdits(documentOf([one]), [
      { kind: 'set-keyframe', uid: one.uid, frame: toFrame(4), before: one.keyframes[0], after: undefined },
    ]),
  ).toEqual(documentOf([one]));
});
