import type { Metrics } from '../metrics.ts';
import type { StateHashes } from './state-hashes.ts';

/** The same store, with its bytes counted. */
export function countedHashes(hashes: StateHashes, { storeBytes }: Metrics): StateHashes {
  const size = (values: Iterable<Uint8Array | null>): number => {
    let bytes = 0;
    for (const value of values) bytes += value?.length ?? 0;
    return bytes;
  };
  return {
    ...hashes,
    async read(key, fields) {
      const found = await hashes.read(key, fields);
      storeBytes.inc({ direction: 'read' }, size(found?.fields ?? []));
      return found;
    },
    async change(key, change) {
      const answer = await hashes.change(key, change);
      storeBytes.inc({ direction: 'written' }, size(Object.values(change.set)));
      return answer;
    },
    [Symbol.asyncDispose]: () => hashes[Symbol.asyncDispose](),
  };
}
