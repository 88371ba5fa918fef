import { createStore, type StoreApi } from 'zustand/vanilla';
import { runs as runCalls } from '../api/server.ts';
import type { Run } from '../api/types.ts';
import { type FrameNumber, toFrame, type Uid } from '../document/records.ts';
import { createDocumentStore, type DocumentStore } from '../document/store.ts';
import { uidFrom } from '../document/wire.ts';
import { type Aside, createAside } from './aside.ts';
import { applyEvents, openFeed } from './feed.ts';
import { type Journal, openJournal } from './journal.ts';
import { holdJob, type Lock } from './lock.ts';
import { createReader } from './reader.ts';
import { createSender, type Sender, type Timing } from './sender.ts';
import type { Decision, ReadOnly, SessionState } from './state.ts';

export type SessionOptions = {
  readonly job: number;
  readonly user: number;
  readonly deletedFrames: readonly number[];
  /** The server does not let this person write, or the job is done. */
  readonly readOnly: ReadOnly | undefined;
  readonly timing?: Timing;
};

/** One open job: its document, and everything that keeps it the same here and on the server. */
export type JobSession = {
  readonly document: DocumentStore;
  readonly state: StoreApi<SessionState>;
  /** Saves what there is. True: the server has it all. */
  flush(): Promise<boolean>;
  /** Takes the job over from the tab that edits it. */
  takeOver(): Promise<void>;
  decide(uid: Uid, decision: Decision): void;
  /** Gives up an object that the server does not take. */
  discard(uid: Uid): void;
  /** Tries an object again that the server did not take. */
  retry(uid: Uid): void;
  setAutosave(isOn: boolean): void;
  /** Notes a run that was started here: its objects keep their names, also when they become tracks. */
  adopt(run: Run, uids: readonly Uid[]): void;
  signedIn(): void;
  close(): void;
};

