import type { Readable } from 'node:stream';

/**
 * Where files lie: originals of tasks, uploads under way, results of exports. Keys are made by the server
 * (`tasks/7/media/clip.mp4`), never taken from a client, and hold only [A-Za-z0-9_.-] between slashes. A folder today; the
 * contract asks nothing that an S3-compatible store could not do, but `path`, for which such a store keeps a local copy.
 */
export type MediaStore = {
  /** Appends at `offset`, which must be the present length. Returns the new length. The bytes are on disk when it returns. */
  append(key: string, offset: number, bytes: Readable, limit: number): Promise<number>;
  /** Writes the whole; appears under its key only when complete. */
  write(key: string, bytes: Readable | Uint8Array): Promise<{ bytes: number }>;
  /** Bytes `start`…`end` inclusive, or all. */
  read(key: string, range?: { start: number; end: number }): Readable;
  /** Null: there is none. */
  size(key: string): Promise<number | null>;
  /** Keys under a prefix that ends in a slash, in order. */
  list(prefix: string): Promise<string[]>;
  move(from: string, to: string): Promise<void>;
  /** A key, or everything under a prefix that ends in a slash. Missing: nothing happens. */
  remove(keyOrPrefix: string): Promise<void>;
  /** A local file with the content, for what reads files at random. Valid until the key is removed. */
  path(key: string): Promise<string>;
};
