// Values by frame number under a limit of bytes: what was not asked for longest goes first, pinned frames never go.

export interface CacheOptions<V> {
  limit: number;
  bytesOf: (value: V) => number;
  /** Called once with every value that leaves, also when another takes its place. */
  release?: (value: V) => void;
}

export class ByteCache<V> {
  #limit: number;
  readonly #bytesOf: (value: V) => number;
  readonly #release: (value: V) => void;
  readonly #values = new Map<number, V>();
  #pinned: ReadonlySet<number> = new Set();
  #bytes = 0;

  constructor(options: CacheOptions<V>) {
    this.#limit = options.limit;
    this.#bytesOf = options.bytesOf;
    this.#release = options.release ?? (() => {});
  }

  get bytes(): number {
    return this.#bytes;
  }

  get limit(): number {
    return this.#limit;
  }

  /** A smaller limit takes effect at once: for when memory runs short. */
  set limit(bytes: number) {
    this.#limit = bytes;
    this.#trim();
  }

  frames(): Iterable<number> {
    return this.#values.keys();
  }

  has(frame: number): boolean {
    return this.#values.has(frame);
  }

  get(frame: number): V | undefined {
    const value = this.#values.get(frame);
    if (value === undefined) return undefined;
    this.#values.delete(frame);
    this.#values.set(frame, value);
    return value;
  }

  set(frame: number, value: V): void {
    this.delete(frame);
    this.#values.set(frame, value);
    this.#bytes += this.#bytesOf(value);
    this.#trim(frame);
  }

  delete(frame: number): void {
    const value = this.#values.get(frame);
    if (value === undefined) return;
    this.#values.delete(frame);
    this.#bytes -= this.#bytesOf(value);
    this.#release(value);
  }

  pin(frames: Iterable<number>): void {
    this.#pinned = new Set(frames);
    this.#trim();
  }

  clear(): void {
    for (const frame of [...this.#values.keys()]) this.delete(frame);
  }

  /** `fresh` was put in just now and stays, even where it alone is over the limit. */
  #trim(fresh?: number): void {
    if (this.#bytes <= this.#limit) return;
    for (const frame of [...this.#values.keys()]) {
      if (this.#bytes <= this.#limit) return;
      if (frame !== fresh && !this.#pinned.has(frame)) this.delete(frame);
    }
  }
}
