/**
 * What a packet says about itself before anything is decoded: may decoding start here, is a picture shown, does the
 * packet look whole. Containers are not believed in this: a key flag may stand on a recovery point from which the
 * picture only becomes right some frames later, and a damaged packet still has its flag.
 */
export type PacketFacts = {
  /** Decoding from here gives exact pictures for everything shown from here on. */
  readonly access: boolean;
  /** False for packets that only feed the decoder (VP9 alternate reference frames on their own). */
  readonly shown: boolean;
  /** False when the packet's own structure does not add up; only decoding can tell what it gives. */
  readonly sound: boolean;
};

export type VideoCodec = 'h264' | 'hevc' | 'vp9' | 'av1';

/** A reader of packet facts for one stream. `extradata` is the codec configuration record of the container. */
export function packetReader(codec: VideoCodec, extradata: Uint8Array | null): (data: Uint8Array) => PacketFacts {
  switch (codec) {
    case 'h264': {
      const lengthSize = extradata && extradata.length >= 7 && extradata[0] === 1 ? (extradata[4]! & 3) + 1 : 0;
      return (data) => nalFacts(data, lengthSize, h264Access);
    }
    case 'hevc': {
      const isRecord = extradata && extradata.length >= 23 && (extradata[0] === 1 || extradata[2]! > 1);
      const lengthSize = isRecord ? (extradata[21]! & 3) + 1 : 0;
      return (data) => nalFacts(data, lengthSize, hevcAccess);
    }
    case 'vp9':
      return vp9Facts;
    case 'av1':
      return av1Facts;
  }
}

type Access = (nal: Uint8Array) => 'access' | 'recovery' | 'picture' | 'neither' | 'bad';

/** Walks the NAL units of a packet; `lengthSize` 0 stands for start codes (Annex B). */
function nalFacts(data: Uint8Array, lengthSize: number, read: Access): PacketFacts {
  let access = false;
  let pictures = 0;
  let sound = true;
  const take = (nal: Uint8Array): void => {
    const what = nal.length === 0 ? 'bad' : read(nal);
    if (what === 'access' || what === 'recovery') access = true;
    if (what === 'access' || what === 'picture') pictures++;
    if (what === 'bad') sound = false;
  };
  if (lengthSize === 0) {
    for (const nal of annexB(data)) take(nal);
  } else {
    let at = 0;
    while (at < data.length) {
      if (at + lengthSize > data.length) return { access, shown: true, sound: false };
      let length = 0;
      for (let i = 0; i < lengthSize; i++) length = length * 256 + data[at + i]!;
      at += lengthSize;
      if (length === 0 || at + length > data.length) return { access, shown: true, sound: false };
      take(data.subarray(at, at + length));
      at += length;
    }
  }
  // A recovery point message counts as access only together with a picture.
  return { access: access && pictures > 0, shown: true, sound: sound && pictures > 0 };
}

function* annexB(data: Uint8Array): Generator<Uint8Array> {
  let from = -1;
  for (let i = 0; i + 3 <= data.length; i++) {
    if (data[i] !== 0 || data[i + 1] !== 0 || data[i + 2] !== 1) continue;
    if (from >= 0) yield data.subarray(from, i);
    from = i + 3;
  }
  if (from >= 0) yield data.subarray(from);
}

/** ITU-T H.264 7.4.1: type 5 is an IDR picture; a recovery point (D.1.8) with a count of 0 is as good. */
function h264Access(nal: Uint8Array): ReturnType<Access> {
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
function hevcAccess(nal: Uint8Array): ReturnType<Access> {
  if (nal.length < 2 || nal[0]! & 0x80) return 'bad';
  const type = (nal[0]! >> 1) & 0x3f;
  if (type >= 16 && type <= 21) return 'access';
  return type < 32 ? 'picture' : 'neither';
}

/** VP9 bitstream specification 6.2 (uncompressed header) and Annex B (superframes). */
function vp9Facts(data: Uint8Array): PacketFacts {
  let access = false;
  let shown = false;
  let sound = data.length > 0;
  for (const [i, frame] of vp9Frames(data).entries()) {
    const bits = frame[0] ?? 0;
    if (bits >> 6 !== 2) {
      sound = false;
      continue;
    }
    const profile3 = (bits & 0x30) === 0x30;
    // After the marker and two profile bits (three for profile 3): show_existing, frame_type, show_frame.
    const rest = (((bits << 8) | (frame[1] ?? 0)) >> (profile3 ? 8 : 9)) & 7;
    const existing = (rest & 4) !== 0;
    if (existing) {
      shown = true;
      continue;
    }
    if (i === 0 && (rest & 2) === 0) access = true;
    if (rest & 1) shown = true;
  }
  // What cannot be read is left to the decoder.
  return { access, shown: shown || !sound, sound };
}

function vp9Frames(data: Uint8Array): Uint8Array[] {
  const last = data[data.length - 1] ?? 0;
  if ((last & 0xe0) !== 0xc0) return [data];
  const count = (last & 7) + 1;
  const bytes = ((last >> 3) & 3) + 1;
  const indexSize = 2 + count * bytes;
  if (data.length < indexSize || data[data.length - indexSize] !== last) return [data];
  const frames: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    let size = 0;
    for (let b = bytes - 1; b >= 0; b--) size = size * 256 + data[data.length - indexSize + 1 + i * bytes + b]!;
    if (size > 0) frames.push(data.subarray(at, Math.min(at + size, data.length - indexSize)));
    at += size;
  }
  return frames;
}

/**
 * AV1 bitstream specification 5.3 to 5.9. A key frame that is shown at once is an access point. One that is decoded
 * now and shown later is not taken as one: pictures shown in between may refer to what came before it.
 */
function av1Facts(data: Uint8Array): PacketFacts {
  let at = 0;
  let sequence = false;
  let reduced = false;
  let access: boolean | undefined;
  while (at < data.length) {
    const header = data[at++]!;
    if (header & 0x80) return { access: false, shown: true, sound: false };
    const type = (header >> 3) & 15;
    if (header & 4) at++;
    let size = data.length - at;
    if (header & 2) {
      size = 0;
      for (let i = 0, more = true; i < 8 && more; i++) {
        const byte = data[at++];
        if (byte === undefined) return { access: false, shown: true, sound: false };
        size += (byte & 0x7f) * 2 ** (7 * i);
        more = (byte & 0x80) !== 0;
      }
    }
    if (at + size > data.length) return { access: false, shown: true, sound: false };
    if (type === 1) {
      sequence = true;
      reduced = ((data[at] ?? 0) & 0x08) !== 0;
    }
    if ((type === 3 || type === 6) && access === undefined) {
      const bits = data[at] ?? 0;
      // show_existing_frame, frame_type (0 is a key frame), show_frame
      access = sequence && (reduced || bits >> 4 === 0b0001);
    }
    at += size;
  }
  return { access: access === true, shown: true, sound: access !== undefined };
}
