/**
 * Rounds to bfloat16 values (round to nearest, ties to even) in place; they stay float32. The official predictor stores
 * memory in bfloat16 on every path, in float32 runs too (sam2-model 6.2).
 */
export function roundToBfloat16(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    bits[i] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  }
  return values;
}
