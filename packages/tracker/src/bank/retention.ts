import type { Sam2Config } from '@roto/model';
import type { MemoryBank, TrackedRecord } from './memory-bank.ts';
import { type Direction, stride } from './visited.ts';

/**
 * Which tracked frames a bank keeps. The official predictor keeps all of them for ever (0.75 MiB per object and frame
 * at 1024); a running pass reads six memories and fifteen pointers behind it and nothing else.
 */
export type Retention = {
  /**
   * Keep the same reach on both sides of every prompted frame. A pass that sets out from a prompt finds there what an
   * earlier pass left on the other side, as in the official predictor, whose backward pass begins by reading the
   * forward one. At most 10 memories and 28 pointers a prompt.
   */
  readonly aroundPrompts: boolean;
  /**
   * How many of the frames just tracked can be corrected, or tracked anew from, as if nothing had been dropped: their
   * logits are kept, and what they remember. 1: the frame where a pass stopped. 0: enough to go on without
   * corrections. Infinity: everything is kept, as the official predictor does.
   */
  readonly history: number;
  /**
   * Forget the tracked frames within seven of a prompt when it is committed or passed: they may show what the
   * prompt corrects. The official `clear_non_cond_mem_around_input`, which raises an error there.
   */
  readonly forgetAroundPrompts: boolean;
};

/** What `bank` is after a pass in `direction` has been at `frame`: everything that nothing can read is dropped. */
export function retain(
  bank: MemoryBank,
  frame: number,
  direction: Direction,
  retention: Retention,
  config: Sam2Config,
): MemoryBank {
  // A frame reads slots − 1 memories behind it. The next frame of the pass is one further on, so counted from here it
  // is one less; a frame within the history lies up to history − 1 back.
  const tokenReach = config.memorySlots - 2;
  const pointerReach = config.maxPointers - 2;
  const tracked = new Map<number, TrackedRecord>();
  for (const record of bank.tracked.values()) {
    const behind = stride(direction) * (frame - record.frame);
    const fromFront = behind >= 0 ? behind - retention.history : Infinity;
    const distance = retention.aroundPrompts
      ? bank.conditioning.reduce((least, prompt) => Math.min(least, Math.abs(prompt.frame - record.frame)), fromFront)
      : fromFront;
    const correctable = retention.history === Infinity || fromFront < 0;
    if (correctable) tracked.set(record.frame, record);
    else if (distance <= tokenReach) tracked.set(record.frame, slim(record, record.tokens));
    else if (distance <= pointerReach) tracked.set(record.frame, slim(record, null));
  }
  return { ...bank, tracked };
}

/** `bank` without the tracked frames within seven of the prompt on `frame`. */
export function forgetAround(bank: MemoryBank, frame: number, config: Sam2Config): MemoryBank {
  const tracked = new Map(bank.tracked);
  for (const known of bank.tracked.keys()) if (Math.abs(known - frame) <= config.memorySlots) tracked.delete(known);
  return { ...bank, tracked };
}

function slim(record: TrackedRecord, tokens: Uint16Array | null): TrackedRecord {
  return record.low === null && record.tokens === tokens ? record : { ...record, tokens, low: null };
}
