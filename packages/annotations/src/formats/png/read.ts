import { decode } from 'fast-png';
import { Unzlib } from 'fflate';
import { AnnotationError } from '../../errors.ts';

/**
 * Values of the pixels of a PNG, row-major: places in its palette, grey, or, of one with colours, 0xrrggbb. What is wholly
 * transparent is 0.
 */
export type PngValues = {
  readonly values: Uint8Array | Uint16Array | Uint32Array;
  readonly kind: 'grey' | 'palette' | 'colour';
  /** Of 'palette': 0xrrggbb of each place. */
  readonly palette: readonly number[];
};

/** A PNG can hold so many bytes beside its pixels, at most: palette, texts that editors add. */
const ROOM = 2 ** 20;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Bytes that are inflated at once while it is counted what comes of them. */
const PIECE = 4096;

/** Most bytes that a PNG of this size may have; deflate never makes more than a little more of them. */
export function largestPng(width: number, height: number): number {
  return Math.ceil(width * height * 4 * 1.01) + ROOM;
}

/**
 * Reads a PNG of 1 to 16 bits grey, with a palette, or of 8 bits a colour. Before anything is decoded, its size must be that of the frames, and
 * its data may inflate to no more than such a picture has; only the chunks of the picture itself are passed on, so
 * that nothing hides in the others. Throws 'file', naming the file.
 */
export function readPng(bytes: Uint8Array, width: number, height: number, path: string): PngValues {
  const bad = (what: string, cause?: unknown) => new AnnotationError('file', `${path} ${what}`, cause);
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) throw bad('is no PNG.');
  const chunks = chunksOf(bytes);
  const header = chunks?.[0];
  if (!chunks || header?.type !== 'IHDR' || header.body.length !== 13) throw bad('is a damaged PNG; is it cut off?');
  const view = new DataView(header.body.buffer, header.body.byteOffset, 13);
  const [pngWidth, pngHeight, depth, colour] = [
    view.getUint32(0),
    view.getUint32(4),
    view.getUint8(8),
    view.getUint8(9),
  ];
  if (pngWidth !== width || pngHeight !== height)
    throw bad(`is ${pngWidth} × ${pngHeight}, but the frames of the task are ${width} × ${height}.`);
  const channels = CHANNELS[colour];
  if (channels === undefined) throw bad('is a damaged PNG.');
  if (channels > 1 && depth !== 8) throw bad(`has ${depth} bits for each colour; masks with colours have 8.`);
  const row = Math.ceil((width * depth * channels) / 8);
  checkInflated(chunks, 2 * (row + 1) * height + 1024, () => bad('inflates to more than a picture of its size has.'));
  let png: ReturnType<typeof decode>;
  try {
    png = decode(joined(chunks));
  } catch (cause) {
    throw bad('is a damaged PNG.', cause);
  }
  const { data } = png;
  if (channels > 1) {
    if (data.length !== width * height * channels) throw bad('is a damaged PNG.');
    const values = coloured(data, channels);
    return { values, kind: channels === 2 ? 'grey' : 'colour', palette: [] };
  }
  const kind = colour === 3 ? 'palette' : 'grey';
  const palette = (png.palette ?? []).map(([r = 0, g = 0, b = 0]) => (r << 16) | (g << 8) | b);
  if (depth < 8) return { values: unpacked(data, width, height, depth), kind, palette };
  if (data.length !== width * height) throw bad('is a damaged PNG.');
  return { values: data instanceof Uint16Array ? data : Uint8Array.from(data), kind, palette };
}

/** By the colour type of the header. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

function coloured(data: ArrayLike<number>, channels: number): Uint32Array {
  const values = new Uint32Array(data.length / channels);
  for (let i = 0, at = 0; i < values.length; i++, at += channels) {
    const isClear = channels % 2 === 0 && data[at + channels - 1] === 0;
    if (isClear) continue;
    values[i] = channels === 2 ? data[at]! : (data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!;
  }
  return values;
}

type Chunk = {
  readonly type: string;
  readonly body: Uint8Array /** With its length, type and checksum. */;
  readonly whole: Uint8Array;
};

/** Undefined where the lengths do not add up. */
function chunksOf(bytes: Uint8Array): Chunk[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at < bytes.length; ) {
    if (at + 12 > bytes.length) return undefined;
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) return undefined;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({ type, body: bytes.subarray(at + 8, at + 8 + length), whole: bytes.subarray(at, end) });
    at = end;
    if (type === 'IEND') return chunks;
  }
  return undefined;
}

function checkInflated(chunks: readonly Chunk[], limit: number, error: () => AnnotationError): void {
  let length = 0;
  const inflator = new Unzlib((data) => {
    length += data.length;
  });
  try {
    for (const { type, body } of chunks)
      for (let from = 0; type === 'IDAT' && from < body.length && length <= limit; from += PIECE)
        inflator.push(body.subarray(from, from + PIECE), false);
  } catch {
    // Damaged data is for the decoder to name.
  }
  if (length > limit) throw error();
}

function joined(chunks: readonly Chunk[]): Uint8Array {
  const kept = chunks.filter(({ type }) => ['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type));
  const bytes = new Uint8Array(kept.reduce((sum, { whole }) => sum + whole.length, SIGNATURE.length));
  bytes.set(SIGNATURE);
  let at = SIGNATURE.length;
  for (const { whole } of kept) {
    bytes.set(whole, at);
    at += whole.length;
  }
  return bytes;
}

/** Values of fewer than 8 bits, several in a byte, each row in bytes of its own. */
function unpacked(data: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const row = Math.ceil((width * depth) / 8);
  const most = (1 << depth) - 1;
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      values[y * width + x] = (data[y * row + (bit >> 3)]! >> (8 - depth - (bit & 7))) & most;
    }
  return values;
}
