// Pictures from the server: at most four requests at once, the nearest frame first, and what nobody wants any more is ended.
import type { Picture, Quality } from './picture.ts';

export interface ServerFeederOptions {
  /** Fetches the file of a frame; rejects with words that can be shown. */
  load: (frame: number, quality: Quality, signal: AbortSignal) => Promise<Blob>;
  decode: (file: Blob) => Promise<ImageBitmap>;
  atOnce?: number;
}

interface Job {
  readonly frame: number;
  readonly quality: Quality;
  readonly abort: AbortController;
  /** The lower, the sooner. */
  rank: number;
  started: boolean;
  readonly result: PromiseWithResolvers<Picture>;
}

export class ServerFeeder {
  readonly #options: ServerFeederOptions;
  readonly #atOnce: number;
  readonly #jobs = new Map<string, Job>();
  #running = 0;

  constructor(options: ServerFeederOptions) {
    this.#options = options;
    this.#atOnce = options.atOnce ?? 4;
  }

  /** Asks for a frame; a second request for the same one joins the first, with the better rank of both. */
  get(frame: number, quality: Quality, rank: number): Promise<Picture> {
    const key = keyOf(frame, quality);
    const known = this.#jobs.get(key);
    if (known) {
      known.rank = Math.min(known.rank, rank);
      return known.result.promise;
    }
    const job: Job = {
      frame,
      quality,
      rank,
      started: false,
      abort: new AbortController(),
      result: Promise.withResolvers<Picture>(),
    };
    // A prefetch that is ended has nobody who listens.
    job.result.promise.catch(() => {});
    this.#jobs.set(key, job);
    this.#pump();
    return job.result.promise;
  }

  isAsked(frame: number, quality: Quality): boolean {
    return this.#jobs.has(keyOf(frame, quality));
  }

  /** Gives every request that waits or runs a new rank; undefined ends it. */
  rank(rankOf: (frame: number, quality: Quality) => number | undefined): void {
    for (const [key, job] of this.#jobs) {
      const rank = rankOf(job.frame, job.quality);
      if (rank === undefined) this.#end(key, job);
      else job.rank = rank;
    }
    this.#pump();
  }

  close(): void {
    for (const [key, job] of this.#jobs) this.#end(key, job);
  }

  #end(key: string, job: Job): void {
    this.#jobs.delete(key);
    // Its place is free at once: an ended request may take long to notice.
    if (job.started) this.#running--;
    job.abort.abort();
    job.result.reject(new FrameDropped(job.frame));
  }

  #pump(): void {
    while (this.#running < this.#atOnce) {
      let next: Job | undefined;
      for (const job of this.#jobs.values()) {
        if (!job.started && (!next || job.rank < next.rank)) next = job;
      }
      if (!next) return;
      void this.#run(next);
    }
  }

  async #run(job: Job): Promise<void> {
    const { frame, quality } = job;
    job.started = true;
    this.#running++;
    try {
      const file = await this.#options.load(frame, quality, job.abort.signal);
      const bitmap = await this.#options.decode(file);
      if (job.abort.signal.aborted) bitmap.close();
      else job.result.resolve({ frame, quality, from: 'server', bitmap });
    } catch (error) {
      job.result.reject(error);
    } finally {
      if (!job.abort.signal.aborted) {
        this.#running--;
        this.#jobs.delete(keyOf(frame, quality));
        this.#pump();
      }
    }
  }
}

const keyOf = (frame: number, quality: Quality): string => `${frame} ${quality}`;

/** The frame is not wanted any more: no failure, nothing to show. */
export class FrameDropped extends Error {
  readonly code = 'frame-dropped';
  constructor(frame: number) {
    super(`Frame ${frame} is not needed any more.`);
    this.name = 'FrameDropped';
  }
}
