import { randomUUID } from 'node:crypto';
import type { Person } from '@roto/wire';
import type { Db } from '../database/open.ts';
import type { Events, Notice } from '../events/events.ts';

/** What other processes say is said again this often, and no longer believed after three times as long. */
const SAY_AGAIN_MS = 30_000;
/** A notice has room for so many. */
const MOST_PEOPLE = 100;

type Said = { readonly people: readonly Person[]; readonly at: number };

/**
 * Who has which job open, in all processes: each says by notices who reads the streams that it holds. A process that dies
 * says nothing more, and is forgotten.
 */
export function createPeople(db: Db, events: Events, changed: (jobId: number) => void) {
  const me = randomUUID();
  /** Job → who has it open here, with the number of their streams. */
  const here = new Map<number, Map<number, Person & { count: number }>>();
  /** Job → process → who has it open there. Only of jobs that somebody has open here. */
  const elsewhere = new Map<number, Map<string, Said>>();

  const peopleHere = (jobId: number): Person[] =>
    [...(here.get(jobId)?.values() ?? [])].slice(0, MOST_PEOPLE).map(({ id, username }) => ({ id, username }));
  const say = (jobId: number, ask: boolean): void => {
    const notice: Notice = { on: 'people', jobId, process: me, people: peopleHere(jobId), ask };
    // A hint: it is said again.
    events.tell(db, notice).catch(() => undefined);
  };

  const timer = setInterval(() => {
    const oldest = performance.now() - 3 * SAY_AGAIN_MS;
    for (const [jobId, processes] of elsewhere) {
      const before = processes.size;
      for (const [process, { at }] of processes) if (at < oldest) processes.delete(process);
      if (processes.size !== before) changed(jobId);
    }
    for (const jobId of here.keys()) say(jobId, false);
  }, SAY_AGAIN_MS);
  timer.unref();

  return {
    /** Returns the way to leave. */
    join(jobId: number, { id, username }: Person): () => void {
      const isFirst = !here.has(jobId);
      const own = here.get(jobId) ?? new Map<number, Person & { count: number }>();
      here.set(jobId, own);
      const person = own.get(id) ?? { id, username, count: 0 };
      person.count++;
      own.set(id, person);
      if (person.count === 1) {
        say(jobId, isFirst);
        changed(jobId);
      }
      return () => {
        if (--person.count > 0) return;
        own.delete(id);
        if (own.size === 0 && here.get(jobId) === own) {
          here.delete(jobId);
          elsewhere.delete(jobId);
        }
        say(jobId, false);
        changed(jobId);
      };
    },
    of(jobId: number): Person[] {
      const all = new Map<number, Person>();
      for (const { people } of elsewhere.get(jobId)?.values() ?? []) for (const each of people) all.set(each.id, each);
      for (const each of peopleHere(jobId)) all.set(each.id, each);
      return [...all.values()].sort((a, b) => a.id - b.id);
    },
    heard({ jobId, process, people, ask }: Extract<Notice, { on: 'people' }>): void {
      if (process === me || !here.has(jobId)) return;
      const processes = elsewhere.get(jobId) ?? new Map<string, Said>();
      elsewhere.set(jobId, processes);
      if (people.length === 0) processes.delete(process);
      else processes.set(process, { people, at: performance.now() });
      changed(jobId);
      if (ask) say(jobId, false);
    },
    close(): void {
      clearInterval(timer);
    },
  };
}
