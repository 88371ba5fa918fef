import { expect, test } from 'vitest';
import { toFrame } from '../document/records.ts';
import { testDesk, testShape, testTrack } from '../testing/desk.ts';
import { Clipboard } from './clipboard.ts';
import { findFrame } from './find-frame.ts';
import { toggleAll, toggleKeyframe, toggleOutside, toggleOwn } from './flags.ts';
import { undo } from './history.ts';
import { goHalfWay, goToKeyframe, nextStop } from './keyframes.ts';
import { moveToLayer, remove } from './objects.ts';
import { propagate } from './propagate.ts';

test('where objects differ, a flag is set for all of them; then it is taken from all, each in one step', () => {
  const [a, b] = [testShape({ locked: true }), testShape()];
  const desk = testDesk([a, b]);
  toggleOwn(desk, [a.uid, b.uid], 'locked');
  const locked = () => [...desk.store.state.document.objects.values()].map((record) => record.locked);
  expect(locked()).toEqual([true, true]);
  toggleAll(desk, 'locked');
  expect(locked()).toEqual([false, false]);
  undo(desk);
  undo(desk);
  expect(locked()).toEqual([true, false]);
});

test('nothing changes where nothing may be changed, and the reason is said', () => {
  const shape = testShape();
  const desk = testDesk([shape]);
  desk.readOnlyBecause('the job is completed');
  expect(remove(desk, [shape.uid])).toBe(false);
  expect(desk.store.state.document.objects.size).toBe(1);
  expect(desk.notices.at(-1)?.text).toBe('the job is completed');
});

test('a copy is pasted at the same place on another frame, selected, again and again', () => {
  const shape = testShape({ label: 2 });
  const desk = testDesk([shape]);
  const clipboard = new Clipboard();
  clipboard.copy(desk, [shape.uid]);
  desk.view.setState({ frame: toFrame(7) });
  clipboard.paste(desk);
  clipboard.paste(desk);
  const pasted = desk.store.visible(toFrame(7));
  expect(pasted).toHaveLength(2);
  expect(pasted[0]).toMatchObject({ geometry: shape.geometry, record: { label: 2, frame: 7, source: 'manual' } });
  expect(desk.view.getState().selection).toEqual([pasted[1]!.uid]);
});

test('propagating goes both ways and doubles nothing', () => {
  const shape = testShape({ frame: toFrame(5) });
  const desk = testDesk([shape, testShape({ frame: toFrame(7) })]);
  desk.view.setState({ frame: toFrame(5) });
  expect(propagate(desk, [shape.uid], toFrame(8))).toBe(2);
  expect(propagate(desk, [shape.uid], toFrame(3))).toBe(2);
  expect(propagate(desk, [shape.uid], toFrame(8))).toBe(0);
  expect([3, 4, 5, 6, 7, 8].map((frame) => desk.store.visible(toFrame(frame)).length)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('R and E stop at keyframes of a person and where the object comes and goes, not at tracked ones', () => {
  const track = testTrack(
    [0, 'person'],
    [1, 'tracker'],
    [2, 'tracker'],
    [3, 'person'],
    [4, 'tracker'],
    [5, 'tracker', true],
    [20, 'tracker'],
    [21, 'tracker'],
  );
  const stops: number[] = [];
  for (let at: number | undefined = 0; at !== undefined; ) {
    at = nextStop(track, toFrame(at), 1, 'person');
    if (at !== undefined) stops.push(at);
  }
  expect(stops).toEqual([3, 5, 20, 21]);
  expect(nextStop(track, toFrame(3), -1, 'person')).toBe(0);
  expect(nextStop(track, toFrame(0), 1, 'all')).toBe(1);
  const desk = testDesk([track]);
  desk.view.setState({ selection: [track.uid] });
  goToKeyframe(desk, 1, 'person');
  expect(desk.view.getState().frame).toBe(3);
  desk.view.setState({ frame: toFrame(1) });
  goHalfWay(desk);
  expect(desk.view.getState().frame).toBe(1);
});

test('a keyframe and outside are said on the frame in view', () => {
  const track = testTrack([0, 'person'], [10, 'person']);
  const desk = testDesk([track]);
  desk.view.setState({ frame: toFrame(5) });
  toggleKeyframe(desk, [track.uid]);
  toggleOutside(desk, [track.uid]);
  const now = desk.store.state.document.objects.get(track.uid);
  expect(now?.kind === 'track' && now.keyframes.map(({ frame, outside }) => [frame, outside])).toEqual([
    [0, false],
    [5, true],
    [10, false],
  ]);
  toggleOutside(desk, [track.uid]);
  toggleKeyframe(desk, [track.uid]);
  const then = desk.store.state.document.objects.get(track.uid);
  expect(then?.kind === 'track' && then.keyframes.map(({ frame }) => frame)).toEqual([0, 10]);
});

test('a removed track says how much went, and can end here instead', () => {
  const track = testTrack([0, 'person'], [1, 'tracker'], [2, 'tracker']);
  const desk = testDesk([track]);
  desk.view.setState({ frame: toFrame(4), selection: [track.uid] });
  remove(desk, [track.uid]);
  const notice = desk.notices.at(-1)!;
  expect(notice.text).toBe('person 1 removed from 100 frames (1 keyframe of a person).');
  notice.actions!.find(({ text }) => text === 'Only from here on')!.run();
  const now = desk.store.state.document.objects.get(track.uid);
  expect(now?.kind === 'track' && now.keyframes.at(-1)).toMatchObject({ frame: 4, outside: true });
});

test('a locked object is not removed without being asked for', () => {
  const shape = testShape({ locked: true });
  const desk = testDesk([shape]);
  remove(desk, [shape.uid]);
  expect(desk.store.state.document.objects.size).toBe(1);
  desk.notices.at(-1)!.actions![0]!.run();
  expect(desk.store.state.document.objects.size).toBe(0);
});

test('to the foreground is above everything on the frame', () => {
  const [a, b] = [testShape({ z: 3 }), testShape({ z: 7 })];
  const desk = testDesk([a, b]);
  moveToLayer(desk, [a.uid], 'foreground');
  expect(desk.store.visible(toFrame(0)).map(({ uid }) => uid)).toEqual([b.uid, a.uid]);
});

test('frames are found by what is on them', () => {
  const unsure = { ...testTrack([20, 'person'], [30, 'tracker'], [31, 'tracker', true]) };
  const keyframes = unsure.keyframes.map((keyframe) =>
    keyframe.frame === 30 ? { ...keyframe, predictedIou: 0.3 } : keyframe,
  );
  const desk = testDesk([testShape({ frame: toFrame(9), label: 2 }), { ...unsure, keyframes }]);
  expect(findFrame(desk, 'regular', 1)).toBe(1);
  expect(findFrame(desk, 'suspicious', 1)).toBe(30);
  desk.view.setState({ filter: 'car' });
  expect(findFrame(desk, 'filtered', 1)).toBe(9);
  desk.view.setState({ frame: toFrame(19) });
  expect(findFrame(desk, 'empty', 1)).toBe(31);
  expect(findFrame(desk, 'filtered', 1)).toBeUndefined();
});

test('undo on another frame goes there and says what it did', () => {
  const shape = testShape();
  const desk = testDesk([shape]);
  toggleOwn(desk, [shape.uid], 'locked');
  desk.view.setState({ frame: toFrame(30) });
  undo(desk);
  expect(desk.view.getState()).toMatchObject({ frame: 0, selection: [shape.uid] });
  expect(desk.notices.at(-1)?.text).toBe('Undone on frame 0: changed lock');
});
