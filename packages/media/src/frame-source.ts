import type { Damage } from './damage.ts';

/**
 * One decoded picture, upright (rotation metadata applied), 8-bit RGB.
 *   index    from 0 in presentation order
 *   timeSec  presentation time in seconds, the first frame's time is 0; equal times are possible, falling ones not
 *   rgb      height × width × 3 bytes, row-major; owned by the holder
 */
export type Frame = {
  readonly index: number;
  readonly timeSec: number;
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
};

/** `key`: the frame can be decoded without any other. */
export type FrameEntry = { readonly timeSec: number; readonly key: boolean };

export type SourceInfo = {
  /** What a person would call it: a path, or a folder. */
  readonly name: string;
  readonly kind: 'video' | 'images';
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  /** Mean frames per second; 0 for images, whose times are all 0. */
  readonly frameRate: number;
  readonly durationSec: number;
  /**
   * Width of a pixel divided by its height; 1 for square pixels and images. Frames are never stretched: a viewer that
   * wants true proportions shows them `width × pixelAspect` wide.
   */
  readonly pixelAspect: number;
  /** What is known to be damaged; missing where nothing is known. `verify` says how much is looked at. */
  readonly damage?: Damage;
};

/** Random access to the frames of one video or of one list of same-size images. */
export interface FrameSource extends AsyncDisposable {
  readonly info: SourceInfo;
  /** One entry per frame, in presentation order. */
  readonly frames: readonly FrameEntry[];
  /**
   * Frame `index`, equal byte for byte to the same frame of a full sequential decode.
   * Reading upwards one by one costs one decode each. Several reads may be under way; they are served in the order
   * of asking. Throws MediaError, or the signal's reason.
   */
  read(index: number, signal?: AbortSignal): Promise<Frame>;
  close(): Promise<void>;
}
