// Goes from frame to frame. The one rule: number, picture, objects and time change together. While the picture of a frame
// is not there, everything stays as it was, and only `wanted` says where we are going.
import { type FrameNumber, toFrame } from '../document/records.ts';
import { FrameDropped, type FrameSource, MotionGuess, type Picture } from '../frames/index.ts';
import type { ViewStore } from '../view/view.ts';

export interface NavigatorOptions {
  source: FrameSource;
  view: ViewStore;
  /** Frames that stepping and playing pass over. */
  isSkipped: (frame: number) => boolean;
  /** Calls back before the next paint. */
  nextPaint?: (callback: () => void) => void;
  wait?: (ms: number) => Promise<void>;
}

/** A frame that could not be had is asked for again after these times. */
const RETRY_MS = [1_000, 3_000, 10_000];

export class Navigator {
  readonly #options: Required<NavigatorOptions>;
  readonly #motion = new MotionGuess();
  readonly #unsubscribe: () => void;
  /** Where a held key wants to go while the last step was not painted yet. */
  #queued: number | undefined;
  #painting = false;
  #request = 0;

  constructor(options: NavigatorOptions) {
    this.#options = {
      nextPaint: (callback) => requestAnimationFrame(callback),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      ...options,
    };
    this.#unsubscribe = options.source.subscribe((frame) => this.#improve(frame));
  }

  get first(): number {
    return this.#options.source.first;
  }

  get last(): number {
    return this.#options.source.last;
  }

  /** Where we are going, or are. */
  get target(): FrameNumber {
    const { frame, wanted } = this.#options.view.getState();
    return wanted ?? frame;
  }

  /** Shows a frame as soon as its picture is there. A later call takes the place of an earlier one. */
  async go(frame: number): Promise<void> {
    const to = toFrame(Math.min(this.last, Math.max(this.first, Math.round(frame))));
    const { source, view } = this.#options;
    const request = ++this.#request;
    this.#motion.moved(to);
    const cached = source.peek(to);
    if (cached) {
      this.#show(cached);
      this.look(0);
      return;
    }
    view.setState({ wanted: to, frameError: undefined });
    this.look(0);
    await this.#fetch(to, request);
  }

  /**
   * Goes `by` frames on from where we are going, over deleted frames. A held key (`repeat`) never asks for more than one
   * frame beyond what is painted.
   */
  step(by: number, repeat = false): void {
    const from = this.#queued ?? this.target;
    const to = this.#landing(from, by);
    if (to === from) return;
    if (repeat && (this.#painting || this.#options.view.getState().wanted !== undefined)) {
      this.#queued ??= to;
      return;
    }
    this.#queued = undefined;
    void this.go(to);
  }

  /** Shows a picture that is there: what playing and scrubbing do. */
  show(picture: Picture): void {
    this.#request++;
    this.#motion.moved(picture.frame);
    this.#show(picture);
  }

  /** Fetches what comes next, at `pace` frames a second of going by itself. */
  look(pace: number): void {
    this.#options.source.window({ center: this.target, step: pace > 0 ? 1 : this.#motion.step, pace });
  }

  close(): void {
    this.#request++;
    this.#unsubscribe();
  }

  async #fetch(frame: FrameNumber, request: number): Promise<void> {
    const { source, view, wait } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        const picture = await source.get(frame);
        if (request === this.#request) this.#show(picture);
        return;
      } catch (error) {
        if (request !== this.#request) return;
        if (!(error instanceof FrameDropped)) view.setState({ frameError: wordsOf(error) });
        await wait(error instanceof FrameDropped ? 0 : (RETRY_MS[attempt] ?? 10_000));
        if (request !== this.#request) return;
      }
    }
  }

  #show(picture: Picture): void {
    const frame = toFrame(picture.frame);
    this.#painting = true;
    this.#options.view.setState({ frame, picture, wanted: undefined, frameError: undefined });
    this.#options.nextPaint(() => {
      this.#painting = false;
      const queued = this.#queued;
      this.#queued = undefined;
      if (queued !== undefined && this.#options.view.getState().wanted === undefined) void this.go(queued);
    });
  }

  /** A better picture of the frame in view takes the place of the one before, which the cache has closed. */
  #improve(frame: number): void {
    const { view, source } = this.#options;
    const { picture } = view.getState();
    if (picture?.frame !== frame) return;
    const better =
      source.peekExact(frame) && picture.quality === 'original' ? source.peekExact(frame) : source.peek(frame);
    if (better && better !== picture) view.setState({ picture: better });
  }

  #landing(from: number, by: number): number {
    const sign = Math.sign(by);
    let to = Math.min(this.last, Math.max(this.first, from + by));
    while (this.#options.isSkipped(to) && to + sign >= this.first && to + sign <= this.last) to += sign;
    return this.#options.isSkipped(to) ? from : to;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
