import { applyEdits, type Edit, invertEdits, uidOf } from './edit.ts';
import { isEqual } from './equal.ts';
import type { FrameNumber, JobDocument, Uid } from './records.ts';

/** One thing that a person did: a gesture, a key, an action. */
export type Step = {
  /** In the words of the page: 'Changed points'. */
  readonly name: string;
  readonly frame: FrameNumber;
  readonly edits: readonly Edit[];
  /** Steps of one key that follow each other within a second are one step of undo: arrow keys that nudge. */
  readonly joins?: { readonly key: string; readonly milliseconds: number };
};

/** What this person did and can take back, and what was taken back and can be done again. Nobody else's changes are in it. */
export type History = { readonly done: readonly Step[]; readonly undone: readonly Step[] };

export const EMPTY_HISTORY: History = { done: [], undone: [] };
export const STEPS_KEPT = 500;

export type Undone =
  | { readonly ok: true; readonly history: History; readonly step: Step; readonly edits: readonly Edit[] }
  /** Somebody else changed the same since: `uids` are the objects. */
  | { readonly ok: false; readonly step: Step; readonly uids: readonly Uid[] };

/** Pause after which a step joins no other. */
const JOINED_WITHIN = 1000;

export function withStep({ done }: History, step: Step): History {
  const last = done.at(-1);
  if (last?.joins && step.joins && last.joins.key === step.joins.key) {
    const pause = step.joins.milliseconds - last.joins.milliseconds;
    if (pause >= 0 && pause < JOINED_WITHIN)
      return { done: [...done.slice(0, -1), { ...step, edits: [...last.edits, ...step.edits] }], undone: [] };
  }
  return { done: [...done.slice(-(STEPS_KEPT - 1)), step], undone: [] };
}

/** The newest step taken back; undefined when there is none. `force` does it also over what others changed. */
export function undo(history: History, document: JobDocument, force = false): Undone | undefined {
  const step = history.done.at(-1);
  if (!step) return undefined;
  const edits = invertEdits(step.edits);
  const uids = force ? [] : changedSince(document, edits);
  if (uids.length > 0) return { ok: false, step, uids };
  return { ok: true, step, edits, history: { done: history.done.slice(0, -1), undone: [...history.undone, step] } };
}

/** The step that was taken back last, done again. */
export function redo(history: History, document: JobDocument, force = false): Undone | undefined {
  const step = history.undone.at(-1);
  if (!step) return undefined;
  const uids = force ? [] : changedSince(document, step.edits);
  if (uids.length > 0) return { ok: false, step, uids };
  const { edits } = step;
  return { ok: true, step, edits, history: { done: [...history.done, step], undone: history.undone.slice(0, -1) } };
}

/** Objects of which the document no longer has what the edits say that was there before. */
export function changedSince(document: JobDocument, edits: readonly Edit[]): readonly Uid[] {
  const changed = new Set<Uid>();
  let now = document;
  for (const edit of edits) {
    const uid = uidOf(edit);
    if (uid !== undefined && !isAsBefore(now, edit)) changed.add(uid);
    now = applyEdits(now, [edit]);
  }
  return [...changed];
}

function isAsBefore({ objects }: JobDocument, edit: Edit): boolean {
  switch (edit.kind) {
    case 'add':
      return !objects.has(edit.object.uid);
    case 'remove':
      return isEqual(objects.get(edit.object.uid), edit.object);
    case 'set-object': {
      const object = objects.get(edit.uid);
      return object !== undefined && hasFields(object, edit.before);
    }
    case 'set-shape': {
      const object = objects.get(edit.uid);
      return object?.kind === 'shape' && hasFields(object, edit.before);
    }
    case 'set-keyframe': {
      const object = objects.get(edit.uid);
      if (object?.kind !== 'track') return false;
      return isEqual(
        object.keyframes.find(({ frame }) => frame === edit.frame),
        edit.before,
      );
    }
    case 'set-elements': {
      const object = objects.get(edit.uid);
      return object?.kind === 'track' && isEqual(object.elements, edit.before);
    }
    case 'set-deleted':
      return true;
  }
}

function hasFields(object: object, fields: object): boolean {
  const have = object as Record<string, unknown>;
  return Object.entries(fields).every(([key, value]) => isEqual(have[key], value));
}
