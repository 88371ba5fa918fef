// What a command works with. A desk is one open job on one page.
import type { Edit } from '../document/edit.ts';
import type { FrameNumber, ObjectRecord, Uid } from '../document/records.ts';
import type { DocumentStore } from '../document/store.ts';
import type { Labels, Numbers } from '../view/labels.ts';
import type { SettingsStore } from '../view/settings.ts';
import type { ViewStore } from '../view/view.ts';

export interface Notice {
  readonly kind: 'info' | 'ok' | 'warn' | 'error';
  readonly text: string;
  readonly actions?: readonly { readonly text: string; readonly run: () => void }[];
}

export interface Desk {
  readonly store: DocumentStore;
  readonly view: ViewStore;
  readonly settings: SettingsStore;
  readonly labels: Labels;
  readonly numbers: Numbers;
  readonly first: FrameNumber;
  readonly last: FrameNumber;
  readonly size: { readonly width: number; readonly height: number };
  /** Why nothing can be changed; undefined when it can. */
  readonly readOnly: () => string | undefined;
  readonly notify: (notice: Notice) => void;
  readonly goTo: (frame: FrameNumber) => void;
}

export function recordsOf({ store }: Desk, uids: readonly Uid[]): readonly ObjectRecord[] {
  return uids.flatMap((uid) => store.state.document.objects.get(uid) ?? []);
}

/** Selected objects, or the one under the pointer when nothing is selected. */
export function chosen(desk: Desk): readonly Uid[] {
  const { selection, hover } = desk.view.getState();
  if (selection.length > 0) return selection;
  return hover === undefined ? [] : [hover];
}

/** One step of undo, or part of the one before when both have the same `joins` and little time between. False when it would change nothing, or nothing may be changed. */
export function commit(desk: Desk, name: string, edits: readonly Edit[], joins?: string): boolean {
  if (edits.length === 0) return false;
  const reason = desk.readOnly();
  if (reason !== undefined) {
    desk.notify({ kind: 'warn', text: reason });
    return false;
  }
  const joined = joins === undefined ? {} : { joins: { key: joins, milliseconds: performance.now() } };
  desk.store.commit({ name, frame: desk.view.getState().frame, edits, ...joined });
  return true;
}
