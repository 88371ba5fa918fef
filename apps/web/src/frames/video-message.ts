// What the page and the worker that decodes say to each other.

/** To the worker. */
export type VideoRequest =
  | {
      readonly type: 'open';
      readonly url: string;
      /** Seconds of the frames of the job from the first frame of the source, as the server has them. */
      readonly times: Float64Array;
      readonly size: { readonly width: number; readonly height: number };
      /**
       * How colours are read where the file does not say it, and otherwise. The server takes a silent stream as BT.601;
       * browsers differ. `other`: the way round that was not tried first.
       */
      readonly colors: 'likely' | 'other';
    }
  /** Frames by their index in `times`, the most urgent first. What is not among them is given up. */
  | { readonly type: 'want'; readonly indexes: readonly number[] };

/** From the worker. */
export type VideoAnswer =
  | { readonly type: 'opened' /** Index of the key frame to decode from, for each frame. */; readonly keys: Int32Array }
  | { readonly type: 'refused'; readonly why: string }
  | { readonly type: 'frame'; readonly index: number; readonly bitmap: ImageBitmap }
  | { readonly type: 'failed'; readonly index: number; readonly why: string };
