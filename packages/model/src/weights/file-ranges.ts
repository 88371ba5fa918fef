import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { WeightFileError } from './errors.ts';

const CHUNK = 8 * 2 ** 20;

/**
 * Reads parts of a file when they are asked for, and notices when the file is no longer the one that was opened. No
 * descriptor is held between reads, so there is nothing to close and the file may be deleted on every system.
 */
export class FileRanges {
  readonly path: string;
  readonly size: number;
  readonly #stamp: string;

  constructor(path: string) {
    const stats = statOf(path);
    // Asked before opening: opening a FIFO would wait for a writer.
    if (!stats.isFile())
      throw new WeightFileError('weight-file', path, `this is ${kindOf(stats)}, a weight file was expected.`);
    this.path = path;
    this.size = stats.size;
    this.#stamp = stampOf(stats);
  }

  /** `length` bytes from `offset`. The caller has compared both with `size`; a shorter file is an error. */
  bytes(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const into = new Uint8Array(length);
    this.#open((descriptor) => this.#fill(descriptor, into, offset));
    return into;
  }

  /** SHA-256 of the whole file, hexadecimal: about 1.7 GB/s where the processor has instructions for it. */
  sha256(): string {
    const hash = createHash('sha256');
    const chunk = new Uint8Array(Math.min(CHUNK, this.size));
    this.#open((descriptor) => {
      for (let at = 0; at < this.size; at += chunk.length) {
        const part = chunk.subarray(0, Math.min(chunk.length, this.size - at));
        this.#fill(descriptor, part, at);
        hash.update(part);
      }
    });
    return hash.digest('hex');
  }

  #open(read: (descriptor: number) => void): void {
    let descriptor: number;
    try {
      descriptor = openSync(this.path, 'r');
    } catch (cause) {
      throw new WeightFileError('weight-file', this.path, `cannot be opened (${(cause as Error).message}).`, { cause });
    }
    try {
      if (stampOf(fstatSync(descriptor)) !== this.#stamp) throw this.#changed();
      read(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  #fill(descriptor: number, into: Uint8Array, offset: number): void {
    let done = 0;
    while (done < into.length) {
      const read = readSync(descriptor, into, done, Math.min(into.length - done, 2 ** 30), offset + done);
      if (read === 0) throw this.#changed();
      done += read;
    }
  }

  #changed(): WeightFileError {
    return new WeightFileError('weight-file', this.path, 'the file changed while it was being read; start again.');
  }
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'there is no such file.' : `cannot be read (${(cause as Error).message}).`;
    throw new WeightFileError('weight-file', path, reason, { cause });
  }
}

function stampOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}`;
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  return stats.isFIFO() ? 'a pipe' : 'no regular file';
}
