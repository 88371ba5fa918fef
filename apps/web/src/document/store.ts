import { applyEdits, type Edit, uidOf } from './edit.ts';
import { isEqual } from './equal.ts';
import { EMPTY_HISTORY, type History, redo, type Step, undo, withStep } from './history.ts';
import {
  EMPTY_DOCUMENT,
  type FrameNumber,
  type Identity,
  type JobDocument,
  type ObjectRecord,
  type Uid,
} from './records.ts';
import { createFrameView, type ObjectOnFrame } from './visible.ts';

/** A step that the server has not confirmed yet. */
export type PendingStep = {
  readonly seq: number;
  readonly name: string;
  readonly frame: FrameNumber;
  readonly edits: readonly Edit[];
};

export type StoreState = {
  /** What the page shows: the confirmed document with the pending steps made on it. */
  readonly document: JobDocument;
  /** What the server has. */
  readonly confirmed: JobDocument;
  readonly identities: ReadonlyMap<Uid, Identity>;
  readonly pending: readonly PendingStep[];
  readonly history: History;
};

/** Who changed the document. */
export type ChangeBy = 'person' | 'undo' | 'server' | 'load';
export type Listener = (state: StoreState, before: StoreState, by: ChangeBy) => void;

/** What happened to one object on the server. */
export type Confirmed =
  | { readonly uid: Uid; readonly record: ObjectRecord; readonly identity: Identity | undefined }
  | { readonly uid: Uid; readonly record: undefined };

/**
 * The document of a job. Pending steps are made again whenever the server's part changes, so that what others do is seen
 * at once and what this person did is never lost. One gesture is one `commit`, and one step of undo.
 */
export type DocumentStore = {
  readonly state: StoreState;
  /** Does something. An empty step is none. */
  commit(step: Step): void;
  /** Takes the newest step back. `blocked` names what somebody else changed since; `force` does it all the same. */
  undo(force?: boolean): UndoResult;
  redo(force?: boolean): UndoResult;
  /** Objects on a frame, the lowest first; the same list while nothing on the frame changes. */
  visible(frame: FrameNumber): readonly ObjectOnFrame[];
  uidOf(serverId: number): Uid | undefined;
  identity(uid: Uid): Identity | undefined;
  /** Another id of the server for an object of this page: a run made a track of a shape. */
  alias(serverId: number, uid: Uid): void;
  subscribe(listener: Listener): () => void;
  /** Calls back when the selected value is another one. */
  select<T>(selector: (state: StoreState) => T, listener: (value: T) => void): () => void;

  /** Puts what was read from the server in place of everything confirmed. */
  load(confirmed: readonly Confirmed[], deletedFrames?: ReadonlySet<FrameNumber>): void;
  /** Steps of before a reload: from the journal, before the first `commit`. */
  restore(pending: readonly PendingStep[], history: History): void;
  /** Others, or a run, changed objects. */
  receive(changes: readonly Confirmed[]): void;
  /** These are the objects as the server has them now; steps up to `seq` are confirmed, but for what `keep` wants kept. */
  confirm(seq: number, changes: readonly Confirmed[], keep?: (edit: Edit) => boolean): void;
  /** Frames of the task that are deleted on the server. */
  setDeletedFrames(frames: ReadonlySet<FrameNumber>): void;
  /** Gives up pending steps about these objects: what the server has is shown again. */
  discard(uids: ReadonlySet<Uid>): void;
};

export type UndoResult =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'done'; readonly step: Step; readonly uids: readonly Uid[] }
  | { readonly kind: 'blocked'; readonly step: Step; readonly uids: readonly Uid[] };

