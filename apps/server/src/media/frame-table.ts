import type { FrameEntry } from '@roto/media';

/**
 * Times and key frames of a range, for players: float64 (little endian) seconds from the first frame of the source, one for
 * each frame; then one bit a frame, the lowest of each byte first: can it be decoded without any other? Images have the
 * time 0. `ceil(n / 8)` bytes follow `8 n`, so that n follows from the length.
 */
export function writeFrameTable(frames: readonly Pick<FrameEntry, 'timeSec' | 'key'>[]): Uint8Array {
  const bytes = new Uint8Array(8 * frames.length + Math.ceil(frames.length / 8));
  const view = new DataView(bytes.buffer);
  for (const [n, { timeSec, key }] of frames.entries()) {
    view.setFloat64(8 * n, timeSec, true);
    if (key) bytes[8 * frames.length + (n >> 3)]! |= 1 << (n & 7);
  }
  return bytes;
}
