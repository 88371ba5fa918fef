import { describe, expect, test } from 'vitest';
import { PickleError, readPickle } from './pickle.ts';

const pickle = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));

describe('values', () => {
  test.each<[string, Buffer, unknown]>([
    ['integers', pickle('\x80\x02', '(K\x07M\x00\x01J\xff\xff\xff\xfft.'), { kind: 'tuple', items: [7, 256, -1] }],
    ['a long', pickle('\x80\x02\x8a\x02\x00\x80.'), -32768],
    ['a long that no number holds', pickle('\x80\x02\x8a\x08', [0, 0, 0, 0, 0, 0, 0, 0x40], '.'), 2n ** 62n],
    ['a float', pickle('\x80\x02G?\xf8\x00\x00\x00\x00\x00\x00.'), 1.5],
    ['a memo', pickle('\x80\x02X\x01\x00\x00\x00aq\x05h\x05\x86.'), { kind: 'tuple', items: ['a', 'a'] }],
    ['a list', pickle('\x80\x02](NK\x01\x88e.'), { kind: 'list', items: [null, 1, true] }],
  ])('%s', (_, bytes, value) => {
    expect(readPickle(bytes)).toEqual(value);
  });
});

describe('refusals', () => {
  test.each<[string, Buffer, string, RegExp]>([
    ['a function of the system', pickle('cos\nsystem\n.'), 'pickle-refused', /os\.system/],
    ['eval', pickle('cbuiltins\neval\n.'), 'pickle-refused', /builtins\.eval/],
    ['an instance opcode', pickle('(ios\nsystem\n.'), 'pickle-refused', /opcode 0x69/],
    ['a newer protocol', pickle('\x80\x04N.'), 'pickle-refused', /protocol 4/],
    ['a call of a storage type', pickle('ctorch\nFloatStorage\n)R.'), 'pickle-refused', /calls "torch\.FloatStorage"/],
    ['a call of a string', pickle('X\x01\x00\x00\x00a)R.'), 'pickle-damaged', /calls something that is no name/],
    ['attributes of a list', pickle(']}b.'), 'pickle-refused', /attributes/],
    ['an empty stack', pickle('.'), 'pickle-damaged', /single value/],
    ['an item without a dictionary', pickle('NNs.'), 'pickle-damaged', /never put/],
    ['a pop through a mark', pickle('K\x01(\x85.'), 'pickle-damaged', /more values than it put/],
    ['a mark that was never set', pickle('t.'), 'pickle-damaged', /mark/],
    ['a memo that was never set', pickle('h\x00.'), 'pickle-damaged', /memo/],
    ['a text longer than the file', pickle('X\xff\xff\xff\x7fa.'), 'pickle-damaged', /too early/],
    ['no end', pickle('NNN'), 'pickle-damaged', /too early/],
    ['a hundred thousand dictionaries', pickle('}'.repeat(100_001), '.'), 'pickle-refused', /100000/],
    ['a storage that is no tuple', pickle('NQ.'), 'pickle-damaged', /storage/],
    [
      'a negative size',
      pickle(
        'ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000',
        'NK\x01tQK\x00J\xff\xff\xff\xff\x85K\x01\x85tR.',
      ),
      'pickle-damaged',
      /tensor is not described/,
    ],
  ])('%s', (_, bytes, code, message) => {
    const read = () => readPickle(bytes);
    expect(read).toThrow(PickleError);
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
