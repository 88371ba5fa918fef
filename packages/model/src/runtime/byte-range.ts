import { readFileSync } from 'node:fs';
import type { ByteRange } from '../graph/graph.ts';

/**
 * The signed range that 8-bit products of this processor compute exactly. Instructions that sum four products at once
 * (VNNI) are only looked for where the system tells of them, on Linux; without them the narrower range is right.
 */
export function byteRange(): ByteRange {
  return /\bavx(512)?_vnni\b/.test(processorFlags()) ? 127 : 63;
}

function processorFlags(): string {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  } catch {
    return ''; // Not Linux.
  }
}
