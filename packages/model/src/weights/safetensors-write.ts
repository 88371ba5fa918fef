import type { WeightTensor } from './source.ts';

/** The bytes of a safetensors file with these float32 tensors, in the order given. */
export function safetensorsBytes(tensors: ReadonlyMap<string, WeightTensor>): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, { dims, data }] of tensors) {
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  // Spaces keep the tensors aligned to eight bytes, as the Rust writer does.
  const json = Buffer.from(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + headerLength + end, ' ');
  bytes.writeBigUInt64LE(BigInt(headerLength), 0);
  json.copy(bytes, 8);
  let at = 8 + headerLength;
  for (const { data } of tensors.values()) {
    for (const value of data) at = bytes.writeFloatLE(value, at);
  }
  return bytes;
}
