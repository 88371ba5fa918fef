/** Collects little-endian values and tensors; `bytes` joins them. The mirror of ByteReader. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    return this.#add(Uint8Array.of(value));
  }

  u32(value: number): this {
    return this.#view(4, (view) => view.setUint32(0, value, true));
  }

  /** Any integer that a double holds exactly. */
  integer(value: number): this {
    return this.f64(value);
  }

  f64(value: number): this {
    return this.#view(8, (view) => view.setFloat64(0, value, true));
  }

  flag(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  /** UTF-8 with its byte length before it. */
  text(value: string): this {
    const utf8 = new TextEncoder().encode(value);
    return this.u32(utf8.length).#add(utf8);
  }

  /** Float32 values; the reader knows how many. */
  floats(values: Float32Array): this {
    return this.#view(values.length * 4, (view) => {
      for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i]!, true);
    });
  }

  /** 16-bit words; the reader knows how many. */
  words(values: Uint16Array): this {
    return this.#view(values.length * 2, (view) => {
      for (let i = 0; i < values.length; i++) view.setUint16(i * 2, values[i]!, true);
    });
  }

  bytes(): Uint8Array {
    const joined = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  #view(length: number, write: (view: DataView) => void): this {
    const part = new Uint8Array(length);
    write(new DataView(part.buffer));
    return this.#add(part);
  }

  #add(part: Uint8Array): this {
    this.#parts.push(part);
    return this;
  }
}
