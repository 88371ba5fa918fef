import { eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { taskMedia } from '../database/schema/index.ts';
import type { EventStream } from '../http/event-stream.ts';
import { readRunProgress, runsUnderWay } from '../runs/show.ts';
import { type Asked, type JobChanges, readChanges } from './changes.ts';
import { createPeople } from './people.ts';

type Listener = {
  readonly stream: EventStream;
  /** Version until which everything was sent. */
  cursor: number;
  /** It is slow, and waited for. */
  waiting: boolean;
  /** Whose keyframes are sent too; undefined: nobody's. */
  readonly asked: Asked | undefined;
};

/** The listeners of one job. What changed is read once for all of them that have heard the same until now. */
type Room = {
  readonly jobId: number;
  readonly taskId: number;
  readonly listeners: Set<Listener>;
  /** Progress of runs as it was sent last, as text. */
  readonly runs: Map<string, string>;
  people: string;
  busy: boolean;
  again: boolean;
};

/** Streams of jobs (packages/wire/src/job-events.ts). Notices only say that there is something to look at. */
export function createRooms({ db, events }: Context) {
  const rooms = new Map<number, Room>();
  const people = createPeople(db, events, (jobId) => {
    const room = rooms.get(jobId);
    if (room) sendPeople(room);
  });
  const stop = events.hear((notice) => {
    if (notice === null) for (const room of rooms.values()) lookAtAll(room);
    else if (notice.on === 'job') poke(rooms.get(notice.jobId));
    else if (notice.on === 'run')
      each(
        ({ taskId }) => taskId === notice.taskId,
        (room) => sendRun(room, notice.runId),
      );
    else if (notice.on === 'media') each(({ taskId }) => taskId === notice.taskId, sendMedia);
    else if (notice.on === 'people') people.heard(notice);
  });
  const each = (isMeant: (room: Room) => boolean, work: (room: Room) => Promise<void>): void => {
    for (const room of rooms.values()) if (isMeant(room)) work(room).catch(() => endAll(room));
  };
  const lookAtAll = (room: Room): void => {
    poke(room);
    for (const runId of room.runs.keys()) sendRun(room, runId).catch(() => endAll(room));
    sendMedia(room).catch(() => endAll(room));
  };

  /** Sends what changed. Notices that come meanwhile make one more look. */
  function poke(room: Room | undefined): void {
    if (!room) return;
    room.again = true;
    if (room.busy) return;
    room.busy = true;
    // The database is away; readers come back and go on where they were.
    lookUntilQuiet(room).catch(() => endAll(room));
  }

  async function lookUntilQuiet(room: Room): Promise<void> {
    try {
      while (room.again) {
        room.again = false;
        await look(room);
      }
    } finally {
      room.busy = false;
    }
  }

  async function look(room: Room): Promise<void> {
    const [slow, ready] = [true, false].map((full) =>
      [...room.listeners].filter(({ stream }) => stream.isFull === full),
    );
    for (const listener of slow!) waitFor(room, listener);
    for (const [since, listeners] of Map.groupBy(ready!, ({ cursor }) => cursor)) {
      const changes = await readChanges(db, room.jobId, since, union(listeners));
      if (changes === 'gone') return endAll(room);
      for (const listener of listeners) {
        if ('reset' in changes) {
          listener.cursor = changes.reset;
          listener.stream.send('reset', { version: changes.reset }, changes.reset);
        } else if (changes.version > since) {
          listener.cursor = changes.version;
          send(listener, changes);
        }
      }
    }
  }

  /** One that is slow hears of what changed when it has taken what it was sent. */
  function waitFor(room: Room, listener: Listener): void {
    if (listener.waiting) return;
    listener.waiting = true;
    void listener.stream.drained().then(() => {
      listener.waiting = false;
      poke(room);
    });
  }

  async function sendRun(room: Room, runId: string): Promise<void> {
    const progress = await readRunProgress(db, runId, room.jobId);
    if (progress === undefined) {
      if (!room.runs.delete(runId)) return;
      for (const { stream } of room.listeners) stream.send('run', { id: runId, deleted: true });
      return;
    }
    const text = JSON.stringify(progress);
    if (room.runs.get(runId) === text) return;
    room.runs.set(runId, text);
    for (const { stream } of room.listeners) stream.sendText('run', text);
  }

  async function sendMedia(room: Room): Promise<void> {
    const [media] = await db
      .select({ deleted_frames: taskMedia.deletedFrames })
      .from(taskMedia)
      .where(eq(taskMedia.taskId, room.taskId));
    if (media) for (const { stream } of room.listeners) stream.send('media', media);
  }

  function sendPeople(room: Room): void {
    const text = JSON.stringify({ people: people.of(room.jobId) });
    if (text === room.people) return;
    room.people = text;
    for (const { stream } of room.listeners) stream.sendText('people', text);
  }

  function endAll(room: Room): void {
    for (const { stream } of [...room.listeners]) stream.end();
  }

  return {
    /** `since`: version that the reader has; null: they want what comes from now on. */
    async add(
      job: { readonly id: number; readonly taskId: number; readonly version: number },
      stream: EventStream,
      { since, asked }: { readonly since: number | null; readonly asked: Asked | undefined },
    ): Promise<void> {
      const room = rooms.get(job.id) ?? {
        jobId: job.id,
        taskId: job.taskId,
        listeners: new Set<Listener>(),
        runs: new Map<string, string>(),
        people: '',
        busy: false,
        again: false,
      };
      rooms.set(job.id, room);
      const listener: Listener = { stream, cursor: since ?? job.version, waiting: false, asked };
      room.listeners.add(listener);
      const { userId, username } = stream.request.principal;
      const before = room.people;
      const leave = people.join(job.id, { id: userId, username });
      stream.onEnd(() => {
        room.listeners.delete(listener);
        if (room.listeners.size === 0 && rooms.get(job.id) === room) rooms.delete(job.id);
        leave();
      });
      // Whoever joins as the first of their person has changed it, and it was sent.
      if (room.people === before) stream.sendText('people', room.people);
      poke(room);
      for (const { id, progress } of await runsUnderWay(db, job.id)) {
        const text = JSON.stringify(progress);
        room.runs.set(id, text);
        stream.sendText('run', text);
      }
    },
    close(): void {
      stop();
      people.close();
    },
  };
}

/** The objects that any of the listeners asks for. */
function union(listeners: readonly Listener[]): Asked {
  const all = new Set<number>();
  for (const { asked } of listeners) {
    if (asked === 'all') return 'all';
    for (const id of asked ?? []) all.add(id);
  }
  return all;
}

/** One save's events; the version comes last, so that whoever breaks off before it is told all of it again. */
function send({ stream, asked }: Listener, { version, objects, keyframes }: JobChanges): void {
  for (const object of objects) stream.send('object', object);
  for (const [id, text] of keyframes) if (asked === 'all' || asked?.has(id)) stream.sendText('keyframes', text);
  stream.send('version', { version }, version);
}