export function createDocumentStore(): DocumentStore {
  let state: StoreState = {
    document: EMPTY_DOCUMENT,
    confirmed: EMPTY_DOCUMENT,
    identities: new Map(),
    pending: [],
    history: EMPTY_HISTORY,
  };
  let nextSeq = 1;
  const byServerId = new Map<number, Uid>();
  const listeners = new Set<Listener>();
  const frameView = createFrameView();

  function set(next: Partial<StoreState>, by: ChangeBy): void {
    const before = state;
    state = { ...state, ...next };
    for (const listener of listeners) listener(state, before, by);
  }

  function push(step: Step, history: History, by: ChangeBy): void {
    const pending = [...state.pending, { seq: nextSeq++, ...step }];
    const isBack = step.edits.some((edit) => edit.kind === 'add');
    const document = isBack ? replay(state.confirmed, pending) : applyEdits(state.document, step.edits);
    set({ document, history, pending }, by);
  }

  function rebase(
    changes: readonly Confirmed[],
    pending: readonly PendingStep[],
    by: ChangeBy,
    confirmedBefore: JobDocument = state.confirmed,
    identitiesBefore: ReadonlyMap<Uid, Identity> = state.identities,
  ): void {
    const objects = new Map(confirmedBefore.objects);
    const identities = new Map(identitiesBefore);
    for (const change of changes) {
      if (!change.record) {
        objects.delete(change.uid);
        identities.delete(change.uid);
        continue;
      }
      objects.set(change.uid, withLocal(change.record, state.document.objects.get(change.uid)));
      if (!change.identity) continue;
      identities.set(change.uid, change.identity);
      byServerId.set(change.identity.id, change.uid);
    }
    const confirmed = { objects, deletedFrames: confirmedBefore.deletedFrames };
    set({ confirmed, identities, pending, document: replay(confirmed, pending) }, by);
  }

  return {
    get state() {
      return state;
    },
    commit(step) {
      if (step.edits.length > 0) push(step, withStep(state.history, step), 'person');
    },
    undo: (force) => finish(undo(state.history, state.document, force)),
    redo: (force) => finish(redo(state.history, state.document, force)),
    visible: (frame) => frameView(state.document, frame),
    uidOf: (serverId) => byServerId.get(serverId),
    identity: (uid) => state.identities.get(uid),
    alias: (serverId, uid) => void byServerId.set(serverId, uid),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    select(selector, listener) {
      let last = selector(state);
      return this.subscribe((next) => {
        const value = selector(next);
        if (Object.is(value, last)) return;
        last = value;
        listener(value);
      });
    },
    load(changes, deletedFrames = state.confirmed.deletedFrames) {
      rebase(changes, state.pending, 'load', { objects: new Map(), deletedFrames }, new Map());
    },
    restore(pending, history) {
      nextSeq = Math.max(nextSeq, (pending.at(-1)?.seq ?? 0) + 1);
      set({ pending, history, document: replay(state.confirmed, pending) }, 'load');
    },
    receive: (changes) => rebase(changes, state.pending, 'server'),
    confirm: (seq, changes, keep = () => false) =>
      rebase(
        changes,
        filterEdits(state.pending, (edit, step) => step.seq > seq || keep(edit)),
        'server',
      ),
    setDeletedFrames(deletedFrames) {
      const confirmed = { ...state.confirmed, deletedFrames };
      set({ confirmed, document: replay(confirmed, state.pending) }, 'server');
    },
    discard(uids) {
      const pending = filterEdits(state.pending, (edit) => {
        const uid = uidOf(edit);
        return uid === undefined || !uids.has(uid);
      });
      set({ pending, document: replay(state.confirmed, pending) }, 'server');
    },
  };

  function finish(result: ReturnType<typeof undo>): UndoResult {
    if (!result) return { kind: 'nothing' };
    const { step } = result;
    if (!result.ok) return { kind: 'blocked', step, uids: result.uids };
    push({ ...step, edits: result.edits }, result.history, 'undo');
    return { kind: 'done', step, uids: [...new Set(step.edits.flatMap((edit) => uidOf(edit) ?? []))] };
  }
}

/**
 * The document with the steps made on it. An object that was removed and brought back is as it would be had it never been
 * removed: with what others changed of it meanwhile. One that the server has already, though its making was never
 * acknowledged, is as the server has it; the steps after its making are made on that.
 */
function replay(confirmed: JobDocument, pending: readonly PendingStep[]): JobDocument {
  const removed = new Map<Uid, { readonly said: ObjectRecord; readonly was: ObjectRecord }>();
  let document = confirmed;
  for (const { edits } of pending) {
    if (!edits.some(({ kind }) => kind === 'add' || kind === 'remove')) {
      document = applyEdits(document, edits);
      continue;
    }
    for (const edit of edits) {
      if (edit.kind === 'remove') {
        const was = document.objects.get(edit.object.uid);
        if (was) removed.set(was.uid, { said: edit.object, was });
      }
      if (edit.kind === 'add' && document.objects.has(edit.object.uid)) continue;
      const before = edit.kind === 'add' ? removed.get(edit.object.uid) : undefined;
      const isBack = edit.kind === 'add' && before !== undefined && isEqual(before.said, edit.object);
      document = applyEdits(document, [isBack ? { kind: 'add', object: before.was } : edit]);
    }
  }
  return document;
}

/** Steps with the edits that pass; one that is left whole is the same value. */
function filterEdits(
  steps: readonly PendingStep[],
  passes: (edit: Edit, step: PendingStep) => boolean,
): readonly PendingStep[] {
  return steps.flatMap((step) => {
    const edits = step.edits.filter((edit) => passes(edit, step));
    if (edits.length === step.edits.length) return [step];
    return edits.length > 0 ? [{ ...step, edits }] : [];
  });
}

/** The server knows nothing of what this page notes beside an object: that stays. */
function withLocal(record: ObjectRecord, shown: ObjectRecord | undefined): ObjectRecord {
  if (!shown) return record;
  const { locked, hidden, pinned, color } = shown;
  return { ...record, locked, hidden, pinned, ...(color === undefined ? {} : { color }) };
}
