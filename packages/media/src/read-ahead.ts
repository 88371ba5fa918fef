import type { Frame, FrameSource } from './frame-source.ts';

/**
 * Reads frames in the order of `indices` and keeps up to `depth` reads under way beyond the one that the consumer
 * holds, so that decoding and the consumer's work overlap. Leaving the loop, an error or the signal stops it.
 */
export async function* readAhead(
  source: FrameSource,
  indices: Iterable<number>,
  depth: number,
  signal?: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const order = indices[Symbol.iterator]();
  const under: Promise<Frame>[] = [];
  const fill = (): void => {
    while (under.length <= depth) {
      const next = order.next();
      if (next.done) return;
      const read = source.read(next.value, both);
      read.catch(() => undefined); // reported when its turn comes, and not before
      under.push(read);
    }
  };
  try {
    signal?.throwIfAborted();
    fill();
    while (under.length > 0) {
      const frame = await under.shift()!;
      fill();
      yield frame;
    }
  } finally {
    stop.abort();
    order.return?.();
    await Promise.allSettled(under);
  }
}
