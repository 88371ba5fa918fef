import type { AnnotationConflict } from '@roto/wire';
import { ApiError, NoAnswer, wordsOf } from '../api/http.ts';
import { jobs } from '../api/server.ts';
import { type Edit, uidOf } from '../document/edit.ts';
import { type JobDocument, toFrame, type Uid } from '../document/records.ts';
import type { DocumentStore, StoreState } from '../document/store.ts';
import {
  addedIn,
  type Batch,
  batchOf,
  confirmedBy,
  deletedFramesOf,
  isEmptyBatch,
  keepAllBut,
  MOST_OBJECTS,
  mergedIn,
  uidAt,
  uidsNamed,
  uidsOf,
} from './batch.ts';
import type { SaveState } from './state.ts';

export type SenderEvents = {
  state(state: SaveState): void;
  /** Somebody else changed these too: they are set aside until it is decided. */
  conflict(conflict: AnnotationConflict, batch: Batch): void;
  /** The server does not take this object. */
  refused(uid: Uid, words: string): void;
  /** The server has these objects as they were sent, from this version of the job on. */
  saved(uids: readonly Uid[], version: number): void;
  /** Reads objects of which the page may not have all that the server has. @throws ApiError, NoAnswer */
  read(ids: readonly number[]): Promise<void>;
  /** This person may no longer write here. */
  forbidden(words: string): void;
  /** The page's changes are on this device. */
  isKept(): boolean;
};

export type Sender = {
  /** Something was done: it is sent soon. */
  changed(): void;
  /** Sends what there is now. True: the server has everything, but for what is set aside. */
  flush(): Promise<boolean>;
  /** The page is being left: a last try that may outlive it. */
  leave(): void;
  /** Objects that are not sent; a new set replaces the one before. */
  setAside(uids: ReadonlySet<Uid>): void;
  /** Without saving by itself, only `flush` sends. */
  setAutomatic(isAutomatic: boolean): void;
  close(): void;
};

