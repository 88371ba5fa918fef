/** States are deleted when nobody has used them for this long; CVAT accepts a signed state for as long. */
export const STATE_LIFE_MS = 8 * 3_600_000;

/** A lease that its holder does not renew for this long is free again: the holder has died. */
export const LEASE_MS = 30_000;

/** What one step changes in a stored state. */
export type StateChange = {
  /** Steps since the outline that the state must have now; null: the state must not exist yet. */
  readonly expected: number | null;
  /** Steps that it has afterwards. */
  readonly version: number;
  readonly set: Readonly<Record<string, Uint8Array>>;
  readonly remove: readonly string[];
  /** Bytes of all fields afterwards. */
  readonly bytes: number;
};

/** 'done', or the version that the state has instead of the expected one; null: it does not exist (any more). */
export type ChangeAnswer = 'done' | { readonly version: number | null };

/**
 * Where tracking states are stored: one hash of binary fields a state, named by a key, under a common expiry and a limit
 * of bytes for all states. Values are bytes that readers check. Implementations: redis.ts (shared by all replicas) and
 * memory.ts (one process); testing/state-hashes-contract.ts is the suite of both.
 *
 * Methods throw CallError: 'store-away' when the store does not answer, 'store-full' when it has no room.
 */
export interface StateHashes extends AsyncDisposable {
  /** Version and the named fields, which are null where missing; null when there is no such state. Counts as a use. */
  read(key: string, fields: readonly string[]): Promise<{ version: number; fields: (Uint8Array | null)[] } | null>;
  /** Makes the whole change, or nothing of it. */
  change(key: string, change: StateChange): Promise<ChangeAnswer>;
  /** Deletes states; missing ones are passed over. */
  drop(keys: readonly string[]): Promise<void>;
  /** True: `holder` has the lease of the key for LEASE_MS. */
  lease(key: string, holder: string): Promise<boolean>;
  /** True while the lease is still the holder's; it then lasts for another LEASE_MS. */
  renew(key: string, holder: string): Promise<boolean>;
  release(key: string, holder: string): Promise<void>;
  /** Throws 'store-away' with the reason when the store cannot be used. */
  check(): Promise<void>;
  /** Number and bytes of the states. */
  usage(): Promise<{ states: number; bytes: number }>;
}
