import type { Box, Rle } from '@roto/geometry';

/** What the tracker says of one object on one frame. */
export type ObjectResult = {
  /** From 1; the same number names the object on every frame. */
  readonly id: number;
  readonly label: string;
  /** At the size of the video; all zeros when the object is not seen. */
  readonly mask: Rle;
  /** Object score logit of the model; above 0 the object is taken to be in the picture. */
  readonly presence: number;
  /** The model's own estimate of the mask's IoU, 0…1. */
  readonly predictedIou: number;
  /** Tight around the mask, in pixel edges; null when the mask is empty. */
  readonly box: Box | null;
};

/** All objects on one frame. */
export type FrameResult = {
  /** Index from 0 in presentation order. */
  readonly frame: number;
  /** Presentation time in seconds; the first frame of the source has 0. */
  readonly timeSec: number;
  /** Of images, the name of the file, as the source has it; left out where frames have none. */
  readonly name?: string;
  /** The frame whose picture was looked at, where this one gives none; left out otherwise. */
  readonly pictureOf?: number;
  readonly objects: readonly ObjectResult[];
};

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What was tracked, by what, from which prompts. Written once, before the first frame. */
export type ResultHeader = {
  readonly source: {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly frameCount: number;
    /** Mean frames per second; 0 for images. */
    readonly frameRate: number;
  };
  /** Name of the model, and whatever else tells two of them apart (version, checksum of the weights, precision). */
  readonly model: { readonly name: string; readonly [key: string]: Json };
  readonly objects: readonly { readonly id: number; readonly label: string }[];
  /** The prompts and settings as the caller keeps them; `--resume` compares them. */
  readonly prompts: Json;
};

/**
 * Frames to write, each frame once, in any order. A function, because some formats go over them more than once;
 * so a long video is read again from its results file and never held in memory.
 */
export type FrameResults = () => AsyncIterable<FrameResult> | Iterable<FrameResult>;

/** Labels in the order in which the header's objects first use them. */
export function labelsOf(header: ResultHeader): string[] {
  return [...new Set(header.objects.map((object) => object.label))];
}
