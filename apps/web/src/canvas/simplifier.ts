import type { Geometry, MaskGeometry } from '../document/records.ts';
import type { Size } from './points.ts';

export type SimplifyRequest = {
  readonly id: number;
  readonly mask: MaskGeometry;
  readonly size: Size;
  readonly iou: number;
};
export type SimplifyAnswer = {
  readonly id: number;
  readonly flat: readonly number[];
  readonly iou: number;
  readonly points: number;
};

/** Polygons of masks, made in a worker that is started when it is first needed. */
export class Simplifier {
  #worker: Worker | undefined;
  #id = 0;
  readonly #waiting = new Map<number, (answer: SimplifyAnswer) => void>();

  polygonOf(mask: MaskGeometry, size: Size, iou: number): Promise<Geometry> {
    const id = ++this.#id;
    const request: SimplifyRequest = { id, mask, size, iou };
    this.#started().postMessage(request);
    return new Promise((resolve) => this.#waiting.set(id, ({ flat }) => resolve({ kind: 'polygon', points: flat })));
  }

  close(): void {
    this.#worker?.terminate();
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('../workers/simplify.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<SimplifyAnswer>) => {
      this.#waiting.get(data.id)?.(data);
      this.#waiting.delete(data.id);
    });
    this.#worker = worker;
    return worker;
  }
}
