/** One page of gray samples, row by row. */
export type TiffPage = {
  readonly width: number;
  readonly height: number;
  readonly kind: 'uint8' | 'uint16' | 'int16' | 'int32' | 'uint32' | 'float32';
  readonly samples: readonly number[];
};

/** TIFF 6.0 SampleFormat: 1 unsigned, 2 signed, 3 real. */
const KINDS = {
  uint8: { bits: 8, format: 1 },
  uint16: { bits: 16, format: 1 },
  uint32: { bits: 32, format: 1 },
  int16: { bits: 16, format: 2 },
  int32: { bits: 32, format: 2 },
  float32: { bits: 32, format: 3 },
} as const;

/** An uncompressed gray TIFF, little-endian; the image library writes no integers of 32 bits. */
export function makeTiff(pages: readonly TiffPage[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0])];
  let at = 8;
  for (const [n, page] of pages.entries()) {
    const { bits, format } = KINDS[page.kind];
    const data = samplesOf(page);
    const entries: [tag: number, value: number][] = [
      [256, page.width],
      [257, page.height],
      [258, bits],
      [259, 1],
      [262, 1],
      [273, at + 2 + 11 * 12 + 4],
      [277, 1],
      [278, page.height],
      [279, data.length],
      [284, 1],
      [339, format],
    ];
    const directory = Buffer.alloc(2 + entries.length * 12 + 4);
    directory.writeUInt16LE(entries.length, 0);
    for (const [i, [tag, value]] of entries.entries()) {
      directory.writeUInt16LE(tag, 2 + i * 12);
      directory.writeUInt16LE(4, 4 + i * 12);
      directory.writeUInt32LE(1, 6 + i * 12);
      directory.writeUInt32LE(value, 10 + i * 12);
    }
    const end = at + directory.length + data.length;
    if (n < pages.length - 1) directory.writeUInt32LE(end, directory.length - 4);
    parts.push(directory, data);
    at = end;
  }
  return Buffer.concat(parts);
}

function samplesOf({ kind, samples }: TiffPage): Buffer {
  const arrays = {
    uint8: Uint8Array,
    uint16: Uint16Array,
    uint32: Uint32Array,
    int16: Int16Array,
    int32: Int32Array,
    float32: Float32Array,
  };
  return Buffer.from(arrays[kind].from(samples).buffer);
}
