// Lock, hide, pin, occluded, outside, keyframe: each is toggled for all chosen objects together. Where they differ, all get it.
import { editsOnFrame, keyframeEdits, objectEdits } from '../document/changes.ts';
import type { Uid } from '../document/records.ts';
import { keyframesAround, objectOn } from '../document/visible.ts';
import { t } from '../texts/en.ts';
import { commit, type Desk, recordsOf } from './desk.ts';

export type OwnFlag = 'locked' | 'hidden' | 'pinned';
const OWN_STEPS = { locked: t.steps.locked, hidden: t.steps.hidden, pinned: t.steps.pinned } as const;

export function toggleOwn(desk: Desk, uids: readonly Uid[], flag: OwnFlag): boolean {
  const records = recordsOf(desk, uids);
  const value = !records.every((record) => record[flag]);
  const changed = records.filter((record) => record[flag] !== value);
  return commit(
    desk,
    OWN_STEPS[flag],
    changed.flatMap((record) => objectEdits(record, { [flag]: value })),
  );
}

/** All objects of the frame in view, or none of them: locked or hidden. */
export function toggleAll(desk: Desk, flag: 'locked' | 'hidden'): boolean {
  const { frame } = desk.view.getState();
  return toggleOwn(
    desk,
    desk.store.visible(frame).map(({ uid }) => uid),
    flag,
  );
}

export function toggleOccluded(desk: Desk, uids: readonly Uid[]): boolean {
  return toggleOnFrame(desk, uids, 'occluded', t.steps.occluded);
}

export function toggleOutside(desk: Desk, uids: readonly Uid[]): boolean {
  return toggleOnFrame(desk, uids, 'outside', t.steps.outside);
}

function toggleOnFrame(desk: Desk, uids: readonly Uid[], flag: 'occluded' | 'outside', step: string): boolean {
  const { frame } = desk.view.getState();
  const open = recordsOf(desk, uids).filter((record) => record.kind !== 'tag' && !record.locked);
  const isSet = (record: (typeof open)[number]): boolean =>
    objectOn(record, frame)?.[flag] ??
    (flag === 'outside' && record.kind === 'track' && (keyframesAround(record, frame).at?.outside ?? false));
  const value = !open.every(isSet);
  return commit(
    desk,
    step,
    open
      .filter((record) => isSet(record) !== value)
      .flatMap((record) => editsOnFrame(record, frame, { [flag]: value })),
  );
}

export function toggleKeyframe(desk: Desk, uids: readonly Uid[]): boolean {
  const { frame } = desk.view.getState();
  const tracks = recordsOf(desk, uids).flatMap((record) => (record.kind === 'track' && !record.locked ? [record] : []));
  const isKeyframe = (track: (typeof tracks)[number]): boolean => keyframesAround(track, frame).at?.frame === frame;
  const value = !tracks.every(isKeyframe);
  return commit(
    desk,
    t.steps.keyframe,
    tracks.flatMap((track) => keyframeEdits(track, frame, value)),
  );
}

/** Locks or hides all objects of one label in the whole job. */
export function toggleLabel(desk: Desk, label: number, flag: 'locked' | 'hidden'): boolean {
  const uids = [...desk.store.state.document.objects.values()].filter((record) => record.label === label);
  return toggleOwn(
    desk,
    uids.map(({ uid }) => uid),
    flag,
  );
}
