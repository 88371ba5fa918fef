import { createHash } from 'node:crypto';
import { DEFAULT_LIMITS, type FrameSource, MediaError, openSource } from '@roto/media';
import { and, eq } from 'drizzle-orm';
import { type BackgroundRequest, type Progress, RequestFailure, type RequestHandler } from '../background/handlers.ts';
import { assertHeld, enqueueRemoval } from '../background/queue.ts';
import type { Context } from '../context.ts';
import { jobs, taskMedia, tasks, uploads } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import type { MediaStore } from '../store/store.ts';
import { defaultChunkSize, splitIntoJobs } from '../tasks/segments.ts';
import { touchTask } from '../tasks/task-view.ts';
import { openArchive } from './archive.ts';
import type { DataFields } from './data-fields.ts';
import { orderFiles } from './file-order.ts';
import { splitPages } from './pages.ts';
import { enqueueCuts } from './scene-cuts-request.ts';
import { incoming, listUploads, type Upload, uploadKey } from './uploads.ts';

/** A file of a task: what people call it, and where it lies. */
type File = { readonly name: string; readonly key: string };

/** Where the originals of a task lie: a video's file under 0, images under their source frame. */
export const mediaPrefix = (taskId: number): string => `tasks/${taskId}/media/`;
export const originalKey = (prefix: string, sourceFrame: number): string =>
  prefix + String(sourceFrame).padStart(6, '0');

/**
 * `create:task`: makes the uploaded files of a task its media and splits it into jobs. All or nothing: what cannot be read
 * as a whole is refused with a message, the task stays empty and the files are freed.
 *
 * May be begun anew at any point: until the last transaction nothing but names of files has changed, and each of these
 * is found under its old name or its new one.
 */
export const importMedia: RequestHandler = {
  // To fail is to free what was uploaded, which may have taken hours.
  maxCrashes: 4,
  async run(context, request, progress, signal) {
    const taskId = request.taskId!;
    const { db } = context;
    const [done] = await db.select({ id: taskMedia.taskId }).from(taskMedia).where(eq(taskMedia.taskId, taskId));
    if (done) return undefined;
    const fields = request.params as DataFields;
    const found = await listUploads(db, taskId, 'data');
    if (found.length === 0) throw new RequestFailure('No files were uploaded.');
    const places = orderFiles(
      found.map(({ filename }) => filename),
      fields,
      String(taskId),
    );
    const ordered = places.map((place) => found[place]!);

    progress(0, 'Opening the files');
    const archive = ordered.length === 1 && (await isZip(context.store, ordered[0]!)) ? ordered[0]! : null;
    const files = archive
      ? await unpack(context, taskId, archive, fields, progress, signal)
      : await Promise.all(ordered.map((upload, n) => locate(context.store, upload, n)));
    const facts = await examine(context.store, files, progress, signal);
    const range = selectFrames(facts.frameCount, fields, facts.kind);

    const isPaged = facts.kind === 'images' && facts.frameCount > files.length;
    const frames = isPaged
      ? await splitPages(context.store, files[0]!, (page) => originalKey(mediaPrefix(taskId), page), progress, signal)
      : files;
    if (!archive && !isPaged) {
      const moves = files.map(({ key }, n) => ({ from: key, to: originalKey(mediaPrefix(taskId), n) }));
      await context.store.move(moves.filter(({ from, to }) => from !== to));
    }
    signal.throwIfAborted();
    await commit(
      context,
      request,
      fields,
      facts,
      range,
      frames.map(({ name }) => name),
    );
    return undefined;
  },

  async release(context, { taskId }) {
    if (taskId === null) return;
    const [kept] = await context.db
      .select({ id: taskMedia.taskId })
      .from(taskMedia)
      .where(eq(taskMedia.taskId, taskId));
    if (kept) return;
    await context.db.delete(uploads).where(and(eq(uploads.taskId, taskId), eq(uploads.purpose, 'data')));
    await context.store.remove(incoming(taskId, 'data'));
    await context.store.remove(mediaPrefix(taskId));
  },
};

