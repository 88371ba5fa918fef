/**
 * The order of file names in which frame9 comes before frame10.
 *
 * A name is a row of parts: runs of the digits 0–9, and the text between them. Digits are compared as numbers of any
 * length, text by code unit; digits come before text. Where all parts are equal (01 and 1), more leading zeros come first.
 * No locale takes part, so the order is the same on every machine.
 */
export function compareNaturally(a: string, b: string): number {
  const left = a.match(PARTS) ?? [];
  const right = b.match(PARTS) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = comparePart(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  if (left.length !== right.length) return left.length - right.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

const PARTS = /[0-9]+|[^0-9]+/g;
const DIGIT = /^[0-9]/;

function comparePart(a: string, b: string): number {
  const numbers = (DIGIT.test(a) ? 1 : 0) + (DIGIT.test(b) ? 1 : 0);
  if (numbers === 1) return DIGIT.test(a) ? -1 : 1;
  if (numbers === 0) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}
