import { crc32 } from 'node:zlib';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { CallError } from '../errors.ts';

const Remembered = Type.Object({
  /** Field of the stored state with the memory tokens; null where only the pointer is remembered. */
  field: Type.Union([Type.Null(), Type.String({ pattern: '^(c|r)[0-9]{1,9}$' })]),
  /** Steps since the outline; 0 is the outlined frame. */
  frame: Type.Integer({ minimum: 0 }),
  /** Object score logit; present when > 0. */
  presence: Type.Number(),
  /** Predicted IoU, 0…1. */
  iou: Type.Number(),
});

/** All of a state but its memory tokens. */
export const Head = Type.Object({
  /** Weights, precision and device: only an equal function continues the state. */
  function: Type.String(),
  width: Type.Integer({ minimum: 1 }),
  height: Type.Integer({ minimum: 1 }),
  shapeType: Type.String(),
  /** SHA-256 of the picture of the last step, so that a repeated call is recognised. */
  image: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** The outlined frame first, then tracked ones by frame. */
  records: Type.Array(Remembered, { minItems: 1, maxItems: 32 }),
  /** CRC-32 of each field with tokens. */
  checksums: Type.Record(Type.String(), Type.Integer({ minimum: 0, maximum: 0xffffffff })),
});
export type Head = Static<typeof Head>;

/*
 * Layout, little-endian:
 *   4 bytes  "RTFS"
 *   u32      version of this layout
 *   u32      length of the JSON
 *   u32      CRC-32 of all that follows
 *   JSON     Head
 *   float32  the pointers of `records`, one after another
 */
const MAGIC = 0x53465452;
const VERSION = 1;
const FIXED = 16;
const MOST_BYTES = 256 * 1024;

const validator = Compile(Head);

/** pointers: one of hiddenDim values for each record. */
export function packHead(head: Head, pointers: readonly Float32Array[]): Buffer {
  const json = Buffer.from(JSON.stringify(head), 'utf8');
  const body = Buffer.concat([json, ...pointers.map((pointer) => bytesOf(pointer))]);
  const fixed = Buffer.alloc(FIXED);
  fixed.writeUInt32LE(MAGIC, 0);
  fixed.writeUInt32LE(VERSION, 4);
  fixed.writeUInt32LE(json.length, 8);
  fixed.writeUInt32LE(crc32(body), 12);
  return Buffer.concat([fixed, body]);
}

/** Reads bytes that nobody vouches for. Throws CallError 'unusable-state'. */
export function unpackHead(bytes: Uint8Array, hiddenDim: number): { head: Head; pointers: Float32Array[] } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < FIXED || view.length > MOST_BYTES || view.readUInt32LE(0) !== MAGIC)
    throw unusable('its head has another form');
  if (view.readUInt32LE(4) !== VERSION)
    throw unusable(`its layout is version ${view.readUInt32LE(4)}, this function reads version ${VERSION}`);
  const length = view.readUInt32LE(8);
  if (FIXED + length > view.length || crc32(view.subarray(FIXED)) !== view.readUInt32LE(12))
    throw unusable('its head is damaged');
  let head: unknown;
  try {
    head = JSON.parse(view.toString('utf8', FIXED, FIXED + length));
  } catch (cause) {
    throw unusable('its head is damaged', cause);
  }
  if (!validator.Check(head)) throw unusable('its head has wrong members');
  const rest = view.subarray(FIXED + length);
  if (rest.length !== head.records.length * hiddenDim * 4) throw unusable('its pointers have another size');
  const pointers = head.records.map((_, i) => floats(rest.subarray(i * hiddenDim * 4, (i + 1) * hiddenDim * 4)));
  return { head, pointers };
}

/** Memory tokens of one frame: `length` bfloat16 words. Throws CallError 'unusable-state'. */
export function unpackTokens(bytes: Uint8Array, checksum: number | undefined, length: number): Uint16Array {
  if (bytes.length !== length * 2) throw unusable('a memory has another size');
  if (crc32(bytes) !== checksum) throw unusable('a memory is damaged');
  const words = new Uint16Array(length);
  new Uint8Array(words.buffer).set(bytes);
  // All ones in the exponent are infinities and NaN.
  for (const word of words) if ((word & 0x7f80) === 0x7f80) throw unusable('a memory holds a value that is not finite');
  return words;
}

export function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function floats(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length / 4);
  new Uint8Array(values.buffer).set(bytes);
  if (!values.every(Number.isFinite)) throw unusable('a pointer holds a value that is not finite');
  return values;
}

/** A stored state that is damaged or of another form. */
export function unusable(problem: string, cause?: unknown): CallError {
  return new CallError(
    'unusable-state',
    `The stored tracking state cannot be used: ${problem}. Begin again from the last saved frame.`,
    { cause },
  );
}
