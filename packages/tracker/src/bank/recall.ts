import type { Recall, Sam2Config } from '@roto/model';
import { unpackBfloat16 } from './bfloat16.ts';
import { chooseConditioning } from './conditioning-frames.ts';
import type { MemoryBank, TrackedRecord } from './memory-bank.ts';
import { type Direction, stride } from './visited.ts';

export type RecallRules = {
  /** Length of the clip; undefined for a stream whose end is not known, which counts as long. */
  readonly frameCount: number | undefined;
  /** How many prompted frames one frame attends to; null for all, otherwise at least 2. */
  readonly maxConditioningFrames: number | null;
};

/** Which records a frame reads, by frame index: the whole of sam2-model 7.4 without a tensor. */
export type RecallPlan = {
  /** Prompted frames first, then recent ones from far to near. */
  readonly frames: readonly { readonly frame: number; readonly slot: number }[];
  /** Prompted frames first, then recent ones from near to far. `distance` in frames. */
  readonly pointers: readonly { readonly frame: number; readonly distance: number }[];
};

export function planRecall(
  bank: MemoryBank,
  frame: number,
  direction: Direction,
  rules: RecallRules,
  config: Sam2Config,
): RecallPlan {
  const s = stride(direction);
  const { selected, others } = chooseConditioning(
    bank.conditioning.map((record) => record.frame),
    frame,
    rules.maxConditioningFrames,
  );
  const isOther = new Set(others);

  const frames = selected.map((index) => ({ frame: index, slot: config.memorySlots - 1 }));
  for (let back = config.memorySlots - 1; back >= 1; back--) {
    const index = frame - s * back;
    if (bank.tracked.get(index)?.tokens || isOther.has(index)) frames.push({ frame: index, slot: back - 1 });
  }

  // Prompts that lie ahead of the pass give their memory but not their pointer.
  const pointers = selected
    .map((index) => ({ frame: index, distance: s * (frame - index) }))
    .filter((pointer) => pointer.distance >= 0);
  const reach = pointerSpan(rules.frameCount, config);
  for (let distance = 1; distance < reach; distance++) {
    const index = frame - s * distance;
    if (index < 0 || (rules.frameCount !== undefined && index >= rules.frameCount)) break;
    if (bank.tracked.has(index) || isOther.has(index)) pointers.push({ frame: index, distance });
  }
  return { frames, pointers };
}

/** What memory attention reads on `frame`. Tensors of the bank are unpacked, pointers are passed on as they are. */
export function recall(
  bank: MemoryBank,
  frame: number,
  direction: Direction,
  rules: RecallRules,
  config: Sam2Config,
): Recall {
  const plan = planRecall(bank, frame, direction, rules, config);
  const records = new Map<number, TrackedRecord>(bank.tracked);
  for (const record of bank.conditioning) records.set(record.frame, record);
  const unit = Math.max(1, pointerSpan(rules.frameCount, config) - 1);
  return {
    frames: plan.frames.map(({ frame: index, slot }) => ({
      tokens: unpackBfloat16(records.get(index)!.tokens!),
      slot,
    })),
    pointers: plan.pointers.map(({ frame: index, distance }) => ({
      pointer: records.get(index)!.pointer,
      position: distance / unit,
    })),
  };
}

/** min(clip length, 16): a short clip has a shorter pointer code, in the official predictor and so here. */
function pointerSpan(frameCount: number | undefined, config: Sam2Config): number {
  return Math.min(frameCount ?? config.maxPointers, config.maxPointers);
}
