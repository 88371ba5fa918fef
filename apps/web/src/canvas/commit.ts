import { commit, type Desk, recordsOf } from '../commands/desk.ts';
import { geometryEdits, objectEdits } from '../document/changes.ts';
import type { Edit } from '../document/edit.ts';
import { type FrameNumber, type Geometry, NEW_OBJECT, newUid, type ObjectRecord } from '../document/records.ts';
import { t } from '../texts/en.ts';
import type { Change, Commit } from '../tools/change.ts';
import { mergeEdits, splitEdits } from './track-edits.ts';

/** Makes a tool's commit one step of undo, and selects what it made. False when nothing was changed. */
export function commitTool(desk: Desk, { step, changes, joins }: Commit): boolean {
  const { frame } = desk.view.getState();
  const edits = changes.flatMap((change) => editsOf(desk, change, frame));
  const key = joins === undefined ? undefined : `${joins} ${desk.view.getState().selection.join(' ')} ${frame}`;
  if (!commit(desk, t.steps[step], edits, key)) return false;
  const made = edits.flatMap((edit) => (edit.kind === 'add' ? [edit.object.uid] : []));
  const gone = new Set(edits.flatMap((edit) => (edit.kind === 'remove' ? [edit.object.uid] : [])));
  const { selection } = desk.view.getState();
  if (made.length > 0) desk.view.setState({ selection: made });
  else if (selection.some((uid) => gone.has(uid)))
    desk.view.setState({ selection: selection.filter((uid) => !gone.has(uid)) });
  return true;
}

export function editsOf(desk: Desk, change: Change, frame: FrameNumber): readonly Edit[] {
  switch (change.kind) {
    case 'create':
      return [{ kind: 'add', object: created(desk, change.geometry, frame) }];
    case 'reshape':
      return recordsOf(desk, [change.uid]).flatMap((record) => geometryEdits(record, frame, change.geometry));
    case 'remove':
      return recordsOf(desk, change.uids).map((object): Edit => ({ kind: 'remove', object }));
    case 'divide':
      return recordsOf(desk, [change.uid]).flatMap((record) => replaced(record, change.parts));
    case 'unite': {
      const [first, ...others] = recordsOf(desk, change.uids);
      if (!first) return [];
      return [...others.map((object): Edit => ({ kind: 'remove', object })), ...replaced(first, [change.geometry])];
    }
    case 'merge':
      return mergeEdits(desk, change);
    case 'split':
      return recordsOf(desk, [change.uid]).flatMap((record) =>
        record.kind === 'track' ? splitEdits(record, change.frame) : [],
      );
    case 'group': {
      const group = nextGroup(desk);
      return recordsOf(desk, change.uids).flatMap((record) => objectEdits(record, { group }));
    }
    case 'ungroup':
      return recordsOf(desk, change.uids).flatMap((record) =>
        record.group === 0 ? [] : objectEdits(record, { group: 0 }),
      );
  }
}

/** A new object of the label that is drawn next, above everything on the frame. */
function created(desk: Desk, geometry: Geometry, frame: FrameNumber): ObjectRecord {
  const { options } = desk.view.getState();
  const fitting = desk.labels.fitting(geometry.kind);
  const label = fitting.find(({ id }) => id === options.label) ?? fitting[0] ?? desk.labels.get(options.label);
  const values = (mutable: boolean | undefined) =>
    (label?.attributes ?? [])
      .filter((attribute) => mutable === undefined || attribute.mutable === mutable)
      .map(({ id, default_value }) => ({ spec_id: id, value: default_value }));
  const z = Math.max(0, ...desk.store.visible(frame).map((object) => object.z));
  const body = { ...NEW_OBJECT, uid: newUid(), label: label?.id ?? options.label };
  if (options.create === 'shape')
    return { ...body, kind: 'shape', frame, geometry, occluded: false, z, attributes: values(undefined), elements: [] };
  const keyframe = {
    frame,
    geometry,
    outside: false,
    occluded: false,
    z,
    attributes: values(true),
    origin: 'person',
  } as const;
  return { ...body, kind: 'track', attributes: values(false), keyframes: [keyframe], elements: [] };
}

/** Copies of an object of one frame with other geometries, in its place. */
function replaced(record: ObjectRecord, parts: readonly Geometry[]): readonly Edit[] {
  if (record.kind !== 'shape') return [];
  return [
    { kind: 'remove', object: record },
    ...parts.map((geometry): Edit => ({ kind: 'add', object: { ...record, uid: newUid(), geometry } })),
  ];
}

function nextGroup(desk: Desk): number {
  let highest = 0;
  for (const record of desk.store.state.document.objects.values()) highest = Math.max(highest, record.group);
  return highest + 1;
}
