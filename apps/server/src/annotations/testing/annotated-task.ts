import type { LabelType } from '@roto/annotations';
import type { Db } from '../../database/open.ts';
import { jobs, labelAttributes, labels, taskMedia, tasks } from '../../database/schema/index.ts';

/** A task with labels and frames but no media file, which annotations never look into. */
export type AnnotatedTask = {
  readonly taskId: number;
  /** In order of frames. */
  readonly jobIds: readonly number[];
  readonly labels: {
    readonly car: number;
    readonly person: number;
    readonly body: number;
    readonly head: number;
    readonly hand: number;
  };
  /** Attributes of `person`: pose may change from frame to frame, name may not. */
  readonly attributes: { readonly pose: number; readonly name: number };
};

/** `ranges`: first and last frame of each job. */
export async function annotatedTask(
  db: Db,
  ownerId: number,
  ranges: readonly (readonly [number, number])[] = [[0, 99]],
  size = { width: 640, height: 480 },
): Promise<AnnotatedTask> {
  const [task] = await db.insert(tasks).values({ name: 'test', ownerId }).returning();
  const taskId = task!.id;
  const frameCount = Math.max(...ranges.map(([, stop]) => stop)) + 1;
  await db.insert(taskMedia).values({
    taskId,
    kind: 'images',
    storageKey: `tasks/${taskId}/media/`,
    size: frameCount,
    startFrame: 0,
    stopFrame: frameCount - 1,
    ...size,
    names: Array.from({ length: frameCount }, (_, i) => `${i}.png`),
    bytes: 0,
    sha256: '0'.repeat(64),
    chunkSize: 36,
  });
  const made = await db
    .insert(jobs)
    .values(ranges.map(([startFrame, stopFrame]) => ({ taskId, startFrame, stopFrame })))
    .returning();
  const label = async (name: string, parentId: number | null = null, type: LabelType = 'any') => {
    const [row] = await db.insert(labels).values({ taskId, name, parentId, type, color: '#ff0000' }).returning();
    return row!.id;
  };
  const person = await label('person');
  const body = await label('body', null, 'skeleton');
  const attribute = async (name: string, mutable: boolean, defaultValue: string) => {
    const [row] = await db
      .insert(labelAttributes)
      .values({ labelId: person, name, mutable, inputType: 'text', defaultValue, values: [] })
      .returning();
    return row!.id;
  };
  return {
    taskId,
    jobIds: made.map(({ id }) => id),
    labels: {
      person,
      body,
      car: await label('car'),
      head: await label('head', body, 'points'),
      hand: await label('hand', body, 'points'),
    },
    attributes: { pose: await attribute('pose', true, 'stand'), name: await attribute('name', false, '') },
  };
}

/** A polygon keyframe or shape body as a client sends it. */
export function polygon(frame: number, shift = 0, more: Record<string, unknown> = {}) {
  return { type: 'polygon', frame, points: [10 + shift, 10, 60 + shift, 12, 35 + shift, 70], ...more };
}
