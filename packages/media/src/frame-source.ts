/**
 * One decoded picture, upright (rotation metadata applied), 8-bit RGB.
 *   index    from 0 in presentation order
 *   timeSec  presentation time in seconds, the first frame's time is 0
 *   rgb      height × width × 3 bytes, row-major; owned by the holder
 */
export type Frame = {
  readonly index: number;
  readonly timeSec: number;
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
};

export type FrameEntry = { readonly timeSec: number; readonly key: boolean };

export type SourceInfo = {
  /** What a person would call it: a path, or a folder. */
  readonly name: string;
  readonly kind: 'video' | 'images';
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  /** Mean frames per second; 0 for images. */
  readonly frameRate: number;
  readonly durationSec: number;
};

/** Random access to the frames of one video or of one list of same-size images. */
export interface FrameSource extends AsyncDisposable {
  readonly info: SourceInfo;
  /** One entry per frame, in presentation order. */
  readonly frames: readonly FrameEntry[];
  /**
   * Frame `index`, equal byte for byte to the same frame of a full sequential decode.
   * Reading upwards one by one costs one decode each. Throws MediaError.
   */
  read(index: number, signal?: AbortSignal): Promise<Frame>;
  close(): Promise<void>;
}
