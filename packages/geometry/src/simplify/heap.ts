/** Binary heap of vertices by key, each at most once; `put` again changes the key. */
export class Heap {
  readonly #items: Int32Array;
  readonly #place: Int32Array;
  readonly #key: Float64Array;
  #length = 0;

  constructor(capacity: number) {
    this.#items = new Int32Array(capacity);
    this.#place = new Int32Array(capacity).fill(-1);
    this.#key = new Float64Array(capacity);
  }

  put(item: number, key: number): void {
    if (this.#place[item]! < 0) {
      this.#place[item] = this.#length;
      this.#items[this.#length++] = item;
    }
    this.#key[item] = key;
    this.#up(this.#place[item]!);
    this.#down(this.#place[item]!);
  }

  /** The lowest key, or infinity. */
  get lowest(): number {
    return this.#length === 0 ? Number.POSITIVE_INFINITY : this.#key[this.#items[0]!]!;
  }

  has(item: number): boolean {
    return this.#place[item]! >= 0;
  }

  /** The item of the lowest key, or −1. */
  take(): number {
    if (this.#length === 0) return -1;
    const item = this.#items[0]!;
    this.#place[item] = -1;
    const last = this.#items[--this.#length]!;
    if (last !== item) {
      this.#items[0] = last;
      this.#place[last] = 0;
      this.#down(0);
    }
    return item;
  }

  #up(from: number): void {
    let at = from;
    while (at > 0 && this.#less(at, (at - 1) >> 1)) {
      this.#swap(at, (at - 1) >> 1);
      at = (at - 1) >> 1;
    }
  }

  #down(from: number): void {
    let at = from;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < this.#length && this.#less(child, least)) least = child;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #less(a: number, b: number): boolean {
    return this.#key[this.#items[a]!]! < this.#key[this.#items[b]!]!;
  }

  #swap(a: number, b: number): void {
    const itemA = this.#items[a]!;
    const itemB = this.#items[b]!;
    this.#items[a] = itemB;
    this.#items[b] = itemA;
    this.#place[itemA] = b;
    this.#place[itemB] = a;
  }
}