/** Reads a job and opens everything. @throws ApiError, NoAnswer when it cannot be read */
export async function openSession(options: SessionOptions): Promise<JobSession> {
  const { job, user } = options;
  const document = createDocumentStore();
  const state = createStore<SessionState>(() => ({
    save: { phase: 'saved', at: undefined },
    conflicts: [],
    refused: new Map(),
    readOnly: options.readOnly,
    journal: 'open',
    runs: [],
    people: [],
    restored: undefined,
  }));
  const reader = createReader(job, document);
  const journal = await openJournal(job, user).catch(() => undefined);
  if (!journal) state.setState({ journal: 'none' });
  const version = await read();
  await restore(journal);

  const lock: Lock = await holdJob(job, {
    release: async () => {
      await sender.flush();
      state.setState({ readOnly: 'other-tab' });
    },
  });
  if (!lock.held && !options.readOnly) state.setState({ readOnly: 'other-tab' });

  const sender: Sender = createSender(
    job,
    document,
    {
      state: (save) => state.setState({ save }),
      conflict: (body, batch) => aside.conflict(body, batch),
      refused: (uid, words) => aside.refuse(uid, words),
      saved: reader.saved,
      read: reader.some,
      forbidden: () => state.setState({ readOnly: 'no-right' }),
      isKept: () => state.getState().journal === 'open',
    },
    options.timing,
  );
  const aside: Aside = createAside(document, reader, state, sender.setAside);
  let unwritten: Promise<unknown> = Promise.resolve();
  let historyTimer: ReturnType<typeof setTimeout> | undefined;
  const unsubscribe = document.subscribe((now, before, by) => {
    if (now.pending !== before.pending) unwritten = keep(journal);
    if (now.history !== before.history) {
      clearTimeout(historyTimer);
      historyTimer = setTimeout(() => void journal?.keepHistory(document.state.history).catch(() => undefined), 300);
    }
    if (by === 'person' || by === 'undo') {
      // What was refused is tried again once it is something else.
      for (const step of now.pending.slice(before.pending.length))
        for (const edit of step.edits) if ('uid' in edit) aside.forget(edit.uid);
      sender.changed();
    }
  });
  const feed = openFeed(job, version, {
    changed(objects, keyframes) {
      const applied = applyEvents(objects, keyframes, nameOf, (uid) => {
        const record = document.state.confirmed.objects.get(uid);
        return record && { record, identity: document.identity(uid) };
      });
      if (applied.changes.length > 0) document.receive(applied.changes);
      // Without an answer the next event of the object, or of the connection, asks again.
      if (applied.missing.length > 0) void reader.some(applied.missing).catch(() => undefined);
    },
    reset: () => void read().catch(() => undefined),
    run: (event) => {
      if ('deleted' in event) setRuns(state.getState().runs.filter(({ id }) => id !== event.id));
      else updateRun(event);
    },
    media: ({ deleted_frames }) => document.setDeletedFrames(frames(deleted_frames)),
    people: ({ people }) =>
      state.setState({ people: people.filter(({ id }) => id !== user).map((each) => each.username) }),
    live: (isLive) => {
      if (isLive && document.state.pending.length > 0) sender.changed();
    },
  });
  void runCalls.ofJob(job).then(setRuns, () => undefined);
  const wake = () => {
    if (document.state.pending.length > 0) void sender.flush();
  };
  const hide = () => {
    if (globalThis.document.visibilityState === 'hidden') wake();
  };
  const leave = () => sender.leave();
  globalThis.addEventListener('online', wake);
  globalThis.addEventListener('pagehide', leave);
  globalThis.document.addEventListener('visibilitychange', hide);
  if (document.state.pending.length > 0) sender.changed();

  return {
    document,
    state,
    async flush() {
      await unwritten;
      return sender.flush();
    },
    async takeOver() {
      await lock.take();
      await read();
      state.setState({ readOnly: options.readOnly });
    },
    decide(uid, decision) {
      aside.decide(uid, decision);
      sender.changed();
    },
    discard(uid) {
      aside.forget(uid);
      document.discard(new Set([uid]));
    },
    retry(uid) {
      aside.forget(uid);
      sender.changed();
    },
    setAutosave: (isOn) => sender.setAutomatic(isOn),
    adopt(run, uids) {
      for (const [i, { object: id }] of run.objects.entries()) {
        const uid = uids[i];
        if (id === null || uid === undefined) continue;
        // The feed may have been faster than the answer, and have named the track of a shape by itself.
        const other = document.uidOf(id);
        document.alias(id, uid);
        const record = other === undefined || other === uid ? undefined : document.state.confirmed.objects.get(other);
        if (!record || other === undefined) continue;
        const identity = document.identity(other);
        document.receive([
          { uid: other, record: undefined },
          { uid, record: { ...record, uid }, identity },
        ]);
      }
      updateRun(run);
    },
    signedIn: () => void sender.flush(),
    close() {
      unsubscribe();
      clearTimeout(historyTimer);
      void journal?.keepHistory(document.state.history).catch(() => undefined);
      globalThis.removeEventListener('online', wake);
      globalThis.removeEventListener('pagehide', leave);
      globalThis.document.removeEventListener('visibilitychange', hide);
      feed.close();
      void unwritten.then(() => journal?.close());
      sender.close();
      lock.close();
    },
  };

  /** Reads the whole job. Returns its version. */
  async function read(): Promise<number> {
    const { changes, version: now } = await reader.whole();
    document.load(changes, frames(options.deletedFrames));
    return now;
  }

  function nameOf(id: number, said: string | undefined): Uid | undefined {
    const known = document.uidOf(id);
    if (known !== undefined || said === undefined) return known ?? uidFrom(id, said);
    return uidFrom(id, said);
  }

  async function restore(from: Journal | undefined): Promise<void> {
    if (!from) return;
    const { steps, since, history } = await from
      .read()
      .catch(() => ({ steps: [], since: undefined, history: undefined }));
    document.restore(steps, history ?? document.state.history);
    if (steps.length > 0 && since) state.setState({ restored: { steps: steps.length, since } });
  }

  async function keep(into: Journal | undefined): Promise<void> {
    if (!into) return;
    try {
      await into.keep(document.state.pending);
    } catch {
      // Full, or taken away: the page says that nothing is kept on this device.
      state.setState({ journal: 'none' });
    }
  }

  function updateRun(run: Partial<Run> & Pick<Run, 'id'>): void {
    const { runs } = state.getState();
    const known = runs.find(({ id }) => id === run.id);
    if (known) setRuns(runs.map((each) => (each === known ? { ...known, ...run } : each)));
    else if ('job' in run) setRuns([run as Run, ...runs]);
    else
      void runCalls.get(run.id).then(
        (whole) => updateRun(whole),
        () => undefined,
      );
  }

  function setRuns(runs: readonly Run[]): void {
    state.setState({ runs });
  }
}

const frames = (numbers: readonly number[]): ReadonlySet<FrameNumber> => new Set(numbers.map(toFrame));
