import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { History } from '../document/history.ts';
import type { PendingStep } from '../document/store.ts';

interface Journals extends DBSchema {
  /** Steps that the server has not confirmed, by job and person, in order. */
  steps: {
    key: [journal: string, seq: number];
    value: { journal: string; seq: number; step: PendingStep; time: number };
  };
  /** What can be undone, by job and person. */
  history: { key: string; value: { journal: string; history: History } };
}

/** What one person did in one job, kept on this device until the server has it. */
export type Journal = {
  /** What is left of before. */
  read(): Promise<{
    readonly steps: readonly PendingStep[];
    readonly since: Date | undefined;
    readonly history: History | undefined;
  }>;
  /** Makes the journal hold these steps and no others. Resolves once they are safe from a crash of the browser. */
  keep(steps: readonly PendingStep[]): Promise<void>;
  keepHistory(history: History): Promise<void>;
  close(): void;
};

/** @throws when this browser keeps nothing for pages: private windows, blocked storage */
export async function openJournal(job: number, user: number): Promise<Journal> {
  const db = await openDB<Journals>('roto-journal', 1, {
    upgrade(made) {
      made.createObjectStore('steps', { keyPath: ['journal', 'seq'] });
      made.createObjectStore('history', { keyPath: 'journal' });
    },
  });
  return journalIn(db, `${job}/${user}`);
}

function journalIn(db: IDBPDatabase<Journals>, journal: string): Journal {
  /** What is in the database, by number: steps are values, so that the same one need not be written again. */
  const kept = new Map<number, PendingStep>();
  const range = IDBKeyRange.bound([journal, 0], [journal, Number.MAX_SAFE_INTEGER]);
  return {
    async read() {
      const rows = await db.getAll('steps', range);
      for (const { seq, step } of rows) kept.set(seq, step);
      return {
        steps: rows.map(({ step }) => step),
        since: rows[0] && new Date(rows[0].time),
        history: (await db.get('history', journal))?.history,
      };
    },
    async keep(steps) {
      const present = new Set(steps.map(({ seq }) => seq));
      const gone = [...kept.keys()].filter((seq) => !present.has(seq));
      const made = steps.filter((step) => kept.get(step.seq) !== step);
      if (gone.length + made.length === 0) return;
      // The calls are made in this tick, in order; the transaction completes later.
      const transaction = db.transaction('steps', 'readwrite');
      for (const seq of gone) {
        kept.delete(seq);
        void transaction.store.delete([journal, seq]);
      }
      for (const step of made) {
        kept.set(step.seq, step);
        void transaction.store.put({ journal, seq: step.seq, step, time: Date.now() });
      }
      await transaction.done;
    },
    async keepHistory(history) {
      await db.put('history', { journal, history });
    },
    close: () => db.close(),
  };
}
