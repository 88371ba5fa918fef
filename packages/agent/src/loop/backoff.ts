/** Waits between tries of a call that may be repeated; each is twice the one before, up to a limit. */
export class BackOff {
  readonly #mostMs: number;
  #nextMs: number;
  constructor(firstMs: number, mostMs: number) {
    this.#nextMs = firstMs;
    this.#mostMs = mostMs;
  }
  /** Milliseconds of the wait before the next try. */
  next(): number {
    const now = this.#nextMs;
    this.#nextMs = Math.min(this.#mostMs, now * 2);
    return now;
  }
  reset(ms: number): void {
    this.#nextMs = Math.min(this.#mostMs, ms);
  }
}

/** Times of the loop, in milliseconds; CVAT's agent has the same (contract 4.7). */
export type Timing = {
  /** Between polls while there is no event stream, and while there is one. */
  readonly pollMs: number;
  readonly rarePollMs: number;
  /** Polls are spread by this share, so that agents do not come all at once. */
  readonly jitter: number;
  readonly retryMs: number;
  readonly mostRetryMs: number;
  readonly updateMs: number;
};

export const TIMING: Timing = {
  pollMs: 60_000,
  rarePollMs: 600_000,
  jitter: 0.15,
  retryMs: 5_000,
  mostRetryMs: 600_000,
  updateMs: 30_000,
};

/** `ms` ± the jitter. */
export function around(ms: number, jitter: number, random = Math.random): number {
  return ms * (1 - jitter + 2 * jitter * random());
}

/** `ms` or a little more. */
export function atLeast(ms: number, jitter: number, random = Math.random): number {
  return ms * (1 + jitter * random());
}
