// Propagate: the same shape on the frames that follow, or come before.

import { isEqual } from '../document/equal.ts';
import {
  type FrameNumber,
  NEW_OBJECT,
  newUid,
  type ObjectRecord,
  type ShapeRecord,
  toFrame,
  type Uid,
} from '../document/records.ts';
import { objectOn } from '../document/visible.ts';
import { t } from '../texts/en.ts';
import { commit, type Desk, recordsOf } from './desk.ts';

/** Shapes that propagating to `to` would add; equal ones that are there already are not doubled. */
export function propagated(desk: Desk, uids: readonly Uid[], to: FrameNumber): readonly ShapeRecord[] {
  const { frame } = desk.view.getState();
  const step = to < frame ? -1 : 1;
  const sources = recordsOf(desk, uids).flatMap((record) => {
    const here = record.kind === 'shape' ? objectOn(record, frame) : undefined;
    return here ? [here] : [];
  });
  const there = shapesByFrame(desk);
  const made: ShapeRecord[] = [];
  for (let at = frame + step; step * (to - at) >= 0; at += step) {
    const target = toFrame(at);
    if (desk.store.state.document.deletedFrames.has(target)) continue;
    for (const { record, geometry, attributes, occluded, z } of sources) {
      const isThere = there
        .get(target)
        ?.some((other) => other.label === record.label && isEqual(other.geometry, geometry));
      if (isThere) continue;
      const { label, group } = record;
      made.push({
        ...NEW_OBJECT,
        kind: 'shape',
        uid: newUid(),
        frame: target,
        label,
        group,
        geometry,
        attributes,
        occluded,
        z,
        elements: [],
      });
    }
  }
  return made;
}

export function propagate(desk: Desk, uids: readonly Uid[], to: FrameNumber): number {
  const made = propagated(desk, uids, to);
  const done = commit(
    desk,
    t.steps.propagated,
    made.map((object) => ({ kind: 'add', object })),
  );
  return done ? made.length : 0;
}

function shapesByFrame({ store }: Desk): ReadonlyMap<FrameNumber, readonly ShapeRecord[]> {
  const shapes = [...store.state.document.objects.values()].filter(isShape);
  return Map.groupBy(shapes, ({ frame }) => frame);
}

function isShape(record: ObjectRecord): record is ShapeRecord {
  return record.kind === 'shape';
}
