/** States are forgotten when nobody has used them for so long; as long as CVAT's agent keeps them. */
export const STATE_LIFE_MS = 8 * 3_600_000;

/** A larger value is refused before it is read. */
export const MAX_STATE_BYTES = 256 * 2 ** 20;

/** Names of values: lowercase letters, digits, `_`, `-`; tracking states are stored under a hash of their id. */
export const STATE_KEY = /^[a-z0-9_-]{1,128}$/;

/**
 * Where tracking states and snapshots of runs lie. Values are bytes that nobody vouches for when they come back: readers
 * check them. The suite in testing/store-contract.ts says what all stores do alike.
 */
export interface StateStore extends AsyncDisposable {
  /** True: other processes with the same store see the same values. */
  readonly shared: boolean;
  /** The value, whose life begins anew; null when there is none (any more). */
  read(key: string): Promise<Uint8Array | null>;
  /**
   * Keeps the value. False, and nothing happens, when the key was written with a higher fence: who writes has lost the
   * lease to another.
   */
  write(key: string, value: Uint8Array, fence?: number): Promise<boolean>;
  drop(key: string): Promise<void>;
}

export type StoreErrorCode = 'store-address' | 'store-key' | 'store-size' | 'store-away';

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}

export function checkKey(key: string): void {
  if (!STATE_KEY.test(key))
    throw new StoreError('store-key', `${JSON.stringify(key.slice(0, 80))} is no name of a state.`);
}

export function checkSize(value: Uint8Array): void {
  if (value.length > MAX_STATE_BYTES)
    throw new StoreError(
      'store-size',
      `A state of ${value.length} bytes is too large; at most ${MAX_STATE_BYTES} are kept.`,
    );
}
