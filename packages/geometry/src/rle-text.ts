import { GeometryError } from './errors.ts';
import { type CompressedRle, checkRle, checkSize, type Rle } from './rle.ts';

/** No run of a picture within MAX_PIXELS, nor a difference of two, needs more digits of 5 bits (the sign included). */
const MAX_DIGITS = 6;

/**
 * COCO's compressed form, character for character what pycocotools writes: from the fourth run on, the difference to
 * the run two before; each number in groups of 5 bits, lowest first, two's complement; bit 5 says that more follow;
 * each group plus 48 is an ASCII character ('0'…'o').
 */
export function compressRle(rle: Rle): CompressedRle {
  checkRle(rle);
  let text = '';
  for (let i = 0; i < rle.counts.length; i++) {
    let rest = i > 2 ? rle.counts[i]! - rle.counts[i - 2]! : rle.counts[i]!;
    for (;;) {
      const digit = rest & 31;
      rest >>= 5;
      const done = digit & 16 ? rest === -1 : rest === 0;
      text += String.fromCharCode(48 + (done ? digit : digit | 32));
      if (done) break;
    }
  }
  return { size: rle.size, counts: text };
}

/** Reads COCO's compressed form. Throws 'rle-text', 'rle-count', 'rle-sum' or 'rle-size', naming character or run. */
export function decompressRle(rle: CompressedRle): Rle {
  checkSize(rle.size);
  const text = rle.counts;
  const counts: number[] = [];
  let at = 0;
  while (at < text.length) {
    const from = at;
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      if (at === text.length) throw bad(text, at, `ends inside run ${counts.length}; is it cut off?`);
      const code = text.charCodeAt(at) - 48;
      if (code < 0 || code > 63)
        throw bad(text, at, `has ${JSON.stringify(text[at])}; only characters "0" to "o" are possible.`);
      if (at - from === MAX_DIGITS) throw bad(text, at, `has a number of more than ${MAX_DIGITS} characters.`);
      at++;
      value += (code & 31) * 2 ** shift;
      if ((code & 32) === 0) {
        if (code & 16) value -= 2 ** (shift + 5);
        break;
      }
    }
    if (counts.length > 2) value += counts[counts.length - 2]!;
    counts.push(value);
  }
  const plain = { size: rle.size, counts };
  checkRle(plain);
  return plain;
}

function bad(text: string, at: number, what: string): GeometryError {
  return new GeometryError('rle-text', `The compressed RLE of ${text.length} characters, at character ${at}, ${what}`);
}
