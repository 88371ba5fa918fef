// Playing by the times of the source: the clock says which frame is due, and it is shown when its picture is there.
import { type FrameSource, frameAt, rateOf, timeOf } from '../frames/index.ts';
import type { ViewStore } from '../view/view.ts';
import type { Navigator } from './navigator.ts';

export interface PlaybackOptions {
  source: FrameSource;
  navigator: Navigator;
  view: ViewStore;
  isSkipped: (frame: number) => boolean;
  speed: () => number;
  everyFrame: () => boolean;
  now?: () => number;
  nextPaint?: (callback: () => void) => number;
  cancelPaint?: (id: number) => void;
}

/** The clock waits for pictures rather than run away from them by more than this. */
const PATIENCE_S = 0.5;

export class Playback {
  readonly #options: Required<PlaybackOptions>;
  #paint = 0;
  /** The media time of `#from` on the wall clock. */
  #anchor = { media: 0, wall: 0, speed: 1 };
  #aheadOf = -1;

  constructor(options: PlaybackOptions) {
    this.#options = {
      now: () => performance.now(),
      nextPaint: (callback) => requestAnimationFrame(callback),
      cancelPaint: (id) => cancelAnimationFrame(id),
      ...options,
    };
  }

  toggle(): void {
    if (this.#options.view.getState().playing) this.pause();
    else this.play();
  }

  play(): void {
    const { view, source, navigator } = this.#options;
    if (view.getState().playing) return;
    if (view.getState().frame >= source.last) void navigator.go(source.first);
    view.setState({ playing: true });
    this.#anchorAt(navigator.target);
    this.#tick();
  }

  pause(): void {
    const { view, navigator } = this.#options;
    if (!view.getState().playing) return;
    this.#options.cancelPaint(this.#paint);
    view.setState({ playing: false });
    navigator.look(0);
  }

  #anchorAt(frame: number): void {
    const { source, speed, now } = this.#options;
    this.#anchor = { media: timeOf(source.table, frame), wall: now(), speed: speed() };
  }

  #tick = (): void => {
    const { view, source, navigator, speed, everyFrame, isSkipped, now, nextPaint } = this.#options;
    const { frame, wanted, playing } = view.getState();
    if (!playing) return;
    this.#paint = nextPaint(this.#tick);
    if (wanted !== undefined) {
      // Somebody jumped: go on from there when it is shown.
      this.#anchorAt(wanted);
      return;
    }
    if (this.#anchor.speed !== speed()) this.#anchorAt(frame);
    const media = this.#anchor.media + ((now() - this.#anchor.wall) / 1000) * this.#anchor.speed;
    let due = Math.min(frameAt(source.table, media), source.last);
    if (due < frame) return;
    if (everyFrame()) due = Math.min(due, frame + 1);
    while (due < source.last && isSkipped(due)) due++;
    if (this.#aheadOf !== frame) {
      this.#aheadOf = frame;
      navigator.look(rateOf(source.table) * speed());
    }
    if (due > frame) this.#showDue(frame, due, media);
    if (view.getState().frame >= source.last) this.pause();
  };

  #showDue(frame: number, due: number, media: number): void {
    const { source, navigator, everyFrame } = this.#options;
    for (let n = due; n > frame; n--) {
      const picture = source.peek(n);
      if (!picture) continue;
      navigator.show(picture);
      if (everyFrame()) this.#anchorAt(n);
      return;
    }
    // Nothing of what is due has come: the clock waits.
    if (media - timeOf(source.table, frame) > PATIENCE_S) this.#anchorAt(frame);
  }
}
