import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import {
  type FrameResult,
  type FrameResults,
  type ResultHeader,
  readResults,
  resultFrames,
  resultsFrameLine,
  resultsHeaderLine,
} from '@roto/annotations/results';
import { outputError } from '../errors.ts';
import { diskError } from './output-folder.ts';

/** Where a frame's line lies in the file. */
type Line = { readonly frame: number; readonly start: number; readonly end: number };

/**
 * `results.jsonl` of one run: append-only, one line per finished frame in the order of the pass. The masks stay on
 * disk; only the place of each line is kept.
 */
export class ResultsFile implements AsyncDisposable {
  readonly path: string;
  readonly header: ResultHeader;
  readonly #file: FileHandle;
  readonly #headerEnd: number;
  readonly #lines: Line[];

  private constructor(path: string, header: ResultHeader, file: FileHandle, headerEnd: number, lines: Line[]) {
    this.path = path;
    this.header = header;
    this.#file = file;
    this.#headerEnd = headerEnd;
    this.#lines = lines;
  }

  static async create(path: string, header: ResultHeader): Promise<ResultsFile> {
    try {
      const file = await open(path, 'wx+');
      const line = Buffer.from(resultsHeaderLine(header));
      await writeAll(file, line, 0);
      return new ResultsFile(path, header, file, line.length, []);
    } catch (error) {
      throw diskError(path, error);
    }
  }

  /** The header of an earlier run's file, and nothing is changed. Throws AnnotationError when it is not ours. */
  static async peek(path: string): Promise<ResultHeader> {
    try {
      for await (const event of readResults(createReadStream(path))) if (event.kind === 'header') return event.header;
    } catch (error) {
      throw diskError(path, error);
    }
    throw outputError(`${path} is empty. Start again with --overwrite.`);
  }

  /** Opens an earlier run's file and cuts off a torn last line. Throws AnnotationError when it is damaged otherwise. */
  static async reopen(path: string): Promise<ResultsFile> {
    let header: ResultHeader | undefined;
    let headerEnd = 0;
    const lines: Line[] = [];
    try {
      for await (const event of readResults(createReadStream(path))) {
        if (event.kind === 'header') {
          header = event.header;
          headerEnd = event.end;
        } else if (event.kind === 'frame')
          lines.push({ frame: event.frame.frame, start: lines.at(-1)?.end ?? headerEnd, end: event.end });
      }
    } catch (error) {
      throw diskError(path, error);
    }
    if (!header) throw outputError(`${path} is empty. Start again with --overwrite.`);
    try {
      const file = await open(path, 'r+');
      await file.truncate(lines.at(-1)?.end ?? headerEnd);
      return new ResultsFile(path, header, file, headerEnd, lines);
    } catch (error) {
      throw diskError(path, error);
    }
  }

  /** Frames done, in the order of the pass. */
  get done(): readonly number[] {
    return this.#lines.map((line) => line.frame);
  }

  get count(): number {
    return this.#lines.length;
  }

  async append(frame: FrameResult): Promise<void> {
    const line = Buffer.from(resultsFrameLine(this.header, frame));
    const start = this.#lines.at(-1)?.end ?? this.#headerEnd;
    try {
      await writeAll(this.#file, line, start);
    } catch (error) {
      throw diskError(this.path, error);
    }
    this.#lines.push({ frame: frame.frame, start, end: start + line.length });
  }

  /** Whether the line at a place is that of `frame`, byte for byte. */
  async holds(place: number, frame: FrameResult): Promise<boolean> {
    const { start, end } = this.#lines[place]!;
    return Buffer.from(resultsFrameLine(this.header, frame)).equals(await this.#bytes(start, end));
  }

  /** Until this returns, a power failure may take the last lines; a killed process does not. */
  async flush(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      throw diskError(this.path, error);
    }
  }

  /** All frames in ascending order, read from the file anew each time. */
  readonly ascending: FrameResults = () => resultFrames(this.#chunks());

  async *#chunks(): AsyncGenerator<Uint8Array> {
    const lines = this.#lines.toSorted((a, b) => a.frame - b.frame);
    yield await this.#bytes(0, this.#headerEnd);
    for (const { start, end } of lines) yield await this.#bytes(start, end);
  }

  async #bytes(start: number, end: number): Promise<Uint8Array> {
    const bytes = Buffer.alloc(end - start);
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, start);
    return bytes.subarray(0, bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/** One write may take less than all; a disk that is full says so at the next. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; )
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
}
