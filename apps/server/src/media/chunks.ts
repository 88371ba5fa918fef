import type { Readable } from 'node:stream';
import { Readable as ReadableStream } from 'node:stream';
import { ZipFile } from 'yazl';
import { HttpError } from '../http/errors.ts';
import type { Frames, Quality } from './frames.ts';
import { imageEnding } from './image-type.ts';
import type { MediaRange } from './task-media.ts';

/** Task frames of a chunk, both inclusive. */
export type ChunkFrames = { readonly from: number; readonly to: number };

/** Frames of chunk `number` of the task. Throws HttpError 400 when it has none in the range. */
export function chunkByNumber(range: MediaRange, number: number): ChunkFrames {
  const { media, first, last } = range;
  const from = number * media.chunkSize;
  const to = Math.min(from + media.chunkSize, media.size) - 1;
  if (from > last || to < first) {
    const [least, most] = [first, last].map((frame) => Math.floor(frame / media.chunkSize));
    throw new HttpError(400, `There is no chunk ${number}; the chunks are ${least} to ${most}.`);
  }
  return { from, to };
}

/** Frames of the chunk that is `index`th within a job, whose chunks begin with its first frame. */
export function chunkByIndex({ media, first, last }: MediaRange, index: number): ChunkFrames {
  const from = first + index * media.chunkSize;
  if (from > last) {
    const most = Math.floor((last - first) / media.chunkSize);
    throw new HttpError(400, `There is no chunk of the index ${index}; the last is ${most}.`);
  }
  return { from, to: Math.min(from + media.chunkSize - 1, last) };
}

/**
 * A zip archive of the frames, deleted ones included, named 000000 and so on within the chunk, entries uncompressed.
 * Made while it is read: a few pictures at a time are in memory.
 */
export function zipChunk(frames: Frames, { media }: MediaRange, { from, to }: ChunkFrames, quality: Quality): Readable {
  return ReadableStream.from(
    (async function* () {
      const zip = new ZipFile();
      const ready = function* () {
        for (let block = zip.outputStream.read(); block !== null; block = zip.outputStream.read()) yield block;
      };
      let place = 0;
      for await (const { bytes, type } of frames.pictures(media, from, to, quality)) {
        const name = String(place++).padStart(6, '0') + imageEnding(type);
        // The same chunk is the same bytes whenever it is made.
        zip.addBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), name, {
          compress: false,
          mtime: ZIP_TIME,
        });
        yield* ready();
      }
      zip.end();
      for await (const block of zip.outputStream) yield block;
    })(),
    { objectMode: false },
  );
}

const ZIP_TIME = new Date('2000-01-01T00:00:00Z');
