import type { Geometry } from '../document/records.ts';
import type { PaintedItem, PaintStyle } from './paint.ts';
import type { RasterAnswer, RasterRequest } from './raster-message.ts';

type Job = {
  readonly width: number;
  readonly height: number;
  readonly matrix: RasterRequest['matrix'];
  readonly style: PaintStyle;
  readonly items: readonly PaintedItem[];
  readonly done: (bitmap: ImageBitmap, milliseconds: number) => void;
};

/** Messages after which a geometry that was not painted is dropped by the worker. */
const KEPT = 30;

/** Sends objects to the raster worker: one picture in the making at a time, of those that wait only the newest. */
export class Raster {
  readonly #worker: Worker;
  readonly #ids = new WeakMap<Geometry, number>();
  /** Geometries that the worker has, with the message that used them last. */
  readonly #held = new Map<number, number>();
  #nextGeometry = 1;
  #message = 0;
  #running: Job | undefined;
  #waiting: Job | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<RasterAnswer>) => this.#answered(data));
    worker.addEventListener('error', (event) => {
      // The next change of the scene asks again.
      this.#running = undefined;
      console.error(`The raster worker failed: ${event.message}`);
    });
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  paint(job: Job): void {
    if (this.#running) this.#waiting = job;
    else this.#send(job);
  }

  /** What waits is not wanted any more. */
  drop(): void {
    this.#waiting = undefined;
  }

  close(): void {
    this.#worker.terminate();
  }

  #send(job: Job): void {
    this.#running = job;
    const id = ++this.#message;
    const known: [number, Geometry][] = [];
    const items = job.items.map(({ geometry, color, occluded, opacity }) => {
      let number = this.#ids.get(geometry);
      if (number === undefined) {
        number = this.#nextGeometry++;
        this.#ids.set(geometry, number);
      }
      if (!this.#held.has(number)) known.push([number, geometry]);
      this.#held.set(number, id);
      return { geometry: number, color, occluded, opacity };
    });
    const forget: number[] = [];
    for (const [number, used] of this.#held) if (used < id - KEPT) forget.push(number);
    for (const number of forget) this.#held.delete(number);
    const { width, height, matrix, style } = job;
    const request: RasterRequest = { id, width, height, matrix, style, items, known, forget };
    this.#worker.postMessage(request);
  }

  #answered({ bitmap, milliseconds }: RasterAnswer): void {
    const job = this.#running;
    this.#running = undefined;
    job?.done(bitmap, milliseconds);
    const next = this.#waiting;
    this.#waiting = undefined;
    if (next) this.#send(next);
  }
}
