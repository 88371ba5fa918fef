import type { FrameSet, Label } from '@roto/annotations';
import { asc, eq } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { jobs, taskMedia } from '../database/schema/index.ts';
import { badRequest, notFound } from '../http/errors.ts';
import { readFrameSizes } from '../media/task-media.ts';
import { readLabels, type StoredLabel } from '../tasks/labels.ts';

/** A job as annotations need it; frames are task frames, both inclusive. */
export type JobRange = {
  readonly id: number;
  readonly taskId: number;
  readonly start: number;
  readonly stop: number;
  readonly version: number;
};

const range = {
  id: jobs.id,
  taskId: jobs.taskId,
  start: jobs.startFrame,
  stop: jobs.stopFrame,
  version: jobs.annotationsVersion,
};

/** @throws HttpError 404 */
export async function jobRange(db: Db, jobId: number): Promise<JobRange> {
  const [job] = await db.select(range).from(jobs).where(eq(jobs.id, jobId));
  if (!job) throw notFound(`There is no job ${jobId}.`);
  return job;
}

/** Locks the job's row until `tx` ends: changes of one job's annotations come one after another. */
export async function lockJob(tx: Db, jobId: number): Promise<JobRange> {
  const [job] = await tx.select(range).from(jobs).where(eq(jobs.id, jobId)).for('update');
  if (!job) throw notFound(`There is no job ${jobId}.`);
  return job;
}

/** The jobs of a task by frame. */
export async function taskJobs(db: Db, taskId: number): Promise<JobRange[]> {
  return db.select(range).from(jobs).where(eq(jobs.taskId, taskId)).orderBy(asc(jobs.startFrame), asc(jobs.id));
}

/** @throws HttpError 400 while the task has no media, and so no frames that could be annotated. */
export async function taskFrames(db: Db, taskId: number): Promise<FrameSet> {
  const [media] = await db
    .select({ frameCount: taskMedia.size, width: taskMedia.width, height: taskMedia.height })
    .from(taskMedia)
    .where(eq(taskMedia.taskId, taskId));
  if (!media) throw badRequest('detail', `Task ${taskId} has no data yet; attach a video or images first.`);
  const sizes = await readFrameSizes(db, taskId);
  return sizes ? { ...media, sizes } : media;
}

/** Labels of a task, sublabels inside their skeletons. */
export async function taskLabels(db: Db, taskId: number): Promise<Label[]> {
  return (await readLabels(db, [taskId])).map(toLabel);
}

function toLabel(row: StoredLabel): Label {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    color: row.color,
    attributes: row.attributes.map((attribute) => ({
      id: attribute.id,
      name: attribute.name,
      mutable: attribute.mutable,
      input_type: attribute.inputType,
      default_value: attribute.defaultValue,
      values: attribute.values,
    })),
    sublabels: row.sublabels.map(toLabel),
    ...(row.svg === null ? {} : { svg: row.svg }),
  };
}

/** Which attributes a label has, with those of its sublabels, as text: `annotation_objects.attribute_ids`. */
export function attributeIds(label: Label | undefined): string {
  if (!label) return '';
  return [
    label.attributes.map((attribute) => attribute.id).join(','),
    ...label.sublabels.map((sublabel) => attributeIds(sublabel)),
  ].join(';');
}
