// Label, attribute, colour, layer and removal of objects.
import type { AttributeValue } from '@roto/annotations';
import { attributeEdits, editsOnFrame, geometryEdits, objectEdits } from '../document/changes.ts';
import type { Geometry, Uid } from '../document/records.ts';
import { objectOn, spanOf } from '../document/visible.ts';
import { t } from '../texts/en.ts';
import { objectName } from '../view/labels.ts';
import { commit, type Desk, recordsOf } from './desk.ts';

export function setLabel(desk: Desk, uids: readonly Uid[], label: number): boolean {
  const attributes = desk.labels
    .get(label)
    ?.attributes.filter(({ mutable }) => !mutable)
    .map(({ id, default_value }): AttributeValue => ({ spec_id: id, value: default_value }));
  const changed = recordsOf(desk, uids).filter((record) => record.label !== label && !record.locked);
  return commit(
    desk,
    t.steps.label,
    changed.flatMap((record) => objectEdits(record, { label, attributes: attributes ?? [] })),
  );
}

export function setAttribute(desk: Desk, uid: Uid, id: number, value: string): boolean {
  const [record] = recordsOf(desk, [uid]);
  const spec = record && desk.labels.get(record.label)?.attributes.find((attribute) => attribute.id === id);
  if (!record || !spec) return false;
  const { frame } = desk.view.getState();
  return commit(desk, t.steps.attributes, attributeEdits(record, frame, { spec_id: id, value }, spec.mutable));
}

export function setColor(desk: Desk, uids: readonly Uid[], color: string): boolean {
  return commit(
    desk,
    t.steps.color,
    recordsOf(desk, uids).flatMap((record) => objectEdits(record, { color })),
  );
}

/** To the front or the back of everything on the frame. */
export function moveToLayer(desk: Desk, uids: readonly Uid[], where: 'foreground' | 'background'): boolean {
  const { frame } = desk.view.getState();
  const layers = desk.store.visible(frame).map(({ z }) => z);
  if (layers.length === 0) return false;
  const z = where === 'foreground' ? Math.max(...layers) + 1 : Math.min(...layers) - 1;
  return setLayer(desk, uids, () => z);
}

export function shiftLayer(desk: Desk, uids: readonly Uid[], by: 1 | -1): boolean {
  return setLayer(desk, uids, (z) => z + by);
}

function setLayer(desk: Desk, uids: readonly Uid[], layer: (z: number) => number): boolean {
  const { frame } = desk.view.getState();
  const edits = recordsOf(desk, uids).flatMap((record) => {
    const here = record.locked ? undefined : objectOn(record, frame);
    return here ? editsOnFrame(record, frame, { z: layer(here.z) }) : [];
  });
  return commit(desk, t.steps.layer, edits);
}

/** Start point and direction of a polygon or a polyline turned round. */
export function switchOrientation(desk: Desk, uid: Uid): boolean {
  const { frame } = desk.view.getState();
  const [record] = recordsOf(desk, [uid]);
  const geometry = record && objectOn(record, frame)?.geometry;
  if (!record || !(geometry?.kind === 'polygon' || geometry?.kind === 'polyline')) return false;
  const pairs = Array.from({ length: geometry.points.length / 2 }, (_, i) => geometry.points.slice(2 * i, 2 * i + 2));
  const turned: Geometry = { ...geometry, points: pairs.reverse().flat() };
  return commit(desk, t.steps.points, geometryEdits(record, frame, turned));
}

/**
 * Removes without a question. What is more than one shape of this frame says how much went, and offers to take it back, or
 * to end a track here instead.
 */
export function remove(desk: Desk, uids: readonly Uid[], options: { evenLocked?: boolean } = {}): boolean {
  const records = recordsOf(desk, uids);
  const open = records.filter((record) => options.evenLocked || !record.locked);
  if (open.length === 0) {
    if (records.length > 0) {
      const again = { text: t.objects.removeAnyway, run: () => remove(desk, uids, { evenLocked: true }) };
      desk.notify({ kind: 'warn', text: t.objects.isLocked, actions: [again] });
    }
    return false;
  }
  const done = commit(
    desk,
    t.steps.removed,
    open.map((object) => ({ kind: 'remove', object })),
  );
  if (!done) return false;
  desk.view.setState({ selection: [], hover: undefined });
  sayRemoved(desk, open);
  return true;
}

function sayRemoved(desk: Desk, removed: ReturnType<typeof recordsOf>): void {
  const { frame } = desk.view.getState();
  const tracks = removed.flatMap((record) => {
    if (record.kind !== 'track') return [];
    const { first, last = desk.last } = spanOf(record);
    return [{ record, frames: last - first + 1 }];
  });
  const [track] = tracks;
  if (tracks.length !== 1 || !track || removed.length !== 1 || track.frames <= 1) return;
  const { record } = track;
  const byPerson = record.keyframes.filter(({ origin }) => origin === 'person').length;
  const undo = () => void desk.store.undo();
  const endHere = () => {
    desk.store.undo();
    commit(desk, t.steps.outside, editsOnFrame(record, frame, { outside: true }));
  };
  desk.notify({
    kind: 'info',
    text: t.objects.trackRemoved(objectName(desk.labels, desk.numbers, record), track.frames, byPerson),
    actions: [
      { text: t.general.undo, run: undo },
      ...(record.keyframes[0]!.frame < frame ? [{ text: t.objects.onlyFromHere, run: endHere }] : []),
    ],
  });
}
