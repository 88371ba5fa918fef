import type { ImageFeatures, Sam2Model } from '@roto/model';
import { packBfloat16 } from '../bank/bfloat16.ts';
import { conditioningAt, type MemoryBank } from '../bank/memory-bank.ts';
import { recall } from '../bank/recall.ts';
import { forgetAround, retain } from '../bank/retention.ts';
import { type Direction, visit } from '../bank/visited.ts';
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
  // Memory is made of the logits as they were decoded; holes are filled in what is shown and kept.
  const encoding = model.encodeMemory(image, { low: decoded.low, binarize: false, presence: decoded.presence });
  const low = fillHoles(decoded.low, config.lowSize, rules.fillHoleArea);
  const tokens = packBfloat16((await encoding).tokens);
  const { presence, iou, pointer } = decoded;
  const tracked = new Map(bank.tracked).set(frame, { frame, tokens, pointer, presence, iou, low });
  const visited = visit(bank.visited, frame, direction);
  return {
    prediction: { frame, low, presence, iou, prompted: false },
    bank: retain({ ...bank, tracked, visited }, frame, direction, rules.retention, config),
  };
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
