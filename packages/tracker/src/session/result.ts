import type { Mask } from '@roto/geometry';
import type { SmallPrompt } from '../prompt/small-prompt.ts';

/** What the caller calls an object. */
export type ObjectId = string;

/** One object on one frame. Presence, predicted IoU and area are signals to judge by; nothing is decided from them here. */
export type ObjectResult = {
  readonly id: ObjectId;
  /** At video size. */
  readonly mask: Mask;
  /** Pixels in the mask. */
  readonly area: number;
  /** [L × L] logits behind the mask, holes filled. */
  readonly low: Float32Array;
  /** Object score logit; present when > 0. ±10 for a mask prompt. */
  readonly presence: number;
  /** The model's own estimate of the mask's IoU, 0…1; 1 for a mask prompt. */
  readonly iou: number;
  /** True when a person prompted this object on this frame. */
  readonly prompted: boolean;
  /**
   * Of an outline that is too small for the model, in the answer to the prompt. The mask is then the outline itself,
   * here and wherever the frame is shown; the model remembers less of it, and may lose it on the next frames.
   */
  readonly small?: SmallPrompt;
};

/** All objects of a pass on one frame. */
export type FrameResult = {
  readonly frame: number;
  /** Seconds from the first frame. */
  readonly timeSec: number;
  readonly objects: readonly ObjectResult[];
};
