import { eq, getTableColumns } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { jobs, taskMedia } from '../database/schema/index.ts';
import { HttpError, notFound } from '../http/errors.ts';

const { names: _names, frameSizes: _sizes, ...columns } = getTableColumns(taskMedia);

/** The media of a task without the names and sizes of its images, which may be many. */
export type TaskMedia = Omit<typeof taskMedia.$inferSelect, 'names' | 'frameSizes'>;

/** A task's media, or the part of it that a job is about: task frames `first` to `last`, both inclusive. */
export type MediaRange = { readonly media: TaskMedia; readonly first: number; readonly last: number };

/** Throws HttpError 404 when the task has no data yet. */
export async function findTaskMedia(db: Db, taskId: number): Promise<MediaRange> {
  const [media] = await db.select(columns).from(taskMedia).where(eq(taskMedia.taskId, taskId));
  if (!media) throw notFound(`Task ${taskId} has no data yet.`);
  return { media, first: 0, last: media.size - 1 };
}

export async function findJobMedia(db: Db, jobId: number): Promise<MediaRange> {
  const [found] = await db
    .select({ media: columns, first: jobs.startFrame, last: jobs.stopFrame })
    .from(jobs)
    .innerJoin(taskMedia, eq(taskMedia.taskId, jobs.taskId))
    .where(eq(jobs.id, jobId));
  if (!found) throw notFound(`There is no job ${jobId}.`);
  return found;
}

/** Names of frames in the order of the task, `first` to `last`. A video's frames are named by their number. */
export async function readFrameNames(db: Db, { media, first, last }: MediaRange): Promise<string[]> {
  const numbers = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  if (media.kind === 'video') return numbers.map((frame) => `frame_${String(frame).padStart(6, '0')}.png`);
  const [row] = await db.select({ names: taskMedia.names }).from(taskMedia).where(eq(taskMedia.taskId, media.taskId));
  return numbers.map((frame) => row?.names[toSourceFrame(media, frame)] ?? '');
}

/**
 * Sizes of a task's frames, in its order, where its images differ; null where all have the size of the task.
 * @throws HttpError 404
 */
export async function readFrameSizes(db: Db, taskId: number): Promise<[width: number, height: number][] | null> {
  const { startFrame, step, size, frameSizes } = taskMedia;
  const [row] = await db
    .select({ startFrame, step, size, frameSizes })
    .from(taskMedia)
    .where(eq(taskMedia.taskId, taskId));
  return row?.frameSizes ? frameSizesOf({ ...row, frameSizes: row.frameSizes }) : null;
}

/** The sizes of source frames as those of a task's. */
export function frameSizesOf({
  frameSizes,
  ...media
}: Pick<TaskMedia, 'startFrame' | 'step' | 'size'> & { readonly frameSizes: [number, number][] }): [number, number][] {
  return Array.from({ length: media.size }, (_, frame) => frameSizes[toSourceFrame(media, frame)]!);
}

/** Frames of the API count within the task; the source has its own. */
export function toSourceFrame({ startFrame, step }: Pick<TaskMedia, 'startFrame' | 'step'>, taskFrame: number): number {
  return startFrame + step * taskFrame;
}

/** Throws HttpError 400 unless `frame` is one of the range. */
export function checkFrame({ first, last }: MediaRange, frame: number): void {
  if (frame < first || frame > last) {
    throw new HttpError(400, `There is no frame ${frame}; the frames are ${first} to ${last}.`);
  }
}
