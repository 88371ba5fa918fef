import type { AnnotationFunction } from '@roto/wire';
import { keyframeLine } from '../annotations/keyframe-text.ts';
import { givenShape, givenTrack } from '../annotations/objects.ts';
import { insertObjects } from '../annotations/rows.ts';
import type { Db } from '../database/open.ts';
import { functions, jobs, labels, taskMedia, tasks } from '../database/schema/index.ts';

/** A task of 100 frames, 640 × 480, whose media nobody asks for, with one job and one label. */
export async function emptyTask(
  db: Db,
  ownerId: number,
  options: { size?: number; deletedFrames?: number[] } = {},
): Promise<{ taskId: number; jobId: number; labelId: number }> {
  const size = options.size ?? 100;
  const [task] = await db.insert(tasks).values({ name: 'clip', ownerId }).returning();
  await db.insert(taskMedia).values({
    taskId: task!.id,
    kind: 'video',
    storageKey: `none-${task!.id}`,
    size,
    startFrame: 0,
    stopFrame: size - 1,
    width: 640,
    height: 480,
    names: ['clip.mp4'],
    bytes: 1,
    sha256: '0'.repeat(64),
    chunkSize: 36,
    deletedFrames: options.deletedFrames ?? [],
  });
  const [job] = await db
    .insert(jobs)
    .values({ taskId: task!.id, startFrame: 0, stopFrame: size - 1 })
    .returning();
  const [label] = await db.insert(labels).values({ taskId: task!.id, name: 'cat', color: '#aabbcc' }).returning();
  return { taskId: task!.id, jobId: job!.id, labelId: label!.id };
}

export async function tracker(
  db: Db,
  ownerId: number,
  types: AnnotationFunction['supported_shape_types'] = ['mask', 'polygon', 'rectangle'],
): Promise<number> {
  const [fn] = await db
    .insert(functions)
    .values({ provider: 'native', name: 'Shifter', kind: 'tracker', ownerId, spec: { supported_shape_types: types } })
    .returning();
  return fn!.id;
}

export const SQUARE = [10, 10, 60, 10, 60, 60, 10, 60];

type Place = { readonly jobId: number; readonly labelId: number };

/** A polygon that a person drew on a frame. */
export async function polygon(db: Db, { jobId, labelId }: Place, frame: number, points = SQUARE): Promise<number> {
  const { head } = givenShape(
    {
      type: 'polygon',
      frame,
      label_id: labelId,
      group: 0,
      source: 'manual',
      occluded: false,
      outside: false,
      z_order: 0,
      rotation: 0,
      points,
      attributes: [],
      elements: [],
    },
    undefined,
  );
  const [id] = await insertObjects(db, jobId, { userId: null, origin: 'person', version: 0 }, [{ head, lines: [] }]);
  return id!;
}

/** A polygon track that a person made, with a keyframe on each of these frames. */
export async function track(
  db: Db,
  { jobId, labelId }: Place,
  frames: readonly number[],
  points = SQUARE,
): Promise<number> {
  const given = givenTrack(
    {
      frame: frames[0]!,
      label_id: labelId,
      group: 0,
      source: 'manual',
      attributes: [],
      elements: [],
      shapes: frames.map((frame) => ({
        type: 'polygon',
        frame,
        occluded: false,
        outside: false,
        z_order: 0,
        rotation: 0,
        points,
        attributes: [],
      })),
    },
    undefined,
  );
  const [id] = await insertObjects(db, jobId, { userId: null, origin: 'person', version: 0 }, [
    { head: given.head, lines: given.keyframes.map((its) => its.map(({ core }) => keyframeLine(core, 'person'))) },
  ]);
  return id!;
}
