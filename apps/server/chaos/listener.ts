import assert from 'node:assert/strict';
import { applyChanges, type LabeledData } from '@roto/annotations';
import { type Place, serverUrl, sleep } from './processes.ts';
import type { Ask } from './watcher.ts';

// biome-ignore lint/suspicious/noExplicitAny: events of every shape
type Data = any;

const NOTHING: LabeledData = { version: 0, tags: [], shapes: [], tracks: [] };

/**
 * Reads the stream of a job, comes back whenever it breaks, and has from it alone what is in the job: nothing is ever
 * read besides.
 */
export class JobListener {
  readonly #place: Place;
  readonly #job: number;
  #held = NOTHING;
  #kinds = new Map<number, string>();
  #stopped = false;
  readonly #leave = new AbortController();
  connections = 0;
  events = 0;
  comparisons = 0;

  constructor(place: Place, job: number) {
    this.#place = place;
    this.#job = job;
    void this.#listen();
  }

  stop(): void {
    this.#stopped = true;
    this.#leave.abort();
  }

  /** Waits until the stream has come as far as the job, and compares. Throws what differs. */
  async compare(ask: Ask): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const whole = await ask<LabeledData>('GET', `/api/jobs/${this.#job}/annotations`);
      // Agents and the person may be at work: only states of one version are compared.
      for (let wait = 0; wait < 40 && this.#held.version < whole.version; wait++) await sleep(50);
      if (this.#held.version === whole.version) {
        assert.deepEqual(this.#held, whole, `What the stream told differs from the job at version ${whole.version}`);
        this.comparisons++;
        return;
      }
      if (attempt > 100)
        throw new Error(
          `The stream is at version ${this.#held.version}, the job at ${whole.version}, and stays there.`,
        );
    }
  }

  async #listen(): Promise<void> {
    while (!this.#stopped) {
      try {
        const answer = await fetch(`${serverUrl(this.#place)}/api/jobs/${this.#job}/events?since=0&objects=all`, {
          headers: { Authorization: `Bearer ${this.#place.token}`, 'Last-Event-ID': String(this.#held.version) },
          signal: this.#leave.signal,
        });
        if (answer.ok) {
          this.connections++;
          await this.#read(answer.body!);
        }
      } catch {
        // The server was killed.
      }
      await sleep(100);
    }
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const messages = text.split('\n\n');
      text = messages.pop()!;
      for (const message of messages) {
        const event = /^event: (.*)$/m.exec(message)?.[1];
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (event !== undefined && data !== undefined) this.#take(event, JSON.parse(data));
      }
    }
  }

  #take(event: string, data: Data): void {
    this.events++;
    const { version } = this.#held;
    if (event === 'reset') throw new Error('The stream was reset.');
    if (event === 'version') this.#held = { ...this.#held, version: data.version };
    if (event === 'object') {
      this.#kinds.set(data.id, data.kind);
      if (data.action === 'delete') this.#apply({ removed: [data.id], version });
    }
    if (event === 'keyframes') {
      const kind = this.#kinds.get(data.id)!;
      const list = `${kind}s`;
      this.#apply({ version, [list]: [kind === 'track' ? changedTrack(data) : data.object] });
    }
  }

  #apply(changes: Data): void {
    this.#held = applyChanges(this.#held, { tags: [], shapes: [], tracks: [], removed: [], ...changes });
  }
}

/** A `keyframes` event as an answer to `since` has it. */
function changedTrack({ object, whole, keyframes }: Data): Data {
  const [own, ...parts] = keyframes;
  return {
    ...object,
    whole,
    shapes: own.shapes,
    removed_frames: own.removed_frames,
    elements: object.elements.map((element: Data, i: number) => ({ ...element, ...parts[i] })),
  };
}
