import { crc32 } from 'node:zlib';
import { WeightFileError } from './errors.ts';
import type { FileRanges } from './file-ranges.ts';

/** A stored (uncompressed) member of an archive. */
export type ZipEntry = {
  readonly name: string;
  readonly size: number;
  /** A range of its bytes; all of them are also compared with the archive's checksum. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
};

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** A central directory record without its name; archives with more entries than this allows are refused early. */
const CENTRAL_SIZE = 46;
const MAX_DIRECTORY = 16 * 2 ** 20;

/**
 * Lists an archive from its central directory (PKWARE APPNOTE 4.3, zip64 included). Nothing is extracted; names are
 * labels here and never become paths. Every member must lie inside the file, before the directory, by its own.
 */
export function listZip(file: FileRanges): Map<string, ZipEntry> {
  const broken = (reason: string): never => {
    throw new WeightFileError(
      'weight-format',
      file.path,
      `not a sound PyTorch checkpoint (zip): ${reason}. Was the download cut short? Fetch the file again.`,
    );
  };
  const { offset, size, count } = findDirectory(file, broken);
  if (offset + size > file.size) broken('its directory lies outside the file');
  if (size > MAX_DIRECTORY) broken(`its directory claims ${size} bytes`);
  if (count * CENTRAL_SIZE > size) broken(`its directory of ${size} bytes cannot hold ${count} entries`);

  const bytes = file.bytes(offset, size);
  const view = new DataView(bytes.buffer);
  const entries = new Map<string, ZipEntry>();
  const spans: { start: number; end: number; name: string }[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > size || view.getUint32(at, true) !== CENTRAL)
      broken(`entry ${i} of its directory is damaged`);
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const crc = view.getUint32(at + 16, true);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + CENTRAL_SIZE + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > size) broken(`entry ${i} of its directory is damaged`);
    const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameLength));
    const extraAt = at + CENTRAL_SIZE + nameLength;
    const [unpacked, packed, local] =
      wideFields(view, at, extraAt, extraAt + extraLength) ?? broken(`"${name}" is damaged`);
    if (flags & 1) broken(`"${name}" is encrypted`);
    if (method !== 0)
      broken(
        `"${name}" is compressed, which torch.save never does; repack it with "zip -0" or save it again with torch`,
      );
    if (unpacked !== packed) broken(`"${name}" is stored with two different sizes`);
    if (local + 30 + nameLength + unpacked > offset) broken(`"${name}" reaches past the end of the data`);
    if (entries.has(name)) broken(`"${name}" comes twice`);
    spans.push({ start: local, end: local + 30 + nameLength + unpacked, name });
    const dataStart = () => startOfData(file, name, local, unpacked, offset, broken);
    const read = (from: number, length: number) => {
      const part = file.bytes(dataStart() + from, length);
      // torch leaves the checksum 0 under set_crc32_options(False); there is nothing to compare then.
      if (length === unpacked && crc !== 0 && crc32(part) !== crc)
        broken(`the checksum of "${name}" is wrong, its bytes are damaged`);
      return part;
    };
    entries.set(name, { name, size: unpacked, read });
    at = next;
  }
  spans.sort((a, b) => a.start - b.start);
  for (let i = 1; i < spans.length; i++)
    if (spans[i]!.start < spans[i - 1]!.end) broken(`"${spans[i]!.name}" overlaps "${spans[i - 1]!.name}"`);
  return entries;
}

function startOfData(
  file: FileRanges,
  name: string,
  local: number,
  size: number,
  limit: number,
  broken: (reason: string) => never,
): number {
  const header = new DataView(file.bytes(local, 30).buffer);
  if (header.getUint32(0, true) !== LOCAL) broken(`"${name}" has no local header`);
  // The padding that aligns torch's storages to 64 bytes sits in the local extra field, so only this header says where.
  const start = local + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + size > limit) broken(`"${name}" reaches past the end of the data`);
  return start;
}

function findDirectory(
  file: FileRanges,
  broken: (reason: string) => never,
): { offset: number; size: number; count: number } {
  // The end record is 22 bytes and a comment of at most 65 535.
  const tailAt = Math.max(0, file.size - 22 - 65_535);
  const tail = new DataView(file.bytes(tailAt, file.size - tailAt).buffer);
  for (let at = tail.byteLength - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END || at + 22 + tail.getUint16(at + 20, true) !== tail.byteLength) continue;
    const locatorAt = at - 20;
    if (locatorAt >= 0 && tail.getUint32(locatorAt, true) === END64_LOCATOR) {
      const recordAt = Number(tail.getBigUint64(locatorAt + 8, true));
      if (recordAt + 56 > file.size) broken('its zip64 end record lies outside the file');
      const record = new DataView(file.bytes(recordAt, 56).buffer);
      if (record.getUint32(0, true) !== END64) broken('its zip64 end record is damaged');
      return {
        count: Number(record.getBigUint64(32, true)),
        size: Number(record.getBigUint64(40, true)),
        offset: Number(record.getBigUint64(48, true)),
      };
    }
    return {
      count: tail.getUint16(at + 10, true),
      size: tail.getUint32(at + 12, true),
      offset: tail.getUint32(at + 16, true),
    };
  }
  return broken('it has no end record');
}

/** Unpacked size, packed size and local offset; a field of all ones stands in the zip64 extra field instead. */
function wideFields(
  view: DataView,
  at: number,
  extraAt: number,
  extraEnd: number,
): [number, number, number] | undefined {
  const narrow = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  if (!narrow.includes(0xffffffff)) return narrow as [number, number, number];
  for (let field = extraAt; field + 4 <= extraEnd; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== 1) continue;
    let from = field + 4;
    const end = Math.min(extraEnd, from + view.getUint16(field + 2, true));
    const wide = narrow.map((value) => {
      if (value !== 0xffffffff) return value;
      from += 8;
      return from <= end ? Number(view.getBigUint64(from - 8, true)) : Number.NaN;
    });
    return wide.every((value) => Number.isSafeInteger(value)) ? (wide as [number, number, number]) : undefined;
  }
  return undefined;
}
