import type { Readable } from 'node:stream';

/**
 * Where files lie: originals of tasks, uploads under way, results of exports. Keys are made by the server
 * (`tasks/7/media/000000`), never taken from a client: names of [A-Za-z0-9_.-] that do not begin with a dot, between
 * slashes. Any other key is a StoreError, as is reading what is not there. A folder today; the contract asks nothing that
 * an S3-compatible store could not do, but `path`, for which such a store keeps a local copy.
 */
export type MediaStore = {
  /**
   * Writes from `offset` on, which must not lie past the present length (an upload goes on from what was acknowledged, and
   * may write again what came after it). Returns the place after the last byte that is on disk. When `bytes` ends in an
   * error, what came before it is kept, and `cut` is that error; past `limit` nothing is written and `cut` says so. When
   * the store itself fails, being full perhaps, what came after `offset` is cut off again and the error is thrown.
   */
  append(key: string, offset: number, bytes: Readable, limit: number): Promise<Appended>;
  /** Writes the whole; appears under its key only when complete and on disk. Replaces what was there. */
  write(key: string, bytes: Readable | Uint8Array): Promise<{ bytes: number }>;
  /** Bytes `start`…`end` inclusive, or all. What is not there is an error of the stream. */
  read(key: string, range?: { start: number; end: number }): Readable;
  /** Null: there is none. */
  size(key: string): Promise<number | null>;
  /** Keys under a prefix that ends in a slash, in order. */
  list(prefix: string): Promise<string[]>;
  /** One after the other; replaces what was there. All are on disk under their new names when it returns. */
  move(files: readonly { readonly from: string; readonly to: string }[]): Promise<void>;
  /** A key, or everything under a prefix that ends in a slash. Missing: nothing happens. */
  remove(keyOrPrefix: string): Promise<void>;
  /** Bytes that can still be written; null where nobody can say. */
  free(): Promise<number | null>;
  /** Removes what writers that were killed left half-written, once it is older than `milliseconds`. */
  tidy(milliseconds: number): Promise<void>;
  /** A local file with the content, for what reads files at random. Valid until the key is removed. */
  path(key: string): Promise<string>;
};

export type Appended = { readonly end: number; readonly cut: Error | null };

/** A key that is none, or that nothing lies under; a program's mistake, or a file that somebody removed by hand. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,200}$/;

/** Throws StoreError unless this is a key (or, with `prefix`, a prefix that ends in a slash). */
export function checkKey(key: string, prefix = false): void {
  const body = prefix && key.endsWith('/') ? key.slice(0, -1) : key;
  const names = body.split('/');
  if (key.length > 1000 || !names.every((name) => NAME.test(name))) {
    throw new StoreError(`${JSON.stringify(key)} is no key of the media store.`);
  }
}
