import type { FrameSource } from '@roto/media';
import type { ImageFeatures, Sam2Model } from '@roto/model';
import type { FrameFilter } from '../preprocess/pillow-taps.ts';
import { createPreprocessor } from '../preprocess/preprocess.ts';
import { createFeatureCache } from './feature-cache.ts';

/** What a session needs of a video or an image list; a FrameSource has it all. */
export type TrackableSource = Pick<FrameSource, 'info' | 'frames' | 'read'>;

/** Image features of a video's frames: read, resized, encoded once, shared by all objects and passes. */
export type FrameFeatures = {
  /** An abort is heard at once; the encoding itself runs to its end and is kept. */
  get(frame: number, signal?: AbortSignal): Promise<ImageFeatures>;
  /** Starts on a frame that will be asked for soon. A failure shows when it is asked for. */
  prefetch(frame: number): void;
  /** Waits for encodings that still run, and lets go of everything. */
  close(): Promise<void>;
};

export function createFrameFeatures(
  model: Sam2Model,
  source: TrackableSource,
  filter: FrameFilter,
  cacheBytes: number,
): FrameFeatures {
  const { width, height } = source.info;
  const preprocessor = createPreprocessor(width, height, model.config.imageSize, filter);
  const cache = createFeatureCache(cacheBytes);
  const running = new Set<Promise<ImageFeatures>>();

  const encode = (frame: number): Promise<ImageFeatures> =>
    cache.get(frame, () => {
      const encoding = source.read(frame).then((picture) => model.encodeImage(preprocessor.run(picture)));
      running.add(encoding);
      const forget = () => void running.delete(encoding);
      encoding.then(forget, forget);
      return encoding;
    });

  return {
    async get(frame, signal) {
      signal?.throwIfAborted();
      const encoding = encode(frame);
      return signal ? unlessAborted(encoding, signal) : encoding;
    },
    // The cache drops a failed encoding, so it is tried again, and heard of, when its turn comes.
    prefetch: (frame) => void encode(frame),
    async close() {
      await Promise.allSettled(running);
      cache.clear();
    },
  };
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
