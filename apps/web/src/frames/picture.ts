/** The picture of one frame, and where it came from. Whoever takes it out of a cache must not close it. */
export interface Picture {
  /** Number of the frame in the task, from 0. A frame is never named by its time. */
  readonly frame: number;
  readonly quality: Quality;
  readonly from: 'video' | 'server';
  readonly bitmap: ImageBitmap;
}

/** A preview is the task's JPEG or the decoded video, an original has the exact pixels of the frame. */
export type Quality = 'preview' | 'original';

/** Bytes of a decoded bitmap: four a pixel. */
export function bitmapBytes({ width, height }: ImageBitmap): number {
  return 4 * width * height;
}
