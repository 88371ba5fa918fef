import { setTimeout as sleep } from 'node:timers/promises';
import type { RotoServer } from '../../../e2e/world/server.ts';
import { type JobDocument, toFrame } from '../../document/records.ts';
import { fromWire, wireKeyframe } from '../../document/wire.ts';
import { openSession } from '../../sync/session.ts';
import type { TestBrowser } from './browser.ts';
import { annotationsOf, type Person, type TestJob } from './job.ts';
import type { Fault, FaultyProxy } from './proxy.ts';
import {
  chooseEdits,
  chooseEvent,
  comparable,
  createModel,
  type EventName,
  FRAMES_OF_OTHERS,
  geometryOf,
  kindOf,
  randomOf,
} from './sequence.ts';

export type World = {
  readonly server: RotoServer;
  readonly proxy: FaultyProxy;
  readonly browser: TestBrowser;
  readonly person: Person;
  readonly job: TestJob;
  /** Events that this world does not have. */
  readonly without: ReadonlySet<EventName>;
};

const TIMING = { afterLastMs: 15, afterFirstMs: 60, firstPauseMs: 20, longestPauseMs: 80 };
const FAULTS: readonly Fault[] = ['none', 'none', 'before', 'after', 'after', 'cut', 500, 503];

export type Result = { readonly steps: number; readonly checks: number; readonly log: readonly string[] };

