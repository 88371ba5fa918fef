import type { DataMeta } from '@roto/wire';
import { eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { Db } from '../database/open.ts';
import { taskMedia } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { badRequest, notFound } from '../http/errors.ts';
import { touchTask } from '../tasks/task-view.ts';
import { compactFrames } from './compact-meta.ts';
import { cutsOfTask } from './scene-cuts.ts';
import { type MediaRange, readFrameNames, readFrameSizes, toSourceFrame } from './task-media.ts';

/** Metadata of a task's media, or of a job's part of it, as on the wire (contract 2.5), with our `roto` block. */
export async function showMeta(db: Db, range: MediaRange, compact = false): Promise<DataMeta> {
  const { media, first, last } = range;
  const { width, height } = media;
  const names = await readFrameNames(db, range);
  const sizes = await readFrameSizes(db, media.taskId);
  const sizeOf = (place: number) => {
    const [own = width, high = height] = sizes?.[first + place] ?? [];
    return { width: own, height: high };
  };
  return {
    chunks_updated_date: media.chunksUpdatedDate.toISOString(),
    chunk_size: media.chunkSize,
    size: last - first + 1,
    image_quality: media.imageQuality,
    start_frame: toSourceFrame(media, first),
    // The last frame that is there, also where the step passes over the one that was asked for; as in CVAT.
    stop_frame: toSourceFrame(media, last),
    frame_filter: media.step > 1 ? `step=${media.step}` : '',
    frames: compact
      ? []
      : names.map((name, place) => ({ ...sizeOf(place), name, related_files: 0, has_related_context: false })),
    deleted_frames: media.deletedFrames.filter((frame) => frame >= first && frame <= last),
    included_frames: null,
    chapters: null,
    storage: 'local',
    cloud_storage_id: null,
    roto: {
      original: {
        kind: media.kind,
        bytes: media.bytes,
        sha256: media.sha256,
        start_frame: media.startFrame,
        step: media.step,
        frame_rate: media.frameRate,
      },
      ...(compact ? { frames: compactFrames(names, { width, height }) } : {}),
      scene_cuts: cutsOfTask(range),
    },
  };
}

/** Sets which frames of the range are deleted; those outside of it stay as they are. Throws HttpError 400. */
export async function setDeletedFrames(
  { db, events }: Context,
  range: MediaRange,
  deleted: readonly number[],
): Promise<void> {
  const { first, last, media } = range;
  const wrong = deleted.find((frame) => frame < first || frame > last);
  if (wrong !== undefined) {
    throw badRequest('deleted_frames', `There is no frame ${wrong}; the frames are ${first} to ${last}.`);
  }
  await transact(db, async (tx) => {
    const [row] = await tx
      .select({ deletedFrames: taskMedia.deletedFrames })
      .from(taskMedia)
      .where(eq(taskMedia.taskId, media.taskId))
      .for('update');
    if (!row) throw notFound(`There is no task ${media.taskId}.`);
    const others = row.deletedFrames.filter((frame) => frame < first || frame > last);
    const deletedFrames = [...new Set([...others, ...deleted])].sort((a, b) => a - b);
    await tx.update(taskMedia).set({ deletedFrames }).where(eq(taskMedia.taskId, media.taskId));
    await touchTask(tx, media.taskId);
    await events.tell(tx, { on: 'media', taskId: media.taskId });
  });
}
