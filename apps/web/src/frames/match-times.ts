// Finds the packets of a file that are the frames which the server numbers.

/** A clock of 90 kHz rounds to 11 µs, one of a millisecond to 500; two frames are never that close. */
const CLOSE_S = 0.0006;

/**
 * For each of the server's times the packet that is shown then, by its place among the packets in order of presentation.
 * Undefined where one has none: then the file's frames are numbered by other rules than ours, and the file is not used.
 *   packets  seconds, rising
 *   times    seconds from the first frame of the source, rising
 *   zero     packet that is the first frame of the source
 */
export function matchTimes(packets: ArrayLike<number>, times: ArrayLike<number>, zero: number): Int32Array | undefined {
  const origin = packets[zero];
  if (origin === undefined) return undefined;
  const found = new Int32Array(times.length);
  let at = zero;
  for (let n = 0; n < times.length; n++) {
    const wanted = origin + times[n]!;
    while (at + 1 < packets.length && Math.abs(packets[at + 1]! - wanted) <= Math.abs(packets[at]! - wanted)) at++;
    if (Math.abs(packets[at]! - wanted) > CLOSE_S) return undefined;
    if (n > 0 && found[n - 1] === at) return undefined;
    found[n] = at;
  }
  return found;
}
