import type { Box, CompressedRle, MultiPolygon } from '@roto/geometry';
import type { Click } from '@roto/tracker';

/** What a person says of one object on one frame, before files are read. Pixels of the video. */
export type PromptShape =
  | { readonly kind: 'polygon'; readonly region: MultiPolygon }
  /** An image whose non-black pixels are the object. */
  | { readonly kind: 'mask-file'; readonly path: string }
  | { readonly kind: 'rle'; readonly rle: CompressedRle }
  | { readonly kind: 'box'; readonly box: Box; readonly points: readonly Click[] }
  | { readonly kind: 'points'; readonly points: readonly Click[] }
  /** The object is not on this frame. */
  | { readonly kind: 'absent' };

export type FramePrompt = {
  readonly frame: number;
  readonly shape: PromptShape;
  /** Where it stands; left out for the one of the command line. */
  readonly place?: { readonly file: string; readonly at: string };
};

export type ObjectPlan = {
  /** From 1, as it will be in every output. */
  readonly id: number;
  readonly label: string;
  readonly prompts: readonly FramePrompt[];
};

/** All frames with a prompt, ascending. */
export function promptedFrames(objects: readonly ObjectPlan[]): number[] {
  return [...new Set(objects.flatMap((object) => object.prompts.map((prompt) => prompt.frame)))].sort((a, b) => a - b);
}
