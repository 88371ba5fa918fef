/** Bits of a header, highest first. Reading past the end gives zeros, and `past` says so. */
export class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The payload of a NAL unit, without the bytes that keep start codes out of it (H.264 7.3.1, H.265 7.3.1.1). */
  static ofNal(nal: Uint8Array, headerBytes: number, most = 256): Bits {
    const end = Math.min(nal.length, most);
    const out = new Uint8Array(Math.max(0, end - headerBytes));
    let to = 0;
    let zeros = 0;
    for (let i = headerBytes; i < end; i++) {
      const byte = nal[i]!;
      if (zeros >= 2 && byte === 3) {
        zeros = 0;
        continue;
      }
      zeros = byte === 0 ? zeros + 1 : 0;
      out[to++] = byte;
    }
    return new Bits(out.subarray(0, to));
  }

  get past(): boolean {
    return this.#at > this.#bytes.length * 8;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** At most 32 bits. */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  flag(): boolean {
    return this.read(1) === 1;
  }

  /** ue(v) of H.264 9.1 and H.265 9.2. */
  unsigned(): number {
    let zeros = 0;
    while (zeros < 32 && this.read(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.read(zeros);
  }

  /** se(v). */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