/** Plays one sequence, and compares the server with what the person did. @throws with the seed and the last steps */
export async function playSequence(world: World, seed: number, length: number): Promise<Result> {
  const { server, proxy, browser, person, job, without } = world;
  const random = randomOf(seed);
  const model = createModel();
  const log: string[] = [];
  let checks = 0;
  await person.ask('DELETE', `/api/jobs/${job.id}/annotations`);
  proxy.fault = () => 'none';
  proxy.setLine(true);
  proxy.passed.length = 0;
  browser.authorization = person.authorization;
  const open = () =>
    openSession({ job: job.id, user: person.id, deletedFrames: [], readOnly: undefined, timing: TIMING });
  let session = await open();
  const say = (what: string) => log.push(what);

  try {
    for (let step = 0; step < length; step++) {
      const event = chooseEvent(random, without);
      say(event);
      await play(event);
      if (random.next() < 0.5) await sleep(random.below(30));
    }
    say('end: everything works again');
    proxy.fault = () => 'none';
    proxy.setLine(true);
    browser.authorization = person.authorization;
    await settled();
    await compare('at the end');
    return { steps: length, checks, log };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const passed = process.env.TRACE ? `\nrequests:\n${proxy.passed.slice(-120).join('\n')}` : '';
    throw new Error(
      `Sequence ${seed} of ${length} steps: ${words}\nlast steps: ${log.slice(-25).join(', ')}${passed}`,
      {
        cause: error,
      },
    );
  } finally {
    session.close();
  }

  async function play(event: EventName): Promise<void> {
    switch (event) {
      case 'edit': {
        const { name, edits } = chooseEdits(random, session.document.state.document, job);
        if (edits.length === 0) return;
        session.document.commit({ name, frame: toFrame(0), edits });
        return model.did(edits);
      }
      case 'undo':
      case 'redo': {
        const before = session.document.state.pending;
        const { kind } = session.document[event]();
        if (kind === 'done')
          model.did(session.document.state.pending.slice(before.length).flatMap(({ edits }) => edits));
        return;
      }
      case 'save':
        void session.flush();
        return;
      case 'wait':
        // What is called saved is on the server: looked at whenever the page says so.
        await sleep(60 + random.below(150));
        if (session.state.getState().save.phase === 'saved' && session.document.state.pending.length === 0)
          await compare('saved');
        return;
      case 'line-down':
        return proxy.setLine(false);
      case 'line-up':
        proxy.setLine(true);
        return browser.tell('online');
      case 'faults-on':
        proxy.fault = () => random.pick(FAULTS);
        proxy.delayMs = () => random.below(40);
        return;
      case 'faults-off':
        proxy.fault = () => 'none';
        proxy.delayMs = () => 0;
        return;
      case 'signed-out':
        browser.authorization = undefined;
        return;
      case 'signed-in':
        browser.authorization = person.authorization;
        return session.signedIn();
      case 'reload':
      case 'kill-page':
        return reopen(event === 'reload');
      case 'kill-server':
        await server.kill();
        await sleep(random.below(100));
        return server.start();
      case 'other-person':
        return other();
    }
  }

  async function reopen(isReload: boolean): Promise<void> {
    if (isReload) browser.tell('pagehide');
    // Steps are on this device once their transaction is complete, a moment after the change.
    await sleep(20);
    session.close();
    proxy.setLine(true);
    browser.authorization = person.authorization;
    for (;;)
      try {
        session = await open();
        return;
      } catch {
        await sleep(50);
      }
  }

  /** Somebody else changes a keyframe that this person has not touched, or adds an object. */
  async function other(): Promise<void> {
    const data = await annotationsOf(person, job.id).catch(() => undefined);
    const track = data && data.tracks.length > 0 ? random.pick(data.tracks) : undefined;
    if (!track) return;
    const record = fromWire({ version: 0, tags: [], shapes: [], tracks: [track] }, () => undefined)[0]!.record;
    const mine = model.document.objects.get(record.uid);
    // Frames past those of the person's edits, so that nobody changes the same.
    const frame = toFrame(Math.min(job.last, FRAMES_OF_OTHERS + random.below(40)));
    if (mine?.kind !== 'track' || mine.keyframes.some((each) => each.frame === frame)) return;
    const geometry = geometryOf(random, kindOf(record));
    const made = { ...mine.keyframes[0]!, frame, geometry, outside: false };
    await person
      .ask('PATCH', `/api/jobs/${job.id}/annotations/${track.id}/keyframes`, { set: [wireKeyframe(made)] })
      .then(() => model.did([{ kind: 'set-keyframe', uid: record.uid, frame, before: undefined, after: made }]))
      .catch(() => undefined);
  }

  async function settled(): Promise<void> {
    const end = Date.now() + 30_000;
    for (;;) {
      await session.flush();
      const { conflicts, refused, save } = session.state.getState();
      for (const { uid } of conflicts) session.decide(uid, 'mine');
      if (refused.size > 0) throw new Error(`The server refused: ${[...refused.values()].join('; ')}`);
      if (session.document.state.pending.length === 0 && conflicts.length === 0) return;
      if (Date.now() > end) throw new Error(`It is not saved after 30 s, but ${JSON.stringify(save)}.`);
      await sleep(50);
    }
  }

  async function compare(when: string): Promise<void> {
    checks++;
    const data = await annotationsOf(person, job.id);
    const received = fromWire(data, () => undefined);
    const there = documentWith(received.map(({ record }) => record));
    if (there.objects.size !== received.length) throw new Error(`${when}: an object is on the server twice.`);
    differ(`${when}: the server`, comparable(there, model.contested), comparable(model.document, model.contested));
    // What others did reaches the page by its stream, a moment later.
    const end = Date.now() + 5_000;
    for (;;)
      try {
        return differ(
          `${when}: the page`,
          comparable(session.document.state.document, model.contested),
          comparable(model.document, model.contested),
        );
      } catch (error) {
        if (Date.now() > end) throw error;
        await sleep(30);
      }
  }
}

function documentWith(records: readonly Parameters<typeof kindOf>[0][]): JobDocument {
  return { objects: new Map(records.map((record) => [record.uid, record])), deletedFrames: new Set() };
}

function differ(who: string, have: ReadonlyMap<string, string>, want: ReadonlyMap<string, string>): void {
  for (const [uid, text] of want) {
    const other = have.get(uid);
    if (other === undefined) throw new Error(`${who} lacks object ${uid}: ${text.slice(0, 400)}`);
    if (other !== text)
      throw new Error(`${who} has object ${uid} as\n${other.slice(0, 900)}\nnot\n${text.slice(0, 900)}`);
  }
  for (const [uid, text] of have)
    if (!want.has(uid)) throw new Error(`${who} has object ${uid} too many: ${text.slice(0, 300)}`);
}
