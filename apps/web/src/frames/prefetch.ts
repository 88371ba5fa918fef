// Which frames to have before they are asked for.

export interface Motion {
  /** The frame that is shown or asked for. */
  center: number;
  /** Frames of one step with its sign: 1, −1, 10, −10. */
  step: number;
  /** Frames a second that are gone through now; 0 when nothing moves by itself. */
  pace: number;
}

export interface Window {
  first: number;
  last: number;
  /** How many pictures the cache has room for. */
  room: number;
}

/**
 * Frames in the order in which they should be fetched: the one asked for, then those that the next steps reach, then the
 * neighbours, then two behind. Never more than half of the cache, so that what is shown stays in it.
 */
export function framesAhead(motion: Motion, { first, last, room }: Window): number[] {
  const { center, pace } = motion;
  const step = motion.step === 0 ? 1 : motion.step;
  const sign = Math.sign(step);
  const half = Math.max(1, Math.floor(room / 2));
  const ahead = Math.max(1, Math.min(half, Math.max(4, Math.ceil(pace * 0.7))));
  const wanted: number[] = [center];
  for (let k = 1; k <= (Math.abs(step) > 1 ? 2 : ahead); k++) wanted.push(center + k * step);
  for (let k = 1; k <= Math.min(4, ahead); k++) wanted.push(center + k * sign);
  wanted.push(center - sign, center - 2 * sign);
  const seen = new Set<number>();
  return wanted.filter((n) => n >= first && n <= last && !seen.has(n) && seen.add(n)).slice(0, half + 3);
}

/** Direction and size of a step, by the last three moves: what two of three did goes on. */
export class MotionGuess {
  readonly #moves: number[] = [];
  #at: number | undefined;

  moved(to: number): void {
    if (this.#at !== undefined && to !== this.#at) this.#moves.push(to - this.#at);
    this.#at = to;
    if (this.#moves.length > 3) this.#moves.shift();
  }

  get step(): number {
    const backward = this.#moves.filter((move) => move < 0).length;
    const sign = backward * 2 > this.#moves.length ? -1 : 1;
    const last = this.#moves.at(-1);
    const before = this.#moves.at(-2);
    const size = last !== undefined && last === before && Math.abs(last) <= 100 ? Math.abs(last) : 1;
    return sign * size;
  }
}
