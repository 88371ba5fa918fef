import { H264Order } from './h264-order.ts';
import { HevcOrder } from './hevc-order.ts';
import type { PacketFacts } from './packet-reader.ts';
import { type PictureFacts, type PictureOrder, UNKNOWN_PICTURE } from './picture-order.ts';

type NalKind = 'access' | 'recovery' | 'picture' | 'neither' | 'bad';

type Codec = {
  readonly kindOf: (nal: Uint8Array) => NalKind;
  /** NAL types of parameter sets and of what ends a sequence. */
  readonly parameterTypes: readonly number[];
  /** The set without which a decoder cannot begin. */
  readonly sequenceType: number;
  readonly typeOf: (nal: Uint8Array) => number;
};

const CODECS: Record<'h264' | 'hevc', Codec> = {
  h264: { kindOf: h264Kind, parameterTypes: [7, 8], sequenceType: 7, typeOf: (nal) => nal[0]! & 0x1f },
  hevc: {
    kindOf: hevcKind,
    parameterTypes: [33, 34, 36, 37],
    sequenceType: 33,
    typeOf: (nal) => (nal[0]! >> 1) & 0x3f,
  },
};

/** Reads the packets of one H.264 or HEVC stream, in decode order. */
export class NalReader {
  readonly #codec: Codec;
  readonly #order: PictureOrder;
  /** Bytes of the length before each unit; 0 stands for start codes (Annex B). */
  #lengthSize = 0;
  #hasParameters = false;
  /** The field for which the other one has not come yet. */
  #openField: PictureFacts['field'];

  constructor(codec: 'h264' | 'hevc', extradata: Uint8Array | null) {
    this.#codec = CODECS[codec];
    this.#order = codec === 'h264' ? new H264Order() : new HevcOrder();
    if (extradata && extradata.length > 0) this.configure(extradata);
  }

  /** Takes the parameter sets of a container's configuration record, or of bytes with start codes. */
  configure(extradata: Uint8Array): void {
    this.#hasParameters = true;
    if (this.#codec === CODECS.h264 && extradata.length >= 7 && extradata[0] === 1) {
      this.#lengthSize = (extradata[4]! & 3) + 1;
      // ISO 14496-15 5.3.3: sequence parameter sets, then picture parameter sets, each with their number before them.
      const at = this.#sets(extradata, 6, extradata[5]! & 31);
      this.#sets(extradata, at + 1, extradata[at] ?? 0);
    } else if (this.#codec === CODECS.hevc && extradata.length >= 23 && (extradata[0] === 1 || extradata[2]! > 1)) {
      this.#lengthSize = (extradata[21]! & 3) + 1;
      // 8.3.3: arrays, each of a type (1 byte) and a number of units (2 bytes).
      let at = 23;
      for (let array = extradata[22]!; array > 0 && at + 3 <= extradata.length; array--) {
        at = this.#sets(extradata, at + 3, (extradata[at + 1]! << 8) | extradata[at + 2]!);
      }
    } else {
      this.#lengthSize = 0;
      for (const nal of annexB(extradata)) if (nal.length > 0) this.#order.parameters(nal);
    }
  }

  #sets(record: Uint8Array, from: number, count: number): number {
    let at = from;
    for (let i = 0; i < count && at + 2 <= record.length; i++) {
      const length = (record[at]! << 8) | record[at + 1]!;
      if (length > 0) this.#order.parameters(record.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    return at;
  }

  read(data: Uint8Array): PacketFacts {
    let access = false;
    let pictures = 0;
    let sound = true;
    let hasParameters = this.#hasParameters;
    let picture: PictureFacts = UNKNOWN_PICTURE;
    for (const nal of this.#units(data)) {
      const kind = nal === undefined || nal.length === 0 ? 'bad' : this.#codec.kindOf(nal);
      if (kind === 'bad') {
        sound = false;
        if (nal === undefined) break;
        continue;
      }
      const type = this.#codec.typeOf(nal!);
      if (this.#codec.parameterTypes.includes(type)) this.#order.parameters(nal!);
      if (type === this.#codec.sequenceType) hasParameters = true;
      if (kind === 'access' || kind === 'recovery') access = true;
      if ((kind === 'access' || kind === 'picture') && pictures++ === 0) picture = this.#order.picture(nal!);
    }
    const isSecondField =
      picture.field !== undefined && this.#openField !== undefined && picture.field !== this.#openField;
    this.#openField = isSecondField ? undefined : picture.field;
    return {
      // A recovery point message counts as access only together with a picture.
      access: access && pictures > 0 && hasParameters && !isSecondField,
      shown: !isSecondField,
      sound: sound && pictures > 0,
      order: picture.order,
      interlaced: picture.interlaced,
    };
  }

  /** The units of a packet; undefined where their lengths do not add up. */
  *#units(data: Uint8Array): Generator<Uint8Array | undefined> {
    if (this.#lengthSize === 0) {
      yield* annexB(data);
      return;
    }
    for (let at = 0; at < data.length; ) {
      let length = 0;
      for (let i = 0; i < this.#lengthSize; i++) length = length * 256 + (data[at + i] ?? 0);
      at += this.#lengthSize;
      if (length === 0 || at + length > data.length) {
        yield undefined;
        return;
      }
      yield data.subarray(at, at + length);
      at += length;
    }
  }
}

const START = Buffer.from([0, 0, 1]);

function* annexB(data: Uint8Array): Generator<Uint8Array> {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  for (let at = bytes.indexOf(START); at >= 0; ) {
    const next = bytes.indexOf(START, at + 3);
    yield data.subarray(at + 3, next < 0 ? data.length : next);
    at = next;
  }
}

/** ITU-T H.264 7.4.1: type 5 is an IDR picture; a recovery point (D.1.8) with a count of 0 is as good. */
function h264Kind(nal: Uint8Array): NalKind {
  if (nal[0]! & 0x80) return 'bad';
  const type = nal[0]! & 0x1f;
  if (type === 5) return 'access';
  if (type >= 1 && type <= 4) return 'picture';
  if (type === 6 && recoveryFrameCount(nal) === 0) return 'recovery';
  return 'neither';
}

/** recovery_frame_cnt of the first recovery point message in a SEI unit, or -1 where there is none. */
function recoveryFrameCount(nal: Uint8Array): number {
  let at = 1;
  while (at + 2 < nal.length) {
    let type = 0;
    while (nal[at] === 0xff) {
      type += 255;
      at++;
    }
    type += nal[at++] ?? 0;
    let size = 0;
    while (nal[at] === 0xff) {
      size += 255;
      at++;
    }
    size += nal[at++] ?? 0;
    if (type === 6) return firstExpGolomb(nal.subarray(at, at + size));
    at += size;
  }
  return -1;
}

/** ue(v) at the start of `bytes` (H.264 9.1). */
function firstExpGolomb(bytes: Uint8Array): number {
  const bit = (i: number): number => ((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1;
  let zeros = 0;
  while (zeros < 24 && bit(zeros) === 0) zeros++;
  let value = 0;
  for (let i = 0; i <= zeros; i++) value = value * 2 + bit(zeros + i);
  return value - 1;
}

/** ITU-T H.265 table 7-1: 16 to 21 are random access pictures (BLA, IDR, CRA), 0 to 31 are pictures. */
function hevcKind(nal: Uint8Array): NalKind {
  if (nal.length < 2 || nal[0]! & 0x80) return 'bad';
  const type = (nal[0]! >> 1) & 0x3f;
  if (type >= 16 && type <= 21) return 'access';
  return type < 32 ? 'picture' : 'neither';
}
