import { checkKey, checkSize, STATE_LIFE_MS, type StateStore } from './store.ts';

/** States in this process: they outlive a crash of the inference process, and end with the agent. */
export function memoryStore(now: () => number = Date.now): StateStore {
  /** In the order of last use, the oldest first. */
  const values = new Map<string, { value: Uint8Array; fence: number; used: number }>();
  const prune = (): void => {
    for (const [key, { used }] of values) {
      if (used >= now() - STATE_LIFE_MS) return;
      values.delete(key);
    }
  };
  return {
    shared: false,
    async read(key) {
      checkKey(key);
      prune();
      const found = values.get(key);
      if (!found) return null;
      values.delete(key);
      values.set(key, { ...found, used: now() });
      return found.value;
    },
    async write(key, value, fence = 0) {
      checkKey(key);
      checkSize(value);
      prune();
      if ((values.get(key)?.fence ?? 0) > fence) return false;
      values.delete(key);
      values.set(key, { value, fence, used: now() });
      return true;
    },
    async drop(key) {
      checkKey(key);
      values.delete(key);
    },
    async [Symbol.asyncDispose]() {
      values.clear();
    },
  };
}
