/** Surgery on the clips that `writeVideo` makes: index first, one track, its packets one after another. */

/** Where packet n begins and how many bytes it has, by the index of an MP4 file (boxes stco and stsz). */
export function packetsOf(mp4: Buffer): { at: number; size: number }[] {
  const sizes = mp4.indexOf('stsz') + 4;
  let at = mp4.readUInt32BE(mp4.indexOf('stco') + 12);
  return Array.from({ length: mp4.readUInt32BE(sizes + 8) }, (_, n) => {
    const size = mp4.readUInt32BE(sizes + 12 + 4 * n);
    at += size;
    return { at: at - size, size };
  });
}

/** The first `packets` packets, as a download that stopped leaves them. */
export function cutAfter(mp4: Buffer, packets: number): Buffer {
  return mp4.subarray(0, packetsOf(mp4)[packets]!.at);
}

/** Packets from `from` to `to` as a bad sector leaves them: their lengths no longer add up. */
export function overwritten(mp4: Buffer, from: number, to: number): Buffer {
  const packets = packetsOf(mp4);
  return Buffer.from(mp4).fill(0xff, packets[from]!.at, packets[to]!.at + packets[to]!.size);
}

/** Packet n with a picture of zeros: it looks whole, and only decoding shows that it gives nothing. */
export function silenced(mp4: Buffer, n: number): Buffer {
  const { at, size } = packetsOf(mp4)[n]!;
  return Buffer.from(mp4).fill(0, at + 5, at + size);
}
