import type { FrameResult } from '@roto/annotations/results';
import type { TrackEvents } from './events.ts';
import type { ResultsFile } from './results-file.ts';

/**
 * Finished frames that a resumed run goes over again, because the newest usable snapshot is older than the last of them.
 * Only the tracker's state is wanted: their lines stay in the file, so that a run which is cut short again has lost
 * nothing. They come out the same on the same machine; where they do not, that is said once.
 */
export class Recomputation {
  readonly #results: ResultsFile;
  readonly #events: TrackEvents;
  readonly #from: number;
  readonly #end: number;
  #differs = false;

  /** @param place  frames of the pass that the session's state stands after */
  constructor(results: ResultsFile, place: number, events: TrackEvents) {
    this.#results = results;
    this.#events = events;
    this.#from = place;
    this.#end = results.count;
  }

  /** Frames to go over. */
  get length(): number {
    return this.#end - this.#from;
  }

  /** Whether the frame at a place of the pass is finished. */
  covers(place: number): boolean {
    return place < this.#end;
  }

  async compare(place: number, frame: FrameResult): Promise<void> {
    if (!this.#differs && !(await this.#results.holds(place, frame))) {
      this.#differs = true;
      this.#events.warn(
        `Frame ${frame.frame} comes out otherwise than it stands in ${this.#results.path} (another machine, number of ` +
          'threads or version made it). Finished frames stay as they are.',
      );
    }
    this.#events.recomputed(frame, place - this.#from + 1, this.length);
  }
}
