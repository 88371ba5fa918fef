import type { Decoded, ImageFeatures, Sam2Model } from '@roto/model';
import { packBfloat16 } from '../bank/bfloat16.ts';
import { conditioningAt, type MemoryBank } from '../bank/memory-bank.ts';
import { recall } from '../bank/recall.ts';
import { forgetAround, retain } from '../bank/retention.ts';
import { type Direction, stride, visit } from '../bank/visited.ts';
import { fillHoles } from '../logits/fill-holes.ts';
import type { TrackingRules } from './rules.ts';

/** What the model says about one object on one frame. */
export type Prediction = {
  readonly frame: number;
  /** [L × L] mask logits, holes filled; −1024 everywhere when the object is absent. */
  readonly low: Float32Array;
  /** Object score logit; present when > 0. */
  readonly presence: number;
  /** Predicted IoU, 0…1. */
  readonly iou: number;
  /** True: a person prompted this frame, and this is what that prompt gave. */
  readonly prompted: boolean;
};

export type Step = { readonly prediction: Prediction; readonly bank: MemoryBank };

/**
 * One object, one frame onward (sam2-model 7.5). Needs at least one prompted frame in the bank; it may lie ahead.
 * The bank that comes back holds the new memory; the caller's is not edited. Not for a prompted frame: see `revisit`.
 */
export async function step(
  model: Sam2Model,
  bank: MemoryBank,
  image: ImageFeatures,
  frame: number,
  direction: Direction,
  rules: TrackingRules,
): Promise<Step> {
  const { config } = model;
  const decoded = await model.decode(image, {
    features: { kind: 'memory', recall: recall(bank, frame, direction, rules, config) },
    points: [],
    multimask: true,
  });
  const { presence, iou } = decoded;
  const held =
    rules.memoryPresence !== null && presence < rules.memoryPresence ? memoryBefore(bank, frame, direction) : undefined;
  // Memory is made of the logits as they were decoded; holes are filled in what is shown and kept.
  const made = held ?? encode(model, image, decoded);
  const low = fillHoles(decoded.low, config.lowSize, rules.fillHoleArea);
  const { tokens, pointer } = await made;
  const tracked = new Map(bank.tracked).set(frame, { frame, tokens, pointer, presence, iou, low });
  const visited = visit(bank.visited, frame, direction);
  return {
    prediction: { frame, low, presence, iou, prompted: false },
    bank: retain({ ...bank, tracked, visited }, frame, direction, rules.retention, config),
  };
}

type Memory = { readonly tokens: Uint16Array; readonly pointer: Float32Array };

async function encode(model: Sam2Model, image: ImageFeatures, { low, presence, pointer }: Decoded): Promise<Memory> {
  const { tokens } = await model.encodeMemory(image, { low, binarize: false, presence });
  return { tokens: packBfloat16(tokens), pointer };
}

/** What is remembered of the frame that the pass comes from; undefined where nothing is. */
function memoryBefore(bank: MemoryBank, frame: number, direction: Direction): Memory | undefined {
  const before = frame - stride(direction);
  const record = conditioningAt(bank, before) ?? bank.tracked.get(before);
  return record?.tokens ? { tokens: record.tokens, pointer: record.pointer } : undefined;
}

/**
 * A pass comes to a prompted frame: what the prompt gave stands, and the model is not asked. Undefined when the frame
 * is not prompted.
 */
export function revisit(
  model: Sam2Model,
  bank: MemoryBank,
  frame: number,
  direction: Direction,
  rules: TrackingRules,
): Step | undefined {
  const record = conditioningAt(bank, frame);
  if (!record) return undefined;
  const { low, presence, iou } = record;
  const visited = { ...bank, visited: visit(bank.visited, frame, direction) };
  const kept = rules.retention.forgetAroundPrompts ? forgetAround(visited, frame, model.config) : visited;
  return {
    prediction: { frame, low, presence, iou, prompted: true },
    bank: retain(kept, frame, direction, rules.retention, model.config),
  };
}
