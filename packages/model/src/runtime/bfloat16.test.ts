import { expect, test } from 'vitest';
import { roundToBfloat16 } from './bfloat16.ts';

const bits = (word: number) => new Float32Array(Uint32Array.of(word).buffer)[0]!;

test('rounds to the nearest bfloat16, ties to even', () => {
  const cases: [number, number][] = [
    [0x3f800000, 0x3f800000], // exact
    [0x3f808000, 0x3f800000], // a tie goes down to the even neighbour
    [0x3f818000, 0x3f820000], // a tie goes up to the even neighbour
    [0x3f808001, 0x3f810000], // above the tie
    [0x3f807fff, 0x3f800000], // below the tie
    [0xbf808001, 0xbf810000], // the sign stays
    [0x3f7fffff, 0x3f800000], // carries into the exponent
    [0x00000001, 0x00000000], // the smallest subnormal
    [0x7f7fffff, 0x7f800000], // beyond the largest finite value
  ];
  const values = Float32Array.from(cases, ([from]) => bits(from));
  const words = new Uint32Array(roundToBfloat16(values).buffer);
  expect([...words].map((word) => word.toString(16))).toEqual(cases.map(([, to]) => to.toString(16)));
});

test('rounding twice changes nothing', () => {
  const once = roundToBfloat16(Float32Array.from({ length: 1000 }, (_, i) => Math.tan(i)));
  expect(roundToBfloat16(once.slice())).toEqual(once);
});
