import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  davisPath,
  davisPng,
  type FrameResults,
  type ResultHeader,
  writeCoco,
  writeCvat,
} from '@roto/annotations/results';
import type { FrameSource } from '@roto/media';
import type { TrackEvents } from '../track/events.ts';
import { OUTPUT } from '../track/output-folder.ts';
import type { ResultsFile } from '../track/results-file.ts';
import type { Format } from './formats.ts';
import { writeOverlay } from './overlay.ts';

export type Written = {
  /** By format. */
  readonly files: Readonly<Record<string, string>>;
  /** The formats that the signal came before. */
  readonly unwritten: readonly Format[];
};

/**
 * Makes the files of the chosen formats from the results. Each appears whole, in place of an older one, or not at all.
 * The signal ends it between two frames; what is whole by then stays.
 */
export async function writeFormats(
  folder: string,
  formats: readonly Format[],
  results: ResultsFile,
  source: FrameSource,
  events: TrackEvents,
  signal: AbortSignal | undefined,
): Promise<Written> {
  const files: Record<string, string> = {};
  const total = results.count;
  for (const [place, format] of formats.entries()) {
    const name = OUTPUT[format];
    const file = path.join(folder, name);
    let passes = 0;
    const frames: FrameResults = () =>
      counted(results.ascending, (done) => events.writing(name, done, total), ++passes === REPORTED[format], signal);
    try {
      signal?.throwIfAborted();
      await write[format](file, results.header, frames, source, signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
      return { files, unwritten: formats.slice(place) };
    }
    files[format] = file;
  }
  return { files, unwritten: [] };
}

type Writer = (
  file: string,
  header: ResultHeader,
  frames: FrameResults,
  source: FrameSource,
  signal: AbortSignal | undefined,
) => Promise<void>;

const write: Record<Format, Writer> = {
  coco: (file, header, frames) => writeText(file, writeCoco(header, frames)),
  cvat: (file, header, frames) => writeText(file, writeCvat(header, frames, { shapes: 'polygon' })),
  davis: (file, header, frames) => writeDavis(file, header, frames),
  overlay: writeOverlay,
};

async function writeText(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const partial = partialOf(file);
  try {
    {
      await using handle = await open(partial, 'w');
      for await (const piece of pieces) await handle.writeFile(piece);
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function writeDavis(folder: string, header: ResultHeader, frames: FrameResults): Promise<void> {
  const partial = partialOf(folder);
  const sequence = sequenceName(header.source.name);
  try {
    const names = new Map<string, number>();
    for await (const { frame, name } of frames()) {
      const own = davisPath(sequence, frame, name);
      names.set(own, (names.get(own) ?? 0) + 1);
    }
    for await (const frame of frames()) {
      const isTaken = names.get(davisPath(sequence, frame.frame, frame.name))! > 1;
      const file = path.join(partial, davisPath(sequence, frame.frame, frame.name, isTaken));
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, davisPng(header, frame));
    }
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** `clip.mp4` → `clip`: the name of a folder. */
export function sequenceName(source: string): string {
  const stem = path.parse(source).name.replace(/[^\p{L}\p{N}._-]+/gu, '-');
  return /^[.-]*$/.test(stem) ? 'sequence' : stem;
}

function partialOf(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(4).toString('hex')}.partial`);
}

/** The pass over the frames whose progress is reported, of each writer; DAVIS first looks for names that occur twice. */
const REPORTED: Readonly<Record<Format, number>> = { coco: 1, cvat: 1, davis: 2, overlay: 1 };

/** Counts the frames of the pass that is reported. */
async function* counted(
  frames: FrameResults,
  report: (done: number) => void,
  isReported: boolean,
  signal: AbortSignal | undefined,
) {
  let done = 0;
  for await (const frame of frames()) {
    signal?.throwIfAborted();
    yield frame;
    done++;
    if (isReported) report(done);
  }
}
