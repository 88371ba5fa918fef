// Dragging the playhead: the nearest picture that is there is shown at once, the exact one when the pointer rests.
import type { FrameSource } from '../frames/index.ts';
import type { Navigator } from '../player/navigator.ts';
import type { Playback } from '../player/playback.ts';

const REST_MS = 60;

export class Scrub {
  readonly #parts: { source: FrameSource; navigator: Navigator; playback: Playback };
  #rest: ReturnType<typeof setTimeout> | undefined;
  #at: number | undefined;

  constructor(parts: { source: FrameSource; navigator: Navigator; playback: Playback }) {
    this.#parts = parts;
  }

  to(frame: number): void {
    if (frame === this.#at) return;
    this.#at = frame;
    const { source, navigator, playback } = this.#parts;
    playback.pause();
    const near = source.peek(frame) ?? source.nearest(frame);
    if (near) navigator.show(near);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void navigator.go(frame), REST_MS);
  }

  end(frame: number): void {
    clearTimeout(this.#rest);
    this.#at = undefined;
    void this.#parts.navigator.go(frame);
  }
}