/** An upload under its own name, or, when this is not the first try, where that try moved it. */
async function locate(store: MediaStore, upload: Upload, n: number): Promise<File> {
  const key = uploadKey(upload);
  const found = (await store.size(key)) === null ? originalKey(mediaPrefix(upload.taskId), n) : key;
  return { name: upload.filename, key: found };
}

async function isZip(store: MediaStore, upload: Upload): Promise<boolean> {
  const { key } = await locate(store, upload, 0);
  for await (const head of store.read(key, { start: 0, end: 3 })) {
    return (head as Buffer).equals(Buffer.from([0x50, 0x4b, 3, 4]));
  }
  return false;
}

async function unpack(
  context: Context,
  taskId: number,
  upload: Upload,
  fields: DataFields,
  progress: Progress,
  signal: AbortSignal,
): Promise<File[]> {
  const { store, config } = context;
  const archive = await openArchive(await store.path(uploadKey(upload)), upload.filename, {
    maxEntries: 200_000,
    maxFileBytes: DEFAULT_LIMITS.maxImageBytes,
    maxBytes: config.limits.uploadBytes,
  });
  try {
    const order = orderFiles(
      archive.images.map(({ name }) => name),
      fields,
      String(taskId),
    );
    const files = order.map((place, n) => ({
      name: archive.images[place]!.name,
      key: originalKey(mediaPrefix(taskId), n),
    }));
    let next = 0;
    const unpacker = async (): Promise<void> => {
      while (next < files.length) {
        const n = next++;
        const { name, key } = files[n]!;
        signal.throwIfAborted();
        progress((0.3 * n) / files.length, 'Unpacking the archive');
        try {
          await store.write(key, await archive.open(order[n]!));
        } catch (error) {
          next = files.length;
          // yauzl's own complaints (wrong size, broken deflate) are the archive's fault; those of the disk are not.
          if (error instanceof RequestFailure || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
          throw new RequestFailure(`${upload.filename}: ${name} in it is damaged (${(error as Error).message}).`);
        }
      }
    };
    // All are waited for, so that none still writes when the files are freed.
    const ended = await Promise.allSettled(Array.from({ length: UNPACKED_AT_ONCE }, unpacker));
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
    return files;
  } finally {
    archive.close();
  }
}

/** Most of the time goes into bringing each file to the disk, which takes many as fast as one. */
const UNPACKED_AT_ONCE = 16;

type Facts = {
  readonly kind: 'video' | 'images';
  readonly frameCount: number;
  readonly frameRate: number;
  readonly width: number;
  readonly height: number;
  /** Of each image, where they differ. */
  readonly frameSizes: [width: number, height: number][] | null;
  readonly bytes: number;
  readonly sha256: string;
};

/** Reads everything: the frame table of a video, the pixels of images, and all bytes for the checksum. */
async function examine(
  store: MediaStore,
  files: readonly File[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Facts> {
  const paths = await Promise.all(files.map(({ key }) => store.path(key)));
  const source = await openSource(paths, { cacheBytes: 0, sizes: 'any' }).catch((error) => {
    throw inWordsOfOwner(error, paths, files);
  });
  try {
    const { kind, frameCount, frameRate, width, height } = source.info;
    if (kind === 'images') {
      await readAll(source, progress, signal).catch((error) => {
        throw inWordsOfOwner(error, paths, files);
      });
    }
    progress(0.8, 'Computing the checksum');
    const { bytes, sha256 } = await digest(store, files, kind, signal);
    const sizes = source.frames.map((frame): [number, number] => [frame.width ?? width, frame.height ?? height]);
    const isMixed = kind === 'images' && sizes.some(([w, h]) => w !== width || h !== height);
    return { kind, frameCount, frameRate, width, height, frameSizes: isMixed ? sizes : null, bytes, sha256 };
  } finally {
    await source.close();
  }
}

/** Decodes every image once, so that a damaged one is refused now and not while somebody works. */
async function readAll(source: FrameSource, progress: Progress, signal: AbortSignal): Promise<void> {
  const { frameCount } = source.info;
  let next = 0;
  const reader = async (): Promise<void> => {
    while (next < frameCount) {
      const index = next++;
      await source.read(index, signal);
      progress(0.3 + (0.5 * index) / frameCount, 'Reading the images');
    }
  };
  await Promise.all([reader(), reader()]);
}

async function digest(
  store: MediaStore,
  files: readonly File[],
  kind: Facts['kind'],
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const { name, key } of files) {
    if (kind === 'images') hash.update(`${name}\0`);
    for await (const block of store.read(key)) {
      signal.throwIfAborted();
      hash.update(block as Buffer);
      bytes += (block as Buffer).length;
    }
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** A MediaError that names the file as its owner does, not as the store. */
function inWordsOfOwner(error: unknown, paths: readonly string[], files: readonly File[]): unknown {
  if (!(error instanceof MediaError)) return error;
  const place = paths.indexOf(error.file);
  const name = files[place]?.name ?? (files.length === 1 ? files[0]!.name : 'the images');
  return new MediaError(error.code, name, error.reason, error.remedy);
}

type Range = { readonly start: number; readonly stop: number; readonly step: number; readonly size: number };

function selectFrames(frameCount: number, fields: DataFields, kind: Facts['kind']): Range {
  const { startFrame: start, step } = fields;
  const last = Math.min(fields.stopFrame ?? frameCount - 1, frameCount - 1);
  if (start > last) {
    const what = kind === 'video' ? 'video has' : 'upload has';
    throw new RequestFailure(
      `The ${what} ${frameCount} frames, 0 to ${frameCount - 1}: none from start_frame ${start} to stop_frame ${last}.`,
    );
  }
  const size = Math.floor((last - start) / step) + 1;
  return { start, stop: last, step, size };
}

async function commit(
  context: Context,
  request: BackgroundRequest,
  fields: DataFields,
  facts: Facts,
  range: Range,
  names: string[],
): Promise<void> {
  const taskId = request.taskId!;
  await transact(context.db, async (tx) => {
    await assertHeld(tx, request);
    const [task] = await tx.select().from(tasks).where(eq(tasks.id, taskId)).for('update');
    if (!task) throw new RequestFailure('The task was deleted.');
    const split = splitIntoJobs(range.size, task.segmentSize, task.overlap, facts.kind);
    await tx.insert(taskMedia).values({
      taskId,
      kind: facts.kind,
      storageKey: mediaPrefix(taskId),
      size: range.size,
      startFrame: range.start,
      stopFrame: range.stop,
      step: range.step,
      width: facts.width,
      height: facts.height,
      frameSizes: facts.frameSizes,
      frameRate: facts.frameRate,
      names,
      bytes: facts.bytes,
      sha256: facts.sha256,
      chunkSize: fields.chunkSize ?? defaultChunkSize(facts.width, facts.height),
      imageQuality: fields.imageQuality,
    });
    const rows = split.segments.map(({ start, stop }) => ({ taskId, startFrame: start, stopFrame: stop }));
    // A statement holds a limited number of values.
    for (let from = 0; from < rows.length; from += 5_000) await tx.insert(jobs).values(rows.slice(from, from + 5_000));
    await tx.update(tasks).set({ segmentSize: split.segmentSize, overlap: split.overlap }).where(eq(tasks.id, taskId));
    await tx.delete(uploads).where(and(eq(uploads.taskId, taskId), eq(uploads.purpose, 'data')));
    await enqueueRemoval(context, tx, incoming(taskId, 'data'), 0);
    if (facts.kind === 'video') await enqueueCuts(context, tx, taskId);
    await touchTask(tx, taskId);
  });
}
