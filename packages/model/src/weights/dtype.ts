import { endianness } from 'node:os';

/** Element types of the weight files that we read, named as safetensors names them. All become float32. */
export type Dtype = 'F32' | 'F16' | 'BF16';

export const itemSize: Record<Dtype, number> = { F32: 4, F16: 2, BF16: 2 };

const swapped = endianness() === 'BE';

/**
 * Little-endian elements as float32; float16 and bfloat16 widen without loss. The result may share memory with `bytes`.
 */
export function toFloat32(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  if (swapped) swapInPlace(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), itemSize[dtype]);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (dtype === 'F32') return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
  const bits = new Uint32Array(halves.length);
  if (dtype === 'BF16') for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  else {
    const table = halfTable();
    for (let i = 0; i < halves.length; i++) bits[i] = table[halves[i]!]!;
  }
  return new Float32Array(bits.buffer);
}

function swapInPlace(bytes: Buffer, size: number): void {
  if (size === 4) bytes.swap32();
  else bytes.swap16();
}

let widened: Uint32Array | undefined;

/** The float32 bits of each of the 65 536 float16 values. */
function halfTable(): Uint32Array {
  if (!widened) {
    const values = new Float32Array(65536);
    widened = new Uint32Array(values.buffer);
    for (let half = 0; half < 65536; half++) {
      const sign = half & 0x8000 ? -1 : 1;
      const exponent = (half >> 10) & 31;
      const fraction = half & 1023;
      // NaN keeps its payload, which only the bits can say.
      if (exponent === 31) widened[half] = ((half & 0x8000) << 16) | 0x7f800000 | (fraction << 13);
      else if (exponent === 0) values[half] = sign * fraction * 2 ** -24;
      else values[half] = sign * (1024 + fraction) * 2 ** (exponent - 25);
    }
  }
  return widened;
}
