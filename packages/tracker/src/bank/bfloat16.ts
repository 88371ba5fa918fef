// bfloat16 is the upper half of a float32. The official predictor stores every memory in it
// (sam2-model 6.2 step 6), so a bank of 16-bit words loses nothing and is half as large.

const bits = new Uint32Array(1);
const number = new Float32Array(bits.buffer);

/** The nearest bfloat16 of a float32, ties to even, as its 16 bits. NaN stays NaN. */
export function toBfloat16(value: number): number {
  number[0] = value;
  const word = bits[0]!;
  if ((word & 0x7fffffff) > 0x7f800000) return ((word >>> 16) | 0x40) & 0xffff;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Rounds each value to the nearest bfloat16, ties to even. */
export function packBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const packed = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    packed[i] = (word & 0x7fffffff) > 0x7f800000 ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return packed;
}

/** The float32 values of packed words; exact. */
export function unpackBfloat16(packed: Uint16Array): Float32Array {
  const words = new Uint32Array(packed.length);
  for (let i = 0; i < packed.length; i++) words[i] = packed[i]! << 16;
  return new Float32Array(words.buffer);
}
