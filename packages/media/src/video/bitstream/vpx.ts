import type { PacketFacts } from './packet-reader.ts';

type Facts = Pick<PacketFacts, 'access' | 'shown' | 'sound'>;

/** RFC 6386 9.1: frame tag of a VP8 frame, and the start code of a key frame. */
export function vp8Facts(data: Uint8Array): Facts {
  const isKey = ((data[0] ?? 1) & 1) === 0;
  const sound = data.length >= 3 && (!isKey || (data[3] === 0x9d && data[4] === 0x01 && data[5] === 0x2a));
  return { access: isKey && sound, shown: !sound || ((data[0]! >> 4) & 1) === 1, sound };
}

/** VP9 bitstream specification 6.2 (uncompressed header) and Annex B (superframes). */
export function vp9Facts(data: Uint8Array): Facts {
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
export function av1Facts(data: Uint8Array): Facts {
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
