import type { Frame } from '@roto/media';

/** What is read of a video. */
type Video = {
  readonly info: { readonly width: number; readonly height: number };
  read(index: number): Promise<Frame>;
};

type Outcome = { readonly frame: Frame } | { readonly error: unknown };

/** Somebody who wants frames, in rising order, each once. */
type Reader = {
  readonly wanted: readonly number[];
  /** Place in `wanted` of the next frame that is to be decoded for this reader. */
  place: number;
  /** Decoded, and not taken yet. */
  readonly ready: Outcome[];
  /** When it last had no room; 0 while it has. */
  fullSince: number;
  onReady: () => void;
};

/** Bytes of decoded pictures that wait for one reader, and how many that are at least and at most. */
const READY_BYTES = 24 * 1024 * 1024;
const [LEAST_READY, MOST_READY] = [2, 8];

/** Frames that one reader gets in a row while another waits. To go elsewhere costs up to a group of pictures. */
const TURN = 96;
/** The same while somebody waits for a single frame. */
const SHORT_TURN = 24;

/** So long a reader may leave its pictures lying before another gets its turn. */
const PATIENCE_MS = 2_000;

/**
 * Orders the requests for one video into passes. Frames that are asked for here and there make a decoder begin again for
 * each; so one reader is served until it is done, has had its turn, or does not take what is there, and a frame that is
 * decoded goes to everybody who waits for it.
 */
export class Passes {
  readonly #video: Video;
  readonly #room: number;
  readonly #readers = new Set<Reader>();
  #current: Reader | undefined;
  #inTurn = 0;
  #isRunning = false;
  #wake: () => void = () => undefined;

  constructor(video: Video) {
    this.#video = video;
    const bytes = video.info.width * video.info.height * 3;
    this.#room = Math.min(MOST_READY, Math.max(LEAST_READY, Math.floor(READY_BYTES / bytes)));
  }

  /** One frame. Throws what reading it throws. */
  async read(index: number): Promise<Frame> {
    for await (const outcome of this.#serve([index])) {
      if ('error' in outcome) throw outcome.error;
      return outcome.frame;
    }
    throw new Error(`Frame ${index} was not read.`);
  }

  /** Frames in rising order; ends with the error of the first that cannot be read. Leaving it early frees its place. */
  async *range(indices: readonly number[]): AsyncGenerator<Frame> {
    for await (const outcome of this.#serve(indices)) {
      if ('error' in outcome) throw outcome.error;
      yield outcome.frame;
    }
  }

  async *#serve(wanted: readonly number[]): AsyncGenerator<Outcome> {
    const reader: Reader = { wanted, place: 0, ready: [], fullSince: 0, onReady: () => undefined };
    this.#readers.add(reader);
    this.#start();
    try {
      for (let given = 0; given < wanted.length; given++) {
        while (reader.ready.length === 0) {
          await new Promise<void>((resolve) => {
            reader.onReady = resolve;
          });
        }
        const outcome = reader.ready.shift()!;
        reader.fullSince = 0;
        this.#wake();
        yield outcome;
      }
    } finally {
      this.#readers.delete(reader);
      this.#wake();
    }
  }

  #start(): void {
    this.#wake();
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    while ([...this.#readers].some(isUnfinished)) {
      const reader = this.#choose();
      if (!reader) {
        await this.#change();
        continue;
      }
      const index = reader.wanted[reader.place]!;
      const outcome = await this.#video.read(index).then(
        (frame) => ({ frame }),
        (error: unknown) => ({ error }),
      );
      this.#inTurn++;
      for (const other of this.#readers) {
        if (other.wanted[other.place] !== index || (other !== reader && !this.#hasRoom(other))) continue;
        other.place++;
        other.ready.push(outcome);
        if (!this.#hasRoom(other)) other.fullSince = performance.now();
        other.onReady();
      }
    }
    this.#isRunning = false;
    this.#current = undefined;
  }

  /** Who is served next; undefined: the one whose turn it is has not taken its pictures yet. */
  #choose(): Reader | undefined {
    const waiting = [...this.#readers].filter((reader) => isUnfinished(reader) && this.#hasRoom(reader));
    const current = this.#current && this.#readers.has(this.#current) && isUnfinished(this.#current) && this.#current;
    if (current) {
      const others = waiting.filter((reader) => reader !== current);
      const turn = others.some(({ wanted }) => wanted.length === 1) ? SHORT_TURN : TURN;
      const isOver = this.#inTurn >= turn && others.length > 0;
      if (!isOver && this.#hasRoom(current)) return current;
      if (!isOver && performance.now() - current.fullSince < PATIENCE_MS) return undefined;
    }
    const position = current ? current.wanted[current.place]! : -1;
    const next = nearest(
      waiting.filter((reader) => reader !== current),
      position,
    );
    if (!next) return current && this.#hasRoom(current) ? current : undefined;
    this.#current = next;
    this.#inTurn = 0;
    return next;
  }

  #hasRoom(reader: Reader): boolean {
    return reader.ready.length < this.#room;
  }

  /** Until somebody comes, goes or takes a picture, or patience may have ended. */
  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

function isUnfinished({ wanted, place }: Reader): boolean {
  return place < wanted.length;
}

/** Single frames before ranges; among equals the first that lies ahead, else the first of all. */
function nearest(readers: readonly Reader[], position: number): Reader | undefined {
  const singles = readers.filter(({ wanted }) => wanted.length === 1);
  const pool = singles.length > 0 ? singles : readers;
  const at = (reader: Reader): number => reader.wanted[reader.place]!;
  const ahead = pool.filter((reader) => at(reader) >= position);
  return (ahead.length > 0 ? ahead : pool).toSorted((a, b) => at(a) - at(b))[0];
}
