import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from './checkpoint.ts';
import { WeightFileError } from './errors.ts';
import { openTensorFile } from './open.ts';

const fixture = (name: string) => path.join(import.meta.dirname, 'fixtures', name);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'roto-pt-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 0, 1, 2 … in eighths, as make.py counts. */
const counted = (...indices: number[]) => indices.map((i) => i / 8);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('files that torch.save wrote', () => {
  const read = (name: string) => {
    const tensor = openCheckpoint(fixture('views.pt')).tensors.get(name)!;
    return { dims: tensor.dims, values: [...tensor.read()] };
  };

  test.each([
    ['plain', [2, 3], counted(...upTo(6))],
    ['scalar', [], [2.5]],
    ['empty', [0, 4], []],
    ['half', [8], [0, -0, 1.5, -2, 65504, 2 ** -24, 2 ** -14, Number.POSITIVE_INFINITY]],
    ['bfloat', [6], [0, 1.5, -2, Math.fround(2 ** 121 * 113), 2 ** -126, Number.NEGATIVE_INFINITY]],
    ['offset_row', [6], counted(...upTo(6).map((i) => 12 + i))],
    ['offset_block', [2, 3], counted(8, 9, 10, 14, 15, 16)],
    ['transposed', [6, 4], counted(...upTo(24).map((i) => 6 * (i % 4) + Math.floor(i / 4)))],
    ['every_other', [4, 3], counted(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22)],
    // [k][i][j] is element (i, j, k) of a counted [2, 3, 4].
    [
      'permuted',
      [4, 2, 3],
      counted(...upTo(24).map((n) => 12 * (Math.floor(n / 3) % 2) + 4 * (n % 3) + Math.floor(n / 6))),
    ],
  ])('%s', (name, dims, values) => {
    const found = read(name);
    expect(found.dims).toEqual(dims);
    expect(found.values.map((v) => Object.is(v, -0) || v)).toEqual(values.map((v) => Object.is(v, -0) || v));
  });

  test('a dictionary without "model" is read as the tensors themselves', () => {
    const { tensors, format } = openTensorFile(fixture('flat.pt'));
    expect(format).toBe('pt');
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect([...tensors.get('a')!.read()]).toEqual(counted(0, 1, 2, 3));
  });

  test.each([
    ['legacy.pt', 'weight-format', /before PyTorch 1\.6.*save it again/],
    ['runs-code.pt', 'weight-pickle', /"posix\.system".*nothing was executed/],
    ['integers.pt', 'weight-pickle', /"torch\.LongStorage"/],
    ['deflated.pt', 'weight-format', /"deflated\/.*|compressed.*zip -0/],
  ])('%s is refused as %s', (name, code, message) => {
    expect(() => openTensorFile(fixture(name))).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

describe('damaged and hostile archives', () => {
  const whole = () => readFileSync(fixture('flat.pt'));
  const write = (bytes: Uint8Array) => {
    const file = path.join(folder, 'case.pt');
    writeFileSync(file, bytes);
    return file;
  };
  /** Without checksums, as torch writes under set_crc32_options(False), so that changes reach the reader. */
  const unchecked = (bytes: Buffer) => {
    for (let at = bytes.indexOf('PK\x01\x02', 0, 'latin1'); at >= 0; at = bytes.indexOf('PK\x01\x02', at + 1, 'latin1'))
      bytes.writeUInt32LE(0, at + 16);
    return bytes;
  };
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = unchecked(whole());
    change(bytes);
    return write(bytes);
  };
  const refusal = (file: string, code: string, message: RegExp) =>
    expect(() => {
      for (const tensor of openCheckpoint(file).tensors.values()) tensor.read();
    }).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));

  test('cut short at any length', () => {
    for (let length = 0; length < whole().length; length += 7) {
      const file = write(whole().subarray(0, length));
      expect(() => openCheckpoint(file), `cut at ${length}`).toThrow(WeightFileError);
    }
  });

  test('a flipped bit in a tensor is found by the checksum', () => {
    const bytes = whole();
    const at = bytes.indexOf(Buffer.from(new Float32Array([0, 1 / 8, 2 / 8, 3 / 8]).buffer));
    bytes[at + 5]! ^= 1;
    refusal(write(bytes), 'weight-format', /checksum of "flat\/data\/0"/);
  });

  test('a tensor larger than its storage is refused', () => {
    // BININT1 2, BININT1 2, TUPLE2: the size of "a" becomes 2 × 200.
    const file = changed((bytes) => {
      bytes[bytes.indexOf(Buffer.from('K\x02K\x02\x86', 'latin1')) + 3] = 200;
    });
    refusal(file, 'weight-format', /"a" of shape \[2,200\] does not fit its storage of 4/);
  });

  test('a stride that leaves the storage is refused', () => {
    const file = changed((bytes) => {
      bytes[bytes.indexOf(Buffer.from('K\x02K\x01\x86', 'latin1')) + 1] = 3;
    });
    refusal(file, 'weight-format', /"a" reaches past the end of its storage/);
  });

  test('a name that torch has but a checkpoint does not need is refused', () => {
    const file = changed((bytes) => {
      bytes.write('torch._utils\n_rebuild_tensor_v3\n', bytes.indexOf('torch._utils\n'), 'latin1');
    });
    refusal(file, 'weight-pickle', /"torch\._utils\._rebuild_tensor_v3"/);
  });

  test('no mutation hangs, crashes or gives more than the file holds', () => {
    const original = readFileSync(fixture('views.pt'));
    let seed = 20240731;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    let survived = 0;
    for (let round = 0; round < 1500; round++) {
      const bytes = round % 2 === 0 ? Buffer.from(original) : unchecked(Buffer.from(original));
      for (let k = 0; k <= random(6); k++) {
        const at = random(bytes.length);
        const width = 1 + random(8);
        const value = [0, 0xff, 0x7f, random(256)][random(4)]!;
        bytes.fill(value, at, Math.min(bytes.length, at + width));
      }
      const file = write(round % 5 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
      try {
        let total = 0;
        for (const tensor of openCheckpoint(file).tensors.values()) total += tensor.read().byteLength;
        expect(total).toBeLessThanOrEqual(3 * original.length);
        survived++;
      } catch (error) {
        expect(error, `round ${round}: ${(error as Error).stack}`).toBeInstanceOf(WeightFileError);
      }
    }
    // Both ways are taken: some changes only meet padding or values, most are found.
    expect(survived).toBeGreaterThan(100);
    expect(survived).toBeLessThan(1400);
  });
});
