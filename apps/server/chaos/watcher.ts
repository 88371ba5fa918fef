import { type Place, serverUrl, sleep } from './processes.ts';

export type Keyframe = { frame: number; points: number[]; outside: boolean; origin?: string; [key: string]: unknown };
export type Track = { id: number; shapes: Keyframe[]; [key: string]: unknown };
export type Run = {
  id: string;
  state: string;
  message: string;
  done_frame: number;
  frames_done: number;
  objects: { id: number; object: number; last_frame: number }[];
};

/** Asks the server, again while it is away: it is killed all the time. */
export function createAsker(place: Place) {
  return async function ask<T>(method: string, address: string, body?: unknown): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await fetch(`${serverUrl(place)}${address}`, {
          method,
          headers: { Authorization: `Bearer ${place.token}`, 'Content-Type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        if (answer.status < 400) return (text ? JSON.parse(text) : undefined) as T;
        if (answer.status < 500) throw new Refused(answer.status, `${method} ${address}: ${answer.status} ${text}`);
      } catch (error) {
        if (error instanceof Refused || attempt > 600) throw error;
      }
      await sleep(200);
    }
  };
}
export type Ask = ReturnType<typeof createAsker>;

export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * What the server has said is done, kept against it: a frame that it once showed must be there ever after, with the same
 * points, but where the person of this loop changed it.
 */
export class Witness {
  readonly #ask: Ask;
  readonly #job: number;
  readonly #seen = new Map<number, Map<number, string>>();
  /** Object → frame → points as the person left them. */
  readonly edits = new Map<number, Map<number, string>>();
  /** Shapes that the person drew meanwhile. */
  readonly drawn: number[] = [];
  checks = 0;

  constructor(ask: Ask, job: number) {
    this.#ask = ask;
    this.#job = job;
  }

  async tracks(): Promise<Track[]> {
    return (await this.#ask<{ tracks: Track[] }>('GET', `/api/jobs/${this.#job}/annotations`)).tracks;
  }

  /** Compares with all that was seen before. Throws what is missing or differs. */
  async look(run: Run): Promise<void> {
    // The run first: frames that it calls done now must be in what is read after.
    const now = await this.#ask<Run>('GET', `/api/runs/${run.id}`);
    const tracks = new Map((await this.tracks()).map((track) => [track.id, track]));
    for (const { object, last_frame } of now.objects) {
      const track = tracks.get(object);
      if (!track) throw new Error(`Track ${object} is gone.`);
      const frames = new Map(track.shapes.map((shape) => [shape.frame, JSON.stringify(shape.points)]));
      for (let frame = 0; frame <= last_frame; frame++)
        if (!frames.has(frame)) throw new Error(`Frame ${frame} of track ${object} was acknowledged, and is missing.`);
      const seen = this.#seen.get(object) ?? new Map<number, string>();
      const edits = this.edits.get(object) ?? new Map<number, string>();
      for (const [frame, points] of seen) {
        const expected = edits.get(frame) ?? points;
        if (frames.get(frame) !== expected) throw new Error(`Frame ${frame} of track ${object} has changed.`);
      }
      this.#seen.set(object, frames);
    }
    this.checks++;
  }

  /** As a person would: moves a finished keyframe, and draws a shape elsewhere. */
  async edit(run: Run, labelId: number, random: () => number): Promise<void> {
    const { object } = run.objects[Math.floor(random() * run.objects.length)]!;
    for (;;) {
      const track = (await this.tracks()).find((each) => each.id === object)!;
      const done = track.shapes.filter((shape) => shape.frame > 0 && !shape.outside);
      if (done.length < 2) return;
      const shape = done[Math.floor(random() * (done.length - 1))]!;
      shape.points = shape.points.map((value) => Math.round((value + 1.5) * 100) / 100);
      try {
        await this.#ask('PATCH', `/api/jobs/${this.#job}/annotations?action=update`, {
          version: 0,
          tags: [],
          shapes: [],
          tracks: [track],
        });
      } catch (error) {
        // The tracker was quicker; a person's page would read anew, too.
        if (error instanceof Refused && error.status === 409) continue;
        throw error;
      }
      this.edits.set(object, (this.edits.get(object) ?? new Map()).set(shape.frame, JSON.stringify(shape.points)));
      break;
    }
    const drawn = await this.#ask<{ shapes: { id: number }[] }>(
      'PATCH',
      `/api/jobs/${this.#job}/annotations?action=create`,
      {
        version: 0,
        tags: [],
        tracks: [],
        shapes: [{ type: 'rectangle', frame: 0, label_id: labelId, points: [1, 1, 5, 5] }],
      },
    );
    this.drawn.push(...drawn.shapes.map(({ id }) => id));
  }
}
