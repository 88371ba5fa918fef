/**
 * What the tracker asks of a SAM 2 model. All tensors are float32, batch of one object.
 * Letters: S image size (1024 for the published models), G = S/16 coarse grid (64), N = G² image tokens (4096),
 * L = S/4 side of the low-resolution logits (256), D hidden width (256), M memory width (64).
 */
export type Sam2Config = {
  readonly name: string;
  readonly version: '2.0' | '2.1';
  readonly imageSize: number;
  readonly gridSize: number;
  readonly lowSize: number;
  readonly hiddenDim: number;
  readonly memoryDim: number;
  /** 7: one slot for prompted frames and six for recent ones. */
  readonly memorySlots: number;
  /** 16 */
  readonly maxPointers: number;
  /** Advice to the tracker: least presence, a logit, with which a tracked frame should be remembered. null, as in SAM 2: all. */
  readonly memoryPresence: number | null;
};

/** Everything of one frame that does not depend on an object; shared by all objects. Opaque to the tracker. */
export interface ImageFeatures {
  /** Bytes held, for caches. */
  readonly byteLength: number;
}

/** One remembered frame of one object, as the memory encoder wrote it. */
export type MemoryTokens = {
  /** [N × M], token-major (row-major over the grid), already rounded to bfloat16 values. */
  readonly tokens: Float32Array;
};

/** What memory attention reads: remembered frames with their temporal slot, and object pointers with their distance. */
export type Recall = {
  /** Order as in the bank: prompted frames first, then recent ones from far to near. `slot` indexes maskmem_tpos_enc. */
  readonly frames: readonly { readonly tokens: Float32Array; readonly slot: number }[];
  /** `pointer` is [D]; `position` is the distance in frames divided by (max pointers − 1), not clamped. */
  readonly pointers: readonly { readonly pointer: Float32Array; readonly position: number }[];
};

/** Labels as in sam2-model.md 4.2: 0 negative, 1 positive, 2 box top-left, 3 box bottom-right; x, y in model pixels (0…S), unshifted. */
export type ModelPoint = { readonly x: number; readonly y: number; readonly label: 0 | 1 | 2 | 3 };

export type DecodeInput = {
  /**
   * Which features the decoder reads: 'memory' = attended to `recall` (tracked frames and corrections),
   * 'no-memory' = f + no_mem_embed (first clicks), 'raw' = f alone (the pointer of a mask prompt).
   */
  readonly features:
    | { readonly kind: 'memory'; readonly recall: Recall }
    | { readonly kind: 'no-memory' }
    | { readonly kind: 'raw' };
  readonly points: readonly ModelPoint[];
  /** Dense prompt. 'logits' [L × L]: previous logits; 'mask' [S × S] of 0 and 1: goes through mask_downsample first. */
  readonly mask?:
    | { readonly kind: 'logits'; readonly data: Float32Array }
    | { readonly kind: 'mask'; readonly data: Uint8Array };
  /** True: the best of candidates 1…3; false: candidate 0, with the stability fallback on its logits. */
  readonly multimask: boolean;
};

export type Decoded = {
  /** [L × L] logits of the chosen candidate; −1024 everywhere when `presence` ≤ 0. Before hole filling. */
  readonly low: Float32Array;
  /** Predicted IoU of the chosen candidate, 0…1, ungated. */
  readonly iou: number;
  /** Predicted IoU of all four candidates. */
  readonly ious: Float32Array;
  /** [D], no_obj_ptr when `presence` ≤ 0. */
  readonly pointer: Float32Array;
  /** Object score logit; present when > 0. */
  readonly presence: number;
};

export type MemoryInput = {
  /** [L × L] logits; the model enlarges them to S × S bilinearly itself. */
  readonly low: Float32Array;
  /** Prompted frames: 1 where logits > 0, else 0. Tracked frames: sigmoid. */
  readonly binarize: boolean;
  readonly presence: number;
};

export interface Sam2Model extends AsyncDisposable {
  readonly config: Sam2Config;
  /** `pixels` [3 × S × S], RGB planes, normalised. */
  encodeImage(pixels: Float32Array, signal?: AbortSignal): Promise<ImageFeatures>;
  decode(image: ImageFeatures, input: DecodeInput): Promise<Decoded>;
  encodeMemory(image: ImageFeatures, input: MemoryInput): Promise<MemoryTokens>;
  /** no_obj_ptr [D], for an empty mask prompt. */
  readonly absentPointer: Float32Array;
  close(): Promise<void>;
}