export type Timing = {
  /** Pause after the last change before it is sent, and after the first one at most. */
  readonly afterLastMs: number;
  readonly afterFirstMs: number;
  /** Pause after a request without answer; it doubles up to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
};
export const TIMING: Timing = { afterLastMs: 1_500, afterFirstMs: 8_000, firstPauseMs: 1_000, longestPauseMs: 30_000 };

/** Bytes that a request may have which outlives its page. */
const KEEPALIVE_BYTES = 60_000;

/** A request, with the last step in it and what the server had when it was made. */
type Round = {
  readonly batch: Batch;
  readonly seq: number;
  readonly confirmed: JobDocument;
  /** Objects in it that were doubtful when it was made, whatever is known of them by the time of the answer. */
  readonly inDoubt: ReadonlySet<Uid>;
};

/** Sends what this person did to the server, again and again until it has it. One request at a time. */
export function createSender(job: number, store: DocumentStore, events: SenderEvents, timing = TIMING): Sender {
  let aside: ReadonlySet<Uid> = new Set();
  let isAutomatic = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let firstAt: number | undefined;
  let sending: Promise<boolean> | undefined;
  let pause = timing.firstPauseMs;
  let most = MOST_OBJECTS;
  const made = new Map<Uid, number>();
  let unanswered: Round | undefined;
  /** Ids of objects of which the server may have more than the page. */
  const unread = new Set<number>();
  const doubtful = new Set(store.state.pending.flatMap(({ edits }) => edits.flatMap(addedIn)));
  const stop = new AbortController();

  const isOurs = (edit: Edit): boolean => {
    const uid = uidOf(edit);
    return uid === undefined || !aside.has(uid);
  };
  const waiting = () => store.state.pending.filter((step) => step.edits.some(isOurs));
  const tell = (state: SaveState) => events.state(state);

  function schedule(): void {
    if (!isAutomatic || stop.signal.aborted) return;
    const now = Date.now();
    firstAt ??= now;
    clearTimeout(timer);
    timer = setTimeout(
      () => void flush(),
      Math.max(0, Math.min(timing.afterLastMs, firstAt + timing.afterFirstMs - now)),
    );
  }

  function retryLater(why: string): void {
    const wait = pause * (0.75 + Math.random() / 2);
    pause = Math.min(timing.longestPauseMs, pause * 2);
    clearTimeout(timer);
    timer = setTimeout(() => void flush(), wait);
    const retryAt = new Date(Date.now() + wait);
    tell({ phase: 'offline', changes: waiting().length, retryAt, why, kept: events.isKept() });
  }

  function flush(): Promise<boolean> {
    clearTimeout(timer);
    firstAt = undefined;
    sending ??= sendAll().finally(() => {
      sending = undefined;
    });
    return sending;
  }

  /** Rounds until nothing is left. */
  async function sendAll(): Promise<boolean> {
    while (!stop.signal.aborted) {
      const steps = waiting();
      if (steps.length === 0 && unread.size === 0) {
        tell({ phase: 'saved', at: new Date() });
        return true;
      }
      tell({ phase: 'saving', changes: steps.length });
      try {
        await readAgain();
        if (waiting().length > 0) await sendRound();
        pause = timing.firstPauseMs;
        most = Math.min(MOST_OBJECTS, most * 2);
      } catch (error) {
        if (stop.signal.aborted || !handle(error)) return false;
      }
    }
    return false;
  }

  /** True: the next round may go at once. */
  function handle(error: unknown): boolean {
    const changes = waiting().length;
    if (error instanceof NoAnswer) retryLater(error.message);
    else if (!(error instanceof ApiError)) throw error;
    else if (error.status === 401) tell({ phase: 'signed-out', changes });
    else if (error.status === 403 || error.status === 404) {
      events.forbidden(error.message);
      tell({ phase: 'failed', changes, why: error.message });
    } else if (error.status === 413 && most > 1) {
      most = Math.max(1, most >> 1);
      return true;
    } else if (error.status === 429 || error.status >= 500)
      retryLater(error.status === 503 ? 'The server is starting again.' : error.message);
    else tell({ phase: 'failed', changes, why: error.message });
    return false;
  }

  /** Before anything is compared with what the server has, that is known. */
  async function readAgain(): Promise<void> {
    unread.delete(0);
    if (unread.size > 0) await events.read([...unread]);
    unread.clear();
    for (const uid of doubtful) if (store.identity(uid)) doubtful.delete(uid);
  }

  async function sendRound(): Promise<void> {
    // A request without an answer may have been carried out, so that nothing else is sent in its place.
    if (unanswered) return sendBatch(unanswered);
    const { pending, document } = store.state;
    const seq = pending.at(-1)!.seq;
    const edits = pending.flatMap((step) => step.edits).filter(isOurs);
    const isFrames = edits.some((edit) => edit.kind === 'set-deleted');
    if (isFrames) {
      const { deleted_frames } = await jobs.setDeletedFrames(job, deletedFramesOf(document));
      store.confirm(seq, [], (edit) => edit.kind !== 'set-deleted');
      store.setDeletedFrames(new Set(deleted_frames.map(toFrame)));
    }
    const uids = new Set(edits.flatMap((edit) => uidOf(edit) ?? []));
    if (uids.size === 0) return;
    const batch = batchOf(withDoubtful(store.state, uids), uids, most, wireUid);
    if (isEmptyBatch(batch)) store.confirm(seq, confirmedBy(batch, undefined, store.state), keepAllBut(uidsOf(batch)));
    else {
      const inDoubt = new Set(batch.create.map(({ uid }) => uid).filter((uid) => doubtful.has(uid)));
      await sendBatch({ batch, seq, confirmed: store.state.confirmed, inDoubt });
    }
  }

  /**
   * Objects that an earlier visit made and this one removed, of which nobody knows whether the server has them or will: they
   * are made, which gives them an id, and removed in the next round. A request of before that comes late is then refused.
   */
  function withDoubtful(state: StoreState, uids: ReadonlySet<Uid>): StoreState {
    const objects = new Map(state.document.objects);
    for (const edit of state.pending.flatMap((step) => step.edits)) {
      if (edit.kind !== 'add') continue;
      const { uid } = edit.object;
      const isUnknown = !objects.has(uid) && !state.confirmed.objects.has(uid);
      if (doubtful.has(uid) && uids.has(uid) && isUnknown) objects.set(uid, edit.object);
    }
    return { ...state, document: { ...state.document, objects } };
  }

  async function sendBatch(round: Round): Promise<void> {
    const { batch, seq, confirmed, inDoubt } = round;
    unanswered = round;
    try {
      const answer = await jobs.save(job, batch.body, { signal: stop.signal });
      unanswered = undefined;
      // Objects of an earlier visit may be there already, as they were then: they are read before they are compared.
      const doubted = batch.create.filter(({ uid }) => inDoubt.has(uid));
      const certain = new Set(uidsOf(batch));
      for (const { uid } of doubted) certain.delete(uid);
      for (const uid of certain) doubtful.delete(uid);
      // What others did while the request was on its way is on the server, and is not in what was sent.
      const overtaken = [...certain].filter(
        (uid) => store.state.confirmed.objects.get(uid) !== confirmed.objects.get(uid),
      );
      const changes = confirmedBy(batch, answer, store.state).filter(({ uid }) => certain.has(uid));
      events.saved([...certain], answer.version);
      store.confirm(seq, changes, keepAllBut([...certain]));
      for (const uid of [...mergedIn(batch, answer), ...overtaken]) unread.add(store.identity(uid)?.id ?? 0);
      for (const part of doubted) unread.add(answer.create[batch.create.indexOf(part)]!.id);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : undefined;
      // Without an answer of the server itself, these may be there by now.
      if (status === undefined || status >= 500) for (const { uid } of batch.create) doubtful.add(uid);
      // These are about what was sent, so that it is not sent again; all others are about this try.
      if (status === 400 || status === 409 || status === 413) unanswered = undefined;
      if (!(error instanceof ApiError) || !setAsideBy(error, batch)) throw error;
    }
  }

  /** A refusal that is about single objects: those are set aside, and the others are sent in the next round. */
  function setAsideBy(error: ApiError, batch: Batch): boolean {
    if (error.status === 409) {
      const body = error.body as AnnotationConflict;
      const created = body.objects?.flatMap(({ path, deleted }) => {
        const uid = deleted && path.startsWith('create') ? uidAt(batch, path) : undefined;
        return uid === undefined ? [] : [uid];
      });
      if (!created || body.objects.length === 0) return false;
      // Made again after it was removed: the server knows the name already, and wants another.
      for (const uid of created) made.set(uid, (made.get(uid) ?? 0) + 1);
      const objects = body.objects.filter(({ path }) => !created.includes(uidAt(batch, path)!));
      if (objects.length > 0) events.conflict({ ...body, objects }, batch);
      return true;
    }
    if (error.status !== 400) return false;
    const refused = Object.entries(error.fields).flatMap(([path, words]) => {
      const uid = uidAt(batch, path);
      return uid === undefined ? [] : [{ uid, words }];
    });
    const named = refused.length > 0 ? refused : uidsNamed(error.message, batch);
    for (const { uid, words } of named) events.refused(uid, words);
    return named.length > 0;
  }

  function wireUid(uid: Uid): string {
    const count = made.get(uid) ?? 0;
    return count === 0 ? uid : `${uid}-${count}`;
  }

  return {
    changed() {
      const changes = waiting().length;
      if (changes === 0) return;
      if (!sending) tell({ phase: 'waiting', changes });
      schedule();
    },
    flush,
    leave() {
      const uids = new Set(waiting().flatMap((step) => step.edits.flatMap((edit) => uidOf(edit) ?? [])));
      const batch = batchOf(store.state, uids, most, wireUid);
      if (isEmptyBatch(batch) || JSON.stringify(batch.body).length > KEEPALIVE_BYTES) return;
      // The answer may find no page any more; the journal has it all, and sending twice is the same as once.
      jobs.save(job, batch.body, { keepalive: true }).catch((error) => console.warn(wordsOf(error)));
    },
    setAside(uids) {
      aside = uids;
      if (waiting().length > 0) schedule();
    },
    setAutomatic(is) {
      isAutomatic = is;
      if (is && waiting().length > 0) schedule();
    },
    close() {
      stop.abort();
      clearTimeout(timer);
    },
  };
}
