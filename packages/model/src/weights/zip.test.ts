import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WeightFileError } from './errors.ts';
import { FileRanges } from './file-ranges.ts';
import { listZip } from './zip.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'roto-zip-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Entry = { name: string; text: string; flags?: number; method?: number; size?: number; at?: number };
type Shape = { wide?: boolean; comment?: string; count?: number; directoryAt?: number };

/** An archive written from PKWARE's tables, with any of its fields set wrong on purpose. */
function archive(
  entries: readonly Entry[],
  { wide = false, comment = '', count, directoryAt }: Shape = {},
): FileRanges {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, text, flags = 0, method = 0, size = text.length, at = offset } of entries) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    // Padding as torch writes it, to show that the local header decides where the data starts.
    local.writeUInt16LE(7, 28);
    const piece = Buffer.concat([local, Buffer.from(name), Buffer.alloc(7), Buffer.from(text)]);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc32(text), 16);
    central.writeUInt16LE(name.length, 28);
    const extra = wide ? Buffer.alloc(28) : Buffer.alloc(0);
    if (wide) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      for (const [k, value] of [size, size, at].entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * k);
      central.writeUInt16LE(extra.length, 30);
    }
    for (const [k, value] of [size, size].entries()) central.writeUInt32LE(wide ? 0xffffffff : value, 20 + 4 * k);
    central.writeUInt32LE(wide ? 0xffffffff : at, 42);
    parts.push(piece);
    directory.push(central, Buffer.from(name), extra);
    offset += piece.length;
  }
  const listing = Buffer.concat(directory);
  const start = directoryAt ?? offset;
  const total = count ?? entries.length;
  if (wide) {
    const record = Buffer.alloc(56);
    record.writeUInt32LE(0x06064b50, 0);
    for (const [k, value] of [total, total, listing.length, start].entries())
      record.writeBigUInt64LE(BigInt(value), 24 + 8 * k);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(offset + listing.length), 8);
    directory.push(record, locator);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(wide ? 0xffff : total, 10);
  end.writeUInt32LE(wide ? 0xffffffff : listing.length, 12);
  end.writeUInt32LE(wide ? 0xffffffff : start, 16);
  end.writeUInt16LE(comment.length, 20);
  const file = path.join(folder, 'case.zip');
  writeFileSync(file, Buffer.concat([...parts, ...directory, end, Buffer.from(comment)]));
  return new FileRanges(file);
}

const two: readonly Entry[] = [
  { name: 'a/one', text: 'first' },
  { name: 'a/two', text: 'second' },
];

test.each<[string, Shape]>([
  ['a plain archive', {}],
  ['a zip64 archive', { wide: true }],
  ['an archive with a comment', { comment: 'a comment with PK\x05\x06 in it' }],
])('%s lists its members and reads parts of them', (_, shape) => {
  const entries = listZip(archive(two, shape));
  expect([...entries.keys()]).toEqual(['a/one', 'a/two']);
  expect(Buffer.from(entries.get('a/two')!.read(0, 6)).toString()).toBe('second');
  expect(Buffer.from(entries.get('a/two')!.read(2, 3)).toString()).toBe('con');
});

describe('refused', () => {
  const first = two[0]!;
  test.each<[string, () => FileRanges, RegExp]>([
    ['a member twice', () => archive([first, first]), /"a\/one" comes twice/],
    ['members in one place', () => archive([first, { ...two[1]!, at: 0 }]), /overlaps/],
    ['a member behind the end', () => archive([{ ...first, size: 5000 }]), /reaches past the end/],
    [
      'a wide member behind the end',
      () => archive([{ ...first, size: 2 ** 50 }], { wide: true }),
      /reaches past the end/,
    ],
    ['an encrypted member', () => archive([{ ...first, flags: 1 }]), /encrypted/],
    ['a compressed member', () => archive([{ ...first, method: 8 }]), /is compressed.*zip -0/],
    ['a directory outside the file', () => archive(two, { directoryAt: 9999 }), /outside the file/],
    ['a wide directory outside the file', () => archive(two, { wide: true, directoryAt: 2 ** 52 }), /outside the file/],
    ['more members than its directory holds', () => archive(two, { count: 9 }), /cannot hold 9 entries/],
    ['a directory in the wrong place', () => archive(two, { directoryAt: 3 }), /entry 0 of its directory is damaged/],
  ])('%s', (_, make, message) => {
    const file = make();
    expect(() => listZip(file)).toThrow(WeightFileError);
    expect(() => listZip(file)).toThrow(message);
  });
});
