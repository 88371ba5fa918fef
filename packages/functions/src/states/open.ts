import path from 'node:path';
import { folderStore } from './folder.ts';
import { memoryStore } from './memory.ts';
import { type StateStore, StoreError } from './store.ts';

/** Opens the store of `--state-store`: `memory`, `folder:PATH`, `redis://…` or `rediss://…`. Throws StoreError. */
export async function openStateStore(address: string): Promise<StateStore> {
  if (address === 'memory') return memoryStore();
  if (address.startsWith('folder:') && address.length > 'folder:'.length)
    return folderStore(path.resolve(address.slice('folder:'.length)));
  // Its client takes a while to load, and few need it.
  if (/^rediss?:\/\//.test(address)) return (await import('./redis.ts')).redisStore(address);
  throw new StoreError(
    'store-address',
    `${JSON.stringify(address.replace(/\/\/.*@/, '//…@'))} is no state store; give memory, folder:PATH or redis://HOST:PORT.`,
  );
}
