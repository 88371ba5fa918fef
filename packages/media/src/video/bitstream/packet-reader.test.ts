import { describe, expect, test } from 'vitest';
import { packetReader } from './packet-reader.ts';

/** NAL units behind 4-byte lengths. */
function avc(...units: number[][]): Uint8Array {
  return Uint8Array.from(units.flatMap((unit) => [0, 0, 0, unit.length, ...unit]));
}
const AVCC = Uint8Array.from([1, 100, 0, 31, 0xff, 0xe1, 0]);
const HVCC = new Uint8Array(23).fill(1).with(21, 0x0f);

describe('H.264', () => {
  const facts = packetReader('h264', AVCC);
  test('an IDR picture is an access point, another picture is not', () => {
    expect(facts(avc([0x67, 1], [0x68, 1], [0x65, 1, 2]))).toMatchObject({ access: true, shown: true, sound: true });
    expect(facts(avc([0x41, 1, 2]))).toMatchObject({ access: false, shown: true, sound: true });
  });
  test('a recovery point counts with a count of 0 only', () => {
    // SEI type 6, size 1: ue(v) 0 is the bit 1; ue(v) 3 is 00100.
    expect(facts(avc([0x06, 6, 1, 0b1100_0000, 0x80], [0x41, 1])).access).toBe(true);
    expect(facts(avc([0x06, 6, 1, 0b0010_0100, 0x80], [0x41, 1])).access).toBe(false);
    // Behind another message of 3 bytes.
    expect(facts(avc([0x06, 5, 3, 9, 9, 9, 6, 1, 0b1100_0000, 0x80], [0x41, 1])).access).toBe(true);
    // Without a picture it begins nothing.
    expect(facts(avc([0x06, 6, 1, 0b1100_0000, 0x80]))).toMatchObject({ access: false, sound: false });
  });
  test('lengths that do not add up are suspect', () => {
    expect(facts(avc([0x65, 1, 2]).subarray(0, 5)).sound).toBe(false);
    expect(facts(new Uint8Array(30)).sound).toBe(false);
    expect(facts(Uint8Array.from([0, 0])).sound).toBe(false);
  });
  test('start codes are read where the header has no record', () => {
    const annexB = packetReader('h264', null);
    expect(annexB(Uint8Array.from([0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 9]))).toMatchObject({
      access: true,
      sound: true,
    });
  });
});

test('HEVC: random access pictures are types 16 to 21', () => {
  const facts = packetReader('hevc', HVCC);
  for (const [type, access] of [
    [1, false],
    [9, false],
    [16, true],
    [19, true],
    [21, true],
    [22, false],
  ] as const) {
    expect(facts(avc([type << 1, 1, 7])), `type ${type}`).toMatchObject({ access, shown: true, sound: true });
  }
});

describe('VP9', () => {
  const facts = packetReader('vp9', null);
  test('key frame, other frame, invisible frame, shown again', () => {
    // Bits: marker 10, profile 00, show_existing, frame_type (0 is key), show_frame, …
    expect(facts(Uint8Array.from([0b1000_0010, 0]))).toMatchObject({ access: true, shown: true, sound: true });
    expect(facts(Uint8Array.from([0b1000_0110, 0]))).toMatchObject({ access: false, shown: true, sound: true });
    expect(facts(Uint8Array.from([0b1000_0100, 0]))).toMatchObject({ access: false, shown: false, sound: true });
    expect(facts(Uint8Array.from([0b1000_1000, 0]))).toMatchObject({ access: false, shown: true, sound: true });
  });
  test('a superframe of an invisible and a shown frame shows', () => {
    const index = [0b1100_0001, 2, 3, 0b1100_0001]; // two frames, one byte a size
    const packet = Uint8Array.from([0b1000_0100, 0, 0b1000_0110, 0, 0, ...index]);
    expect(facts(packet)).toMatchObject({ access: false, shown: true, sound: true });
  });
  test('anything else is suspect', () => {
    expect(facts(Uint8Array.from([0b0100_0010])).sound).toBe(false);
  });
});

test('AV1: a key frame that is shown at once', () => {
  const facts = packetReader('av1', null);
  const delimiter = [0x12, 0];
  const sequence = [0x0a, 1, 0];
  const frame = (bits: number): number[] => [0x32, 2, bits, 0];
  expect(facts(Uint8Array.from([...delimiter, ...sequence, ...frame(0b0001_0000)]))).toMatchObject({
    access: true,
    shown: true,
    sound: true,
  });
  // The same, hidden for now; an inter frame; one without a sequence header.
  expect(facts(Uint8Array.from([...delimiter, ...sequence, ...frame(0b0000_0000)])).access).toBe(false);
  expect(facts(Uint8Array.from([...delimiter, ...sequence, ...frame(0b0011_0000)])).access).toBe(false);
  expect(facts(Uint8Array.from([...delimiter, ...frame(0b0001_0000)])).access).toBe(false);
  expect(facts(Uint8Array.from([0x32, 9, 0])).sound).toBe(false);
  expect(facts(Uint8Array.from([0xff])).sound).toBe(false);
});
