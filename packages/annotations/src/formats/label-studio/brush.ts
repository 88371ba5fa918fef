/*
 * Run lengths of Label Studio's brush: a row of bits. 32 bits: numbers in all; 5 bits: bits of a value, less one; four times 4
 * bits: bits of a length, less one, in four sizes. Then for each run: 1 bit, whether it is one value again and again; 2 bits,
 * which size its length has; the length, less one; the value, once or for each number. The numbers are the pixels, row by
 * row, each four times (red, green, blue, alpha), 0 or 255.
 */

const SIZES = [3, 4, 8, 16] as const;
const VALUE_BITS = 8;
/** Numbers of a pixel. */
const CHANNELS = 4;

/** Bytes of a mask's run lengths; `pixels` are 0 or 1. */
export function encodeBrush(pixels: Uint8Array): number[] {
  const bits = new BitWriter();
  bits.write(pixels.length * CHANNELS, 32);
  bits.write(VALUE_BITS - 1, 5);
  for (const size of SIZES) bits.write(size - 1, 4);
  for (let from = 0; from < pixels.length; ) {
    let to = from;
    while (to < pixels.length && pixels[to] === pixels[from]) to++;
    let left = (to - from) * CHANNELS;
    while (left > 0) {
      const length = Math.min(left, 2 ** 16);
      const size = SIZES.findIndex((width) => length <= 2 ** width);
      bits.write(1, 1);
      bits.write(size, 2);
      bits.write(length - 1, SIZES[size]!);
      bits.write(pixels[from] === 1 ? 255 : 0, VALUE_BITS);
      left -= length;
    }
    from = to;
  }
  return bits.bytes();
}

/** The pixels, set where alpha is above 127; undefined for bytes that are none of such a picture. */
export function decodeBrush(bytes: readonly number[], count: number): Uint8Array | undefined {
  const bits = new BitReader(bytes);
  if (bits.read(32) !== count * CHANNELS) return undefined;
  const valueBits = bits.read(5) + 1;
  const sizes = SIZES.map(() => bits.read(4) + 1);
  const pixels = new Uint8Array(count);
  const set = (at: number, value: number): void => {
    if (at % CHANNELS === CHANNELS - 1 && value > 127) pixels[(at - (CHANNELS - 1)) / CHANNELS] = 1;
  };
  for (let at = 0; at < count * CHANNELS; ) {
    if (bits.isOver) return undefined;
    const isRun = bits.read(1) === 1;
    const end = Math.min(count * CHANNELS, at + 1 + bits.read(sizes[bits.read(2)]!));
    if (isRun) {
      const value = bits.read(valueBits);
      for (; at < end; at++) set(at, value);
    } else for (; at < end; at++) set(at, bits.read(valueBits));
  }
  return pixels;
}

class BitWriter {
  readonly #bytes: number[] = [];
  #byte = 0;
  #filled = 0;

  write(value: number, width: number): void {
    for (let bit = width - 1; bit >= 0; bit--) {
      this.#byte = (this.#byte << 1) | (Math.floor(value / 2 ** bit) & 1);
      if (++this.#filled < 8) continue;
      this.#bytes.push(this.#byte);
      this.#byte = 0;
      this.#filled = 0;
    }
  }

  bytes(): number[] {
    return this.#filled === 0 ? this.#bytes : [...this.#bytes, this.#byte << (8 - this.#filled)];
  }
}

class BitReader {
  readonly #bytes: readonly number[];
  #at = 0;

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes;
  }

  get isOver(): boolean {
    return this.#at >= this.#bytes.length * 8;
  }

  read(width: number): number {
    let value = 0;
    for (let i = 0; i < width; i++, this.#at++)
      value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    return value;
  }
}
