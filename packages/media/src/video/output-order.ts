import type { ResolvedOptions } from '../options.ts';
import type { StreamHeader } from './container.ts';
import { DecodeRun } from './decoder.ts';
import type { PacketCursor } from './packet-cursor.ts';
import type { PacketTable } from './packet-table.ts';

/** Packets by the place of their picture in the decoder's output, and which of them have a concealed one. */
export type Output = { readonly order: readonly number[]; readonly flawed: readonly number[] };

/** Decodes the whole stream, on one thread. */
export async function decodeOutput(
  path: string,
  header: StreamHeader,
  cursor: PacketCursor,
  { limits, signal }: ResolvedOptions,
): Promise<Output> {
  const order: number[] = [];
  const flawed: number[] = [];
  const settings = { threads: 1, maxPixels: limits.maxPixels, careful: true };
  const run = await DecodeRun.begin(path, header, cursor, 0, settings);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const step = await run.step();
      if (step.kind === 'end') return { order, flawed };
      if (step.kind !== 'picture') continue;
      order.push(step.ordinal);
      if (step.flawed) flawed.push(step.ordinal);
    }
  } finally {
    run.end();
  }
}

/** Pictures that a decoder holds back at most (H.264 A.3.1). */
const MOST_HELD = 16;

/**
 * How many pictures a decoder must hold back so that they come out in order: for each, those before it in the file
 * that are shown after it. FFmpeg's H.264 decoder needs to know where the stream does not say, and otherwise drops
 * pictures that come too late.
 */
export function picturesHeld({ order, shown, count }: Pick<PacketTable, 'order' | 'shown' | 'count'>): number {
  let held = 0;
  const before: number[] = [];
  for (let i = 0; i < count; i++) {
    const own = order[i]!;
    if (!shown[i] || Number.isNaN(own)) continue;
    held = Math.max(held, before.filter((other) => other > own).length);
    before.push(own);
    if (before.length > 2 * MOST_HELD) before.shift();
  }
  return Math.min(held, MOST_HELD);
}
