import { Bits } from './bits.ts';

/**
 * Places in the output of codecs in which a reference picture waits until the next one comes, and pictures between two
 * references come out at once: MPEG-1, MPEG-2 and MPEG-4.
 */
export class ReferenceOrder {
  #references = 0;
  #between = 0;

  next(isReference: boolean): number {
    if (!isReference) return this.#references * BETWEEN + ++this.#between;
    this.#between = 0;
    this.#references++;
    return this.#references * BETWEEN + BETWEEN - 1;
  }
}

/** Pictures between two references, at most; also keeps sums of both exact. */
const BETWEEN = 2 ** 24;

/** A start code's last byte and where its data begins. */
export function* startCodes(data: Uint8Array): Generator<{ code: number; at: number }> {
  for (let i = 0; i + 3 < data.length; i++) {
    if (data[i] !== 0 || data[i + 1] !== 0 || data[i + 2] !== 1) continue;
    yield { code: data[i + 3]!, at: i + 4 };
    i += 3;
  }
}

export type MpegPicture = {
  readonly type: 'intra' | 'predicted' | 'between' | 'none';
  /** The parameters without which a decoder cannot begin stand here too. */
  readonly hasParameters: boolean;
  readonly isSound: boolean;
};

/** ISO 13818-2 6.2.2 and 6.2.3: sequence header (0xb3) and picture header (0). */
export function mpegPicture(data: Uint8Array): MpegPicture {
  let hasParameters = false;
  for (const { code, at } of startCodes(data)) {
    if (code === 0xb3) hasParameters = true;
    if (code !== 0) continue;
    const kind = ((data[at + 1] ?? 0) >> 3) & 7;
    const type = ([undefined, 'intra', 'predicted', 'between'] as const)[kind];
    return { type: type ?? 'none', hasParameters, isSound: type !== undefined };
  }
  return { type: 'none', hasParameters, isSound: false };
}

/**
 * ISO 14496-2 6.2.3 and 6.2.5. AVI files hold a picture "between" in one packet with the reference that follows it in
 * the output, and then a packet that codes nothing; FFmpeg shows the former in the place of the latter.
 */
export class Mpeg4Pictures {
  #timeBits = 1;
  #packed = false;

  read(data: Uint8Array): MpegPicture {
    let hasParameters = false;
    const types: MpegPicture['type'][] = [];
    for (const { code, at } of startCodes(data)) {
      if (code >= 0x20 && code <= 0x2f) {
        hasParameters = true;
        this.#layer(new Bits(data.subarray(at, at + 64)));
      }
      if (code === 0xb6) types.push(this.#picture(new Bits(data.subarray(at, at + 16))));
    }
    const [first = 'none'] = types;
    const wasPacked = this.#packed;
    this.#packed = types.length > 1 && types[1] !== 'none';
    if (first === 'none' && wasPacked) return { type: 'between', hasParameters, isSound: true };
    return { type: first, hasParameters, isSound: types.length > 0 };
  }

  /** The video object layer: how many bits a picture's time takes. */
  #layer(bits: Bits): void {
    bits.skip(1 + 8);
    const version = bits.flag() ? bits.read(7) >> 3 : 1;
    if (bits.read(4) === 15) bits.skip(16);
    if (bits.flag()) {
      bits.skip(2 + 1);
      if (bits.flag()) bits.skip(79);
    }
    if (bits.read(2) === 3 && version !== 1) bits.skip(4);
    bits.skip(1);
    const resolution = bits.read(16);
    if (!bits.past && resolution > 0) this.#timeBits = Math.max(1, Math.ceil(Math.log2(resolution)));
  }

  #picture(bits: Bits): MpegPicture['type'] {
    const type = bits.read(2);
    while (bits.flag() && !bits.past);
    bits.skip(1 + this.#timeBits + 1);
    const isCoded = bits.flag();
    if (!isCoded || bits.past) return 'none';
    return type === 0 ? 'intra' : type === 2 ? 'between' : 'predicted';
  }
}
