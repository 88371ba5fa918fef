/** FNV-1a over 32-bit little-endian words, the last one padded with zeros. Finds damage; it is no protection from intent. */
export function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.byteLength & ~3;
  for (let i = 0; i < whole; i += 4) hash = Math.imul(hash ^ view.getUint32(i, true), 0x01000193);
  let rest = 0;
  for (let i = whole; i < bytes.byteLength; i++) rest |= bytes[i]! << (8 * (i - whole));
  if (whole < bytes.byteLength) hash = Math.imul(hash ^ rest, 0x01000193);
  return hash >>> 0;
}
