import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** What is read from a store is not usable: damaged, of another version, or nothing of ours. */
export class BadStateError extends Error {
  readonly code = 'bad-state';
  override readonly name = 'BadStateError';
}

/*
 * Values in a store, little-endian:
 *   4 bytes  "RTST"
 *   u32      version of this layout
 *   u32      length of the header
 *   u32      length of the content
 *   header   JSON, checked by a schema
 *   content  the state of the function; checked by who reads it
 */
const MAGIC = 0x54535452;
const VERSION = 1;
const FIXED = 16;
/** A mask of a large picture with much noise stays below it. */
const MOST_HEADER = 16 * 2 ** 20;

export function sealState(header: object, content: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const sealed = Buffer.alloc(FIXED + json.length + content.length);
  sealed.writeUInt32LE(MAGIC, 0);
  sealed.writeUInt32LE(VERSION, 4);
  sealed.writeUInt32LE(json.length, 8);
  sealed.writeUInt32LE(content.length, 12);
  json.copy(sealed, FIXED);
  sealed.set(content, FIXED + json.length);
  return sealed;
}

/** Header and content, from bytes that nobody vouches for. Throws BadStateError. */
function unsealState(bytes: Uint8Array): { header: unknown; content: Uint8Array } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < FIXED || view.readUInt32LE(0) !== MAGIC) throw new BadStateError('it is no stored state');
  if (view.readUInt32LE(4) !== VERSION)
    throw new BadStateError(`its layout is version ${view.readUInt32LE(4)}, this agent reads ${VERSION}`);
  const [header, content] = [view.readUInt32LE(8), view.readUInt32LE(12)];
  if (header > MOST_HEADER || FIXED + header + content !== view.length)
    throw new BadStateError('its lengths are wrong');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(view.subarray(FIXED, FIXED + header));
    return { header: JSON.parse(text), content: view.subarray(FIXED + header) };
  } catch (cause) {
    throw new BadStateError('its header is damaged', { cause });
  }
}

/** Reads and checks in one. */
export function stateReader<T extends TSchema>(
  schema: T,
): (bytes: Uint8Array) => { header: Static<T>; content: Uint8Array } {
  const validator = Compile(schema);
  return (bytes) => {
    const { header, content } = unsealState(bytes);
    if (!validator.Check(header)) throw new BadStateError('its header does not say what it must');
    return { header: header as Static<T>, content };
  };
}

const Shape = Type.Object({ type: Type.String(), points: Type.Array(Type.Number()) });

/** The state of one object, as `init_tracking` makes it. */
export const TrackingStateHeader = Type.Object({
  kind: Type.Literal('tracking-state'),
  task: Type.Integer(),
  width: Type.Integer({ minimum: 1 }),
  height: Type.Integer({ minimum: 1 }),
  shape_type: Type.String(),
  /** Which function made it, with which weights. */
  function: Type.String(),
  /** The last frame that was tracked and what was found, so that a request that comes twice is answered alike. */
  last: Type.Union([Type.Null(), Type.Object({ frame: Type.Integer(), shape: Type.Union([Shape, Type.Null()]) })]),
});
export type TrackingStateHeader = Static<typeof TrackingStateHeader>;

/** A whole run after one of its frames. */
export const SnapshotHeader = Type.Object({
  kind: Type.Literal('snapshot'),
  run: Type.String(),
  /** Task frame after which it was taken. */
  frame: Type.Integer({ minimum: 0 }),
  /** Of all that the masks follow from, besides the prompts: media, model, direction. */
  digest: Type.String(),
  /** Digest of each object's prompts, by the object's id. */
  objects: Type.Record(Type.String(), Type.String()),
});
export type SnapshotHeader = Static<typeof SnapshotHeader>;
