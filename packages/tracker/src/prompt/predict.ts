import type { ImageFeatures, Sam2Model } from '@roto/model';
import { packBfloat16 } from '../bank/bfloat16.ts';
import { conditioningAt, type MemoryBank, withConditioning } from '../bank/memory-bank.ts';
import { recall } from '../bank/recall.ts';
import { forgetAround } from '../bank/retention.ts';
import { directionAt } from '../bank/visited.ts';
import { fillHoles } from '../logits/fill-holes.ts';
import type { TrackingRules } from '../track/rules.ts';
import { maskToLogits } from './mask-input.ts';
import type { ModelPrompt } from './prompt.ts';

/** What a prompt gave on its frame, before it is remembered. The next pass commits it to the bank. */
export type PromptedFrame = {
  readonly frame: number;
  /** [L × L], holes filled. */
  readonly low: Float32Array;
  /** [D] */
  readonly pointer: Float32Array;
  readonly presence: number;
  readonly iou: number;
};

/** Logits beyond ±32 are cut before they are fed back, as in the official predictor. */
const FEEDBACK_LIMIT = 32;

/** Object score of a mask prompt: ±10, by whether the mask has a pixel. */
const MASK_PRESENCE = 10;

/**
 * Answers a prompt at once (sam2-model 7.2 and 7.3). The bank is only read.
 *   earlier  what an uncommitted prompt on the same frame gave, if there is one
 */
export async function predictPrompt(
  model: Sam2Model,
  image: ImageFeatures,
  bank: MemoryBank,
  frame: number,
  prompt: ModelPrompt,
  rules: TrackingRules,
  earlier?: PromptedFrame,
): Promise<PromptedFrame> {
  const answer =
    prompt.kind === 'mask'
      ? await answerMask(model, image, prompt.mask)
      : await answerPoints(model, image, bank, frame, prompt, rules, earlier);
  return { frame, ...answer, low: fillHoles(answer.low, model.config.lowSize, rules.fillHoleArea) };
}

type Answer = Omit<PromptedFrame, 'frame'>;

/**
 * A mask is taken at its word: it becomes the output. The decoder is asked only for the pointer, on the bare image
 * features and with the single-mask token; `decode` already gives the absent pointer when its own score is ≤ 0.
 */
async function answerMask(model: Sam2Model, image: ImageFeatures, mask: Uint8Array): Promise<Answer> {
  const { imageSize, lowSize } = model.config;
  const low = maskToLogits(mask, imageSize, lowSize);
  if (!mask.includes(1)) return { low, pointer: model.absentPointer, presence: -MASK_PRESENCE, iou: 1 };
  const { pointer } = await model.decode(image, {
    features: { kind: 'raw' },
    points: [],
    mask: { kind: 'mask', data: mask },
    multimask: false,
  });
  return { low, pointer, presence: MASK_PRESENCE, iou: 1 };
}

/**
 * Clicks and boxes. On a frame where no pass has been they start afresh, without memory; elsewhere they correct: the
 * decoder remembers as the pass did. In both cases the last logits of the frame are fed back,
 * unless the prompt brings the mask that it corrects.
 */
async function answerPoints(
  model: Sam2Model,
  image: ImageFeatures,
  bank: MemoryBank,
  frame: number,
  prompt: Extract<ModelPrompt, { kind: 'points' }>,
  rules: TrackingRules,
  earlier: PromptedFrame | undefined,
): Promise<Answer> {
  const direction = bank.conditioning.length > 0 ? directionAt(bank.visited, frame) : undefined;
  const previous = prompt.previous ?? earlier?.low ?? conditioningAt(bank, frame)?.low ?? bank.tracked.get(frame)?.low;
  const { low, pointer, presence, iou } = await model.decode(image, {
    features: direction
      ? { kind: 'memory', recall: recall(bank, frame, direction, rules, model.config) }
      : { kind: 'no-memory' },
    points: prompt.points,
    ...(previous ? { mask: { kind: 'logits', data: limited(previous) } } : {}),
    // One click may mean a part or the whole, so the candidates compete; more clicks or a box say which.
    multimask: prompt.points.length <= 1,
  });
  return { low, pointer, presence, iou };
}

/**
 * Remembers a prompted frame: from now on every pass reads it. The memory is made of the low-resolution logits as
 * they are kept (holes filled), cut at 0 instead of by a sigmoid (sam2-model 7.2 step 6). Corrections of tracked
 * frames become prompted frames too, so that no later pass computes them away.
 */
export async function commitPrompt(
  model: Sam2Model,
  image: ImageFeatures,
  bank: MemoryBank,
  prompted: PromptedFrame,
  rules: TrackingRules,
): Promise<MemoryBank> {
  const { low, presence } = prompted;
  const { tokens } = await model.encodeMemory(image, { low, binarize: true, presence });
  const kept = rules.retention.forgetAroundPrompts ? forgetAround(bank, prompted.frame, model.config) : bank;
  return withConditioning(kept, { ...prompted, tokens: packBfloat16(tokens) });
}

function limited(logits: Float32Array): Float32Array {
  return logits.map((value) => Math.max(-FEEDBACK_LIMIT, Math.min(FEEDBACK_LIMIT, value)));
}
