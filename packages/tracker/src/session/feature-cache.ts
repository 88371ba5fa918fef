import type { ImageFeatures } from '@roto/model';

/** Image features by frame, the least recently used dropped first when their bytes pass the limit. */
export type FeatureCache = {
  /** The features of `frame`, from the cache or from `encode`. Two calls for one frame share one encoding. */
  get(frame: number, encode: () => Promise<ImageFeatures>): Promise<ImageFeatures>;
  clear(): void;
  readonly byteLength: number;
};

/**
 * `limit` in bytes. The newest entry always stays, whatever its size: a pass needs at least the frame it is at.
 * A failed or aborted encoding is not kept.
 */
export function createFeatureCache(limit: number): FeatureCache {
  const entries = new Map<number, { features: Promise<ImageFeatures>; bytes: number }>();
  let total = 0;

  const drop = (frame: number): void => {
    total -= entries.get(frame)?.bytes ?? 0;
    entries.delete(frame);
  };

  return {
    get(frame, encode) {
      const known = entries.get(frame);
      if (known) {
        // Map keeps insertion order; taking the entry out and in again makes it the newest.
        entries.delete(frame);
        entries.set(frame, known);
        return known.features;
      }
      const entry = { features: encode(), bytes: 0 };
      entries.set(frame, entry);
      entry.features.then(
        (features) => {
          if (entries.get(frame) !== entry) return;
          entry.bytes = features.byteLength;
          total += entry.bytes;
          for (const [oldest] of entries) {
            if (total <= limit || entries.size === 1 || oldest === frame) break;
            drop(oldest);
          }
        },
        () => {
          if (entries.get(frame) === entry) entries.delete(frame);
        },
      );
      return entry.features;
    },
    clear() {
      entries.clear();
      total = 0;
    },
    get byteLength() {
      return total;
    },
  };
}
