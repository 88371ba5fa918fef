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
  /** Of images whose samples are no bytes: how they were made bytes. */
  readonly levels?: Levels;
};

/** The stored values that are shown as black (0) and white (255); `isReal`: they are real numbers. */
export type Levels = { readonly black: number; readonly white: number; readonly isReal: boolean };

/**
 * `key`: the frame can be decoded without any other. Of images the size is said, and the name of the file, with as much
 * of its path as tells it from the others; pages of one file have none.
 */
export type FrameEntry = {
  readonly timeSec: number;
  readonly key: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly name?: string;
};

/**
 * Where the numbers and times of a video's frames come from.
 *   order  'times': the container's presentation times. 'decoder': those are missing or contradict the pictures
 *          themselves, and frames stand in the order in which the decoder gives them, as other readers have it
 *   times  'container': each frame's own. 'sorted': the times that the container has, dealt out in order.
 *          'rate': it has none, and frames follow at the rate that it states, or at 25 a second
 */
export type Timing = { readonly order: 'times' | 'decoder'; readonly times: 'container' | 'sorted' | 'rate' };

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
  /** Of videos. */
  readonly timing?: Timing;
  /** Pictures of the video are coded as two fields; all lines are shown as one picture. */
  readonly interlaced?: true;
  /** Of images whose samples are no bytes: how the first of them is made bytes. Each counts alone. */
  readonly levels?: Levels;
  /** Pages of image files that are no frames: those of files in a list, and those of another size than the first. */
  readonly passedOver?: { readonly pages: number; readonly files: number; readonly first: string };
  /** What is known to be damaged; missing where nothing is known. `verify` says how much is looked at. */
  readonly damage?: Damage;
};

/** Random access to the frames of one video or of one list of images. */
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
