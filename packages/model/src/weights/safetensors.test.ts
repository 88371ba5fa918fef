import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WeightFileError } from './errors.ts';
import { openSafetensors } from './safetensors.ts';
import { safetensorsBytes } from './safetensors-write.ts';

const golden = path.join(import.meta.dirname, 'fixtures', 'three-types.safetensors');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'roto-st-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (bytes: Uint8Array) => {
  const file = path.join(folder, 'case.safetensors');
  writeFileSync(file, bytes);
  return file;
};
/** A file with this header text and `data` bytes of zeros. */
const withHeader = (header: string, data: number, length = Buffer.byteLength(header)) => {
  const bytes = Buffer.alloc(8 + Buffer.byteLength(header) + data);
  bytes.writeBigUInt64LE(BigInt(length));
  bytes.write(header, 8);
  return write(bytes);
};
const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32') =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

test('the three types of a file that the safetensors library wrote', () => {
  const { tensors } = openSafetensors(golden);
  const read = (name: string) => [...tensors.get(name)!.read()];
  expect(read('plain')).toEqual([0, 1, 2, 3, 4, 5].map((i) => i / 8));
  expect(tensors.get('scalar')!.dims).toEqual([]);
  expect(read('scalar')).toEqual([2.5]);
  expect(read('half')).toEqual([0, -0, 1.5, -2, 65504, 2 ** -24, 2 ** -14, Number.POSITIVE_INFINITY]);
  expect(read('bfloat')).toEqual([0, 1.5, -2, Math.fround(2 ** 121 * 113), 2 ** -126, Number.NEGATIVE_INFINITY]);
});

test('what our writer writes comes back bit for bit', () => {
  const float = fc.float32Array({ maxLength: 40 });
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), float, { maxKeys: 6 }), (content) => {
      const tensors = new Map(
        Object.entries(content)
          .filter(([name]) => name !== '__metadata__')
          .map(([name, data]) => [name, { dims: [data.length], data }]),
      );
      const found = openSafetensors(write(safetensorsBytes(tensors))).tensors;
      expect([...found.keys()].sort()).toEqual([...tensors.keys()].sort());
      for (const [name, { data }] of tensors)
        expect(Buffer.from(found.get(name)!.read().buffer)).toEqual(Buffer.from(data.slice().buffer));
    }),
    { seed: 7, numRuns: 60 },
  );
});

describe('hostile headers', () => {
  test.each<[string, () => string, RegExp]>([
    ['an empty file', () => write(Buffer.alloc(0)), /only 0 bytes/],
    ['a header past the end', () => withHeader('{}', 0, 999), /claims 999 bytes, but the file has/],
    ['a huge header', () => withHeader('{}', 0, 2 ** 52), /at most/],
    ['no JSON', () => withHeader('{"a": ', 0), /JSON/],
    ['an array', () => withHeader('[]', 0), /no object/],
    [
      'bytes that are no UTF-8',
      () => write(Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from([0xc3, 0x28])])),
      /JSON/,
    ],
    ['a bomb of brackets', () => withHeader('['.repeat(2 ** 20), 0), /nested/],
    ['a bomb of quotes', () => withHeader(`{"${'\\"'.repeat(2 ** 19)}`, 0), /string does not end/],
    ['a name twice', () => withHeader(`{"a": ${entry([1], 0, 4)}, "a": ${entry([1], 0, 4)}}`, 4), /"a" comes twice/],
    [
      'a name twice in disguise',
      () => withHeader(`{"a": ${entry([1], 0, 4)}, "\\u0061": ${entry([1], 0, 4)}}`, 4),
      /"a" comes twice/,
    ],
    [
      'a shape twice',
      () => withHeader('{"a": {"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,4]}}', 4),
      /"shape" comes twice/,
    ],
    [
      'overlapping tensors',
      () => withHeader(`{"a": ${entry([2], 0, 8)}, "b": ${entry([1], 4, 8)}}`, 8),
      /"b" starts at byte 4 .* where 8/,
    ],
    ['a gap', () => withHeader(`{"a": ${entry([1], 0, 4)}, "b": ${entry([1], 8, 12)}}`, 12), /gap/],
    ['bytes that nobody names', () => withHeader(`{"a": ${entry([1], 0, 4)}}`, 8), /tensors have 4 bytes, but 8/],
    ['offsets past the end', () => withHeader(`{"a": ${entry([100], 0, 400)}}`, 4), /400 bytes, but 4/],
    [
      'a span unlike the shape',
      () => withHeader(`{"a": ${entry([3], 0, 8)}}`, 8),
      /needs 12 bytes, its offsets span 8/,
    ],
    ['a negative offset', () => withHeader(`{"a": ${entry([1], -4, 0)}}`, 0), /offsets/],
    ['an offset that is no number', () => withHeader(`{"a": ${entry([1], '0', 4)}}`, 4), /offsets/],
    ['a shape that overflows', () => withHeader(`{"a": ${entry([2 ** 40, 2 ** 40], 0, 4)}}`, 4), /shape/],
    ['a fractional shape', () => withHeader(`{"a": ${entry([0.5], 0, 2)}}`, 2), /shape/],
    ['nine axes', () => withHeader(`{"a": ${entry([1, 1, 1, 1, 1, 1, 1, 1, 1], 0, 4)}}`, 4), /shape/],
    ['integers', () => withHeader(`{"a": ${entry([1], 0, 8, 'I64')}}`, 8), /type "I64"; F32, F16 and BF16/],
    ['a type of another world', () => withHeader(`{"a": ${entry([1], 0, 4, 'constructor')}}`, 4), /type "constructor"/],
    ['no entry', () => withHeader('{"a": null}', 0), /no object/],
  ])('%s', (_, make, message) => {
    const file = make();
    const open = () => openSafetensors(file);
    expect(open).toThrow(WeightFileError);
    expect(open).toThrow(expect.objectContaining({ code: 'weight-format', message: expect.stringMatching(message) }));
  });

  test('no mutation gives anything but an error of ours or tensors inside the file', () => {
    const original = readFileSync(golden);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = Buffer.from(original);
          for (const [at, value] of changes) bytes[at] = value;
          try {
            let total = 0;
            for (const tensor of openSafetensors(write(bytes)).tensors.values()) total += tensor.read().byteLength;
            expect(total).toBeLessThanOrEqual(2 * original.length);
          } catch (error) {
            expect(error).toBeInstanceOf(WeightFileError);
          }
        },
      ),
      { seed: 11, numRuns: 400 },
    );
  });
});

test('a file that changes after it was opened is noticed', () => {
  const file = write(readFileSync(golden));
  const { tensors } = openSafetensors(file);
  writeFileSync(file, Buffer.concat([readFileSync(golden), Buffer.from([0])]));
  expect(() => tensors.get('plain')!.read()).toThrow(/changed while it was being read/);
});

test('folders and missing files are named', () => {
  const place = path.join(folder, 'folder.safetensors');
  mkdirSync(place);
  expect(() => openSafetensors(place)).toThrow(/this is a folder/);
  expect(() => openSafetensors(path.join(folder, 'nothing'))).toThrow(/there is no such file/);
});

test('L13: a header that names tensors without end is refused at once', () => {
  const entries = Array.from({ length: 30_000 }, (_, n) => `"t${n}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`);
  const header = new TextEncoder().encode(`{${entries.join(',')}}`);
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  const file = write(bytes);
  expect(() => openSafetensors(file)).toThrow(/30000 tensors, and 20000 is the most/);
});
