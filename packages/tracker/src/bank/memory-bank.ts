import { leave, type VisitedRun } from './visited.ts';

/** A frame that a person prompted. Read by every frame of every pass for as long as the prompt stands. */
export type ConditioningRecord = {
  readonly frame: number;
  /** [N × M] bfloat16 words, token-major. */
  readonly tokens: Uint16Array;
  /** [D] object pointer. */
  readonly pointer: Float32Array;
  /** Object score logit; present when > 0. */
  readonly presence: number;
  /** Predicted IoU, 0…1. 1 for a mask prompt. */
  readonly iou: number;
  /** [L × L] logits, holes filled: the output on this frame, and the first guess of a correction. */
  readonly low: Float32Array;
};

/** A frame that was tracked. What no pass can read any more is null (see retention.ts). */
export type TrackedRecord = {
  readonly frame: number;
  readonly tokens: Uint16Array | null;
  readonly pointer: Float32Array;
  readonly presence: number;
  readonly iou: number;
  readonly low: Float32Array | null;
};

/**
 * All that the tracker knows of one object: a value that is passed in and out and never edited. Its size depends on
 * the number of prompts and not on the length of the video.
 */
export type MemoryBank = {
  /** In the order in which they were prompted; that order is the order of the memory tokens. */
  readonly conditioning: readonly ConditioningRecord[];
  /** By frame. Never holds a conditioning frame. */
  readonly tracked: ReadonlyMap<number, TrackedRecord>;
  readonly visited: readonly VisitedRun[];
};

export const emptyBank: MemoryBank = { conditioning: [], tracked: new Map(), visited: [] };

export function conditioningAt(bank: MemoryBank, frame: number): ConditioningRecord | undefined {
  return bank.conditioning.find((record) => record.frame === frame);
}

/** The bank with `record` as a prompted frame, in its old place if that frame was prompted before. */
export function withConditioning(bank: MemoryBank, record: ConditioningRecord): MemoryBank {
  const place = bank.conditioning.findIndex((known) => known.frame === record.frame);
  const conditioning = place < 0 ? [...bank.conditioning, record] : bank.conditioning.with(place, record);
  const tracked = new Map(bank.tracked);
  tracked.delete(record.frame);
  return { ...bank, conditioning, tracked };
}

/**
 * The bank without the prompt on `frame`. As in the official predictor the frame's record stays as if it had been
 * tracked, and a new prompt there starts afresh.
 */
export function withoutConditioning(bank: MemoryBank, frame: number): MemoryBank {
  const record = conditioningAt(bank, frame);
  if (!record) return bank;
  const conditioning = bank.conditioning.filter((known) => known !== record);
  return { conditioning, tracked: new Map(bank.tracked).set(frame, record), visited: leave(bank.visited, frame) };
}

/** Bytes of all tensors in the bank. */
export function bankByteLength(bank: MemoryBank): number {
  let bytes = 0;
  for (const record of [...bank.conditioning, ...bank.tracked.values()])
    bytes += record.pointer.byteLength + (record.tokens?.byteLength ?? 0) + (record.low?.byteLength ?? 0);
  return bytes;
}
