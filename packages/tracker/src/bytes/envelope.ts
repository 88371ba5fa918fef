import { TrackerError } from '../errors.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { checksum } from './checksum.ts';

/**
 * Every stored value of the tracker lies in the same envelope, little-endian:
 *   4 bytes   magic, which names the kind
 *   u32       version of the layout inside
 *   u32       length of the content
 *   u32       checksum of the content
 *   …         content
 */
const HEADER_BYTES = 16;

export type Envelope = { readonly magic: string; readonly version: number; readonly what: string };

export function seal(envelope: Envelope, content: Uint8Array): Uint8Array {
  const header = new ByteWriter();
  for (const letter of envelope.magic) header.u8(letter.charCodeAt(0));
  header.u32(envelope.version).u32(content.length).u32(checksum(content));
  const sealed = new Uint8Array(HEADER_BYTES + content.length);
  sealed.set(header.bytes());
  sealed.set(content, HEADER_BYTES);
  return sealed;
}

/** The content, ready to be read. Throws 'bad-bytes' for anything that `seal` did not make. */
export function unseal(envelope: Envelope, bytes: Uint8Array): ByteReader {
  const { magic, version, what } = envelope;
  const refuse = (problem: string): never => {
    throw new TrackerError('bad-bytes', `This is not a usable ${what}: ${problem}.`);
  };
  if (bytes.length < HEADER_BYTES) refuse(`it has ${bytes.length} bytes, its header alone has ${HEADER_BYTES}`);
  const reader = new ByteReader(bytes.subarray(0, HEADER_BYTES), what);
  const found = String.fromCharCode(...bytes.subarray(0, magic.length));
  if (found !== magic) refuse(`it does not begin with "${magic}"`);
  for (let i = 0; i < magic.length; i++) reader.u8('magic');
  const foundVersion = reader.u32('version');
  if (foundVersion !== version)
    refuse(`its layout is version ${foundVersion}, this program reads version ${version}; make it anew`);
  const length = reader.u32('length');
  const content = bytes.subarray(HEADER_BYTES);
  if (length !== content.length) refuse(`its header says ${length} bytes of content, there are ${content.length}`);
  if (reader.u32('checksum') !== checksum(content)) refuse('its checksum is wrong, so it is damaged');
  return new ByteReader(content, what);
}
