import type { FrameNumber, MaskGeometry } from '../document/records.ts';
import type { Answer, Effect, InteractorQuery } from '../tools/effect.ts';
import type { Size } from './points.ts';
import type { Simplifier } from './simplifier.ts';

/** Asks a function of the server what an object is; undefined: it found nothing. */
export type Interact = (
  query: InteractorQuery,
  frame: FrameNumber,
  signal: AbortSignal,
) => Promise<MaskGeometry | undefined>;

type Asked = Extract<Effect, { type: 'interact' }> & {
  readonly frame: FrameNumber;
  readonly reply: (request: number, answer: Answer) => void;
};

/** What tools ask of the server and of workers. One question to the interactor is on its way, the newest one waits. */
export class ToolRequests {
  readonly #interact: Interact | undefined;
  readonly #simplifier: Simplifier;
  readonly #noInteractor: string;
  readonly #stop = new AbortController();
  #running = false;
  #waiting: Asked | undefined;

  constructor(interact: Interact | undefined, simplifier: Simplifier, noInteractor: string) {
    this.#interact = interact;
    this.#simplifier = simplifier;
    this.#noInteractor = noInteractor;
  }

  interact(asked: Asked): void {
    this.#waiting = asked;
    if (!this.#running) void this.#next();
  }

  simplify(
    { request, mask, iou }: Extract<Effect, { type: 'simplify' }>,
    size: Size,
    reply: (request: number, answer: Answer) => void,
  ): void {
    void this.#simplifier.polygonOf(mask, size, iou).then((geometry) => reply(request, { type: 'geometry', geometry }));
  }

  close(): void {
    this.#stop.abort();
    this.#simplifier.close();
  }

  async #next(): Promise<void> {
    this.#running = true;
    while (this.#waiting) {
      const { request, query, frame, reply } = this.#waiting;
      this.#waiting = undefined;
      const answer = await this.#answer(query, frame);
      if (this.#stop.signal.aborted) return;
      reply(request, answer);
    }
    this.#running = false;
  }

  async #answer(query: InteractorQuery, frame: FrameNumber): Promise<Answer> {
    if (!this.#interact) return { type: 'failed', reason: this.#noInteractor };
    try {
      return { type: 'mask', mask: await this.#interact(query, frame, this.#stop.signal) };
    } catch (error) {
      return { type: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }
}
