import { describe, expect, it } from 'vitest';
import type { Run } from '../api/types.ts';
import {
  type Keyframe,
  NEW_OBJECT,
  newUid,
  type Origin,
  type ShapeRecord,
  type TrackRecord,
  toFrame,
} from '../document/records.ts';
import { objectsOn } from '../document/visible.ts';
import { documentOf } from '../testing/arbitrary.ts';
import { problemOf, proposedTarget, stopsBefore, type Wish } from './plan.ts';
import { createMeter } from './progress.ts';
import { type Asked, barrierOf, candidates } from './suitable.ts';

const track = (...keys: readonly (readonly [number, Origin])[]): TrackRecord => ({
  ...NEW_OBJECT,
  kind: 'track',
  uid: newUid(),
  label: 1,
  elements: [],
  keyframes: keys.map(
    ([frame, origin]): Keyframe => ({
      frame: toFrame(frame),
      geometry: { kind: 'polygon', points: [0, 0, 9, 0, 9, 9] },
      outside: false,
      occluded: false,
      z: 0,
      attributes: [],
      origin,
    }),
  ),
});
const shape = (fields: Partial<ShapeRecord> = {}): ShapeRecord => ({
  ...NEW_OBJECT,
  kind: 'shape',
  uid: newUid(),
  label: 1,
  frame: toFrame(10),
  geometry: { kind: 'polygon', points: [0, 0, 9, 0, 9, 9] },
  occluded: false,
  z: 0,
  elements: [],
  ...fields,
});
const frames = { first: toFrame(0), last: toFrame(89), deleted: new Set([toFrame(40)]) };

describe('the target that is proposed', () => {
  it.each([
    ['50 frames on', 10, [], undefined, 60],
    ['the distance of the last time', 10, [], 20, 30],
    ['backward like the last time', 50, [], -20, 30],
    ['to the end of the job', 80, [], undefined, 89],
    ['backward from the last frame, where there is no other way', 89, [], undefined, 39],
    [
      'to the frame before the next one of a person',
      10,
      [track([10, 'person'], [20, 'tracker'], [31, 'person'])],
      undefined,
      30,
    ],
    [
      'before the nearest of several',
      10,
      [track([10, 'person'], [31, 'person']), track([10, 'person'], [25, 'import'])],
      undefined,
      24,
    ],
    ['past one that stands directly behind the start', 10, [track([10, 'person'], [11, 'person'])], undefined, 60],
  ] as const)('%s', (_name, start, records, distance, target) => {
    expect(proposedTarget(toFrame(start), frames, records, distance)).toBe(target);
  });

  it('a tracked keyframe is no barrier, an import is one; backward the nearest below counts', () => {
    const object = track([0, 'person'], [5, 'import'], [9, 'tracker'], [20, 'tracker'], [30, 'person']);
    expect([barrierOf(object, toFrame(9), false), barrierOf(object, toFrame(9), true)]).toEqual([30, 5]);
    expect(stopsBefore([object], toFrame(9), 40)).toMatchObject([{ frame: 30 }]);
    expect(stopsBefore([object], toFrame(9), 29)).toEqual([]);
    expect(stopsBefore([object], toFrame(9), 2)).toMatchObject([{ frame: 5 }]);
  });
});

describe('what is followed', () => {
  const [plain, locked, hidden, circle] = [
    shape(),
    shape({ locked: true }),
    shape({ hidden: true }),
    shape({ geometry: { kind: 'points', points: [1, 2] } }),
  ];
  const busy = shape();
  const document = documentOf([plain, locked, hidden, circle, busy]);
  const run = { state: 'running', objects: [{ object: 7 }] } as unknown as Run;
  const asked = (fields: Partial<Asked> = {}): Asked => ({
    shown: objectsOn(document, toFrame(10)),
    selection: [],
    kinds: ['polygon', 'mask', 'rectangle'],
    runs: [run],
    idOf: (uid) => (uid === busy.uid ? 7 : 1),
    isHidden: (record) => record.hidden,
    recordOf: (uid) => document.objects.get(uid),
    ...fields,
  });

  it('all on the frame, with a reason for each that is left out', () => {
    expect(candidates(asked()).map(({ reason }) => reason)).toEqual([
      undefined,
      'locked',
      'hidden',
      'kind',
      'followed',
    ]);
  });

  it('a selected one is meant though it is locked or hidden', () => {
    const chosen = candidates(asked({ selection: [locked.uid, hidden.uid] }));
    expect(chosen.map(({ reason }) => reason)).toEqual([undefined, undefined]);
  });

  it('a selected one that is not on the frame is named with that reason', () => {
    const far = shape({ frame: toFrame(3) });
    const chosen = candidates(asked({ selection: [far.uid], recordOf: () => far }));
    expect(chosen).toMatchObject([{ reason: 'not-here' }]);
  });

  it.each([
    ['no action', { function: undefined }, 'no-action'],
    ['the start as target', { target: 10 }, 'same-frame'],
    ['a target outside of the job', { target: 90 }, 'outside-job'],
    ['a deleted start', { start: toFrame(40) }, 'start-deleted'],
    ['nothing suitable', { candidates: candidates(asked({ selection: [circle.uid] })) }, 'nothing-suitable'],
    ['a job that may only be read', { readOnly: 'The job is done.' }, 'read-only'],
    ['too many', { candidates: Array.from({ length: 257 }, () => candidates(asked())[0]!) }, 'too-many'],
    ['a save that failed', { saveProblem: 'The server cannot be reached.' }, 'not-saved'],
    ['nothing', {}, undefined],
  ] as const)('with %s it says so', (_name, fields, kind) => {
    const wish: Wish = {
      function: 1,
      start: toFrame(10),
      target: 20,
      candidates: candidates(asked()),
      frames,
      readOnly: undefined,
      saveProblem: undefined,
      ...fields,
    };
    expect(problemOf(wish)?.kind).toBe(kind);
  });
});

it('the meter tells rate, time left, and silence by the median of the last intervals', () => {
  const meter = createMeter();
  const run = (frames_done: number) => ({ id: 'r', frames_done, frames_total: 120, state: 'running' as const });
  for (const [i, at] of [0, 500, 1_000, 6_000, 6_500].entries()) meter.note(run(i), at);
  expect(meter.progress(run(4), 6_600)).toEqual({
    share: 4 / 120,
    framesPerSecond: 2,
    secondsLeft: 58,
    silentSeconds: undefined,
  });
  expect(meter.progress(run(4), 46_500).silentSeconds).toBe(40);
});
