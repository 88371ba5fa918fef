/** Keeps what was made last, up to a number of bytes; what is being made is waited for and not made twice. */
export class ByteCache {
  readonly #kept = new Map<string, Uint8Array>();
  readonly #making = new Map<string, Promise<Uint8Array>>();
  readonly #limit: number;
  #bytes = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the value of `key` is there or under way. */
  has(key: string): boolean {
    return this.#kept.has(key) || this.#making.has(key);
  }

  /** The value of `key`; made by `make` unless it is there or under way. A failure is not kept. */
  async get(key: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const kept = this.#kept.get(key);
    if (kept) {
      // The last used stands last.
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const under = this.#making.get(key);
    if (under) return under;
    const making = make();
    this.#making.set(key, making);
    try {
      const made = await making;
      this.#keep(key, made);
      return made;
    } finally {
      this.#making.delete(key);
    }
  }

  #keep(key: string, value: Uint8Array): void {
    if (value.length > this.#limit) return;
    this.#kept.set(key, value);
    this.#bytes += value.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= this.#limit) return;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }
}
