import type { Db } from '../database/open.ts';
import type { ObjectRow } from './objects.ts';

/** What says that a track is still the same: its text changes only with these. */
type Key = Pick<ObjectRow, 'id' | 'revision' | 'attributeIds'>;
type Kept = { readonly revision: number; readonly attributeIds: string; readonly text: Buffer };

/** Text of tracks that were read, ready to be sent again; those not asked for longest go first. */
export type TrackCache = {
  get(key: Key): Buffer | undefined;
  put(key: Key, text: Buffer): void;
};

const MAX_BYTES = 256 * 1024 * 1024;
const caches = new WeakMap<Db, TrackCache>();

/**
 * The cache of a database. Other processes may write there: whoever asks knows from the database which revision is
 * right, so nothing has to be told.
 */
export function trackCache(db: Db): TrackCache {
  let cache = caches.get(db);
  if (!cache) {
    cache = createTrackCache(MAX_BYTES);
    caches.set(db, cache);
  }
  return cache;
}

export function createTrackCache(maxBytes: number): TrackCache {
  const kept = new Map<number, Kept>();
  let bytes = 0;
  const drop = (id: number): void => {
    bytes -= kept.get(id)?.text.length ?? 0;
    kept.delete(id);
  };
  return {
    get({ id, revision, attributeIds }) {
      const found = kept.get(id);
      if (found?.revision !== revision || found.attributeIds !== attributeIds) return undefined;
      kept.delete(id);
      kept.set(id, found);
      return found.text;
    },
    put({ id, revision, attributeIds }, text) {
      drop(id);
      if (text.length > maxBytes / 4) return;
      kept.set(id, { revision, attributeIds, text });
      bytes += text.length;
      for (const oldest of kept.keys()) {
        if (bytes <= maxBytes) break;
        drop(oldest);
      }
    },
  };
}
