import type { Run } from '../api/types.ts';
import type { FrameNumber, ObjectRecord, Uid } from '../document/records.ts';
import type { ObjectOnFrame } from '../document/visible.ts';

/** Why an object is left out of a run. */
export type LeftOut = 'kind' | 'locked' | 'hidden' | 'outside' | 'followed' | 'not-here';

export type Candidate = {
  readonly uid: Uid;
  readonly record: ObjectRecord;
  readonly kind: string;
  /** Undefined: it can be followed. */
  readonly reason: LeftOut | undefined;
};

export type Asked = {
  /** What is on the start frame. */
  readonly shown: readonly ObjectOnFrame[];
  /** Objects that were chosen; empty: all on the frame. */
  readonly selection: readonly Uid[];
  /** Kinds of shape that the function follows. */
  readonly kinds: readonly string[];
  readonly runs: readonly Run[];
  /** Ids of the server, for runs name objects by them. */
  readonly idOf: (uid: Uid) => number | undefined;
  /** Whether the person hides it, by itself or with its label. */
  readonly isHidden: (record: ObjectRecord) => boolean;
  /** A selected object that is not on the frame has a record all the same. */
  readonly recordOf: (uid: Uid) => ObjectRecord | undefined;
};

/** The objects that a run would be about, each with the reason for which it is left out. */
export function candidates({ shown, selection, kinds, runs, idOf, isHidden, recordOf }: Asked): readonly Candidate[] {
  const followed = new Set(
    runs.filter(isUnderWay).flatMap(({ objects }) => objects.flatMap(({ object }) => object ?? [])),
  );
  const onFrame = new Map(shown.map((each) => [each.uid, each]));
  const uids = selection.length > 0 ? selection : shown.map(({ uid }) => uid);
  return uids.flatMap((uid): readonly Candidate[] => {
    const here = onFrame.get(uid);
    const record = here?.record ?? recordOf(uid);
    if (!record) return [];
    const kind = here?.geometry.kind ?? kindOf(record);
    const id = idOf(uid);
    const reason = ((): LeftOut | undefined => {
      if (!kinds.includes(kind)) return 'kind';
      if (!here) return 'not-here';
      if (here.outside) return 'outside';
      if (id !== undefined && followed.has(id)) return 'followed';
      // Whoever names an object means it; of all objects, those that are out of reach are not meant.
      if (selection.length > 0) return undefined;
      if (record.locked) return 'locked';
      if (isHidden(record)) return 'hidden';
      return undefined;
    })();
    return [{ uid, record, kind, reason }];
  });
}

export function isUnderWay({ state }: Pick<Run, 'state'>): boolean {
  return state === 'queued' || state === 'running';
}

/** First frame in the direction of the target that a person or an import wrote: a run stops before it. */
export function barrierOf(record: ObjectRecord, start: FrameNumber, isBackward: boolean): FrameNumber | undefined {
  if (record.kind !== 'track') return undefined;
  const fixed = record.keyframes.filter(({ origin }) => origin !== 'tracker').map(({ frame }) => frame);
  return isBackward ? fixed.findLast((frame) => frame < start) : fixed.find((frame) => frame > start);
}

/** The nearest barrier of several objects. */
export function nearestBarrier(
  records: readonly ObjectRecord[],
  start: FrameNumber,
  isBackward: boolean,
): FrameNumber | undefined {
  const all = records.flatMap((record) => barrierOf(record, start, isBackward) ?? []);
  if (all.length === 0) return undefined;
  return (isBackward ? Math.max(...all) : Math.min(...all)) as FrameNumber;
}

export function kindOf(record: ObjectRecord): string {
  if (record.kind === 'tag') return 'tag';
  return record.kind === 'shape' ? record.geometry.kind : record.keyframes[0]!.geometry.kind;
}
