import { type LabeledData, parseLabeledData, problemsText } from '@roto/annotations';
import { eq } from 'drizzle-orm';
import type { Writer } from '../annotations/history-rows.ts';
import { type GivenObject, givenShape, givenTag } from '../annotations/objects.ts';
import { countChange, insertObjects, removeObjects } from '../annotations/rows.ts';
import { taskFrames, taskJobs, taskLabels } from '../annotations/scope.ts';
import type { Db } from '../database/open.ts';
import { annotationObjects } from '../database/schema/index.ts';
import { badRequest } from '../http/errors.ts';
import type { RequestRow } from '../queue/requests.ts';

/**
 * Writes what a detector found into the jobs whose frames they are, in the overlap of two jobs into both; only into the
 * job that was asked for, where one was. `cleanup`: what was there before goes, as history that can be brought back.
 * @throws HttpError 400 when the annotations do not fit the task
 */
export async function writeDetections(tx: Db, row: RequestRow, result: Record<string, unknown>): Promise<void> {
  const taskId = row.taskId!;
  const labels = await taskLabels(tx, taskId);
  const parsed = parseLabeledData(result.annotations, labels, await taskFrames(tx, taskId));
  if (!parsed.ok) throw badRequest('annotations', problemsText(parsed.problems));
  const { tags, shapes, tracks } = parsed.value;
  if (tracks.length > 0) throw badRequest('annotations', 'A detector finds tags and shapes, no tracks.');
  const labelOf = new Map(labels.map((label) => [label.id, label]));
  const auto = <T extends LabeledData['tags'][number]>({ id: _id, ...found }: T) => ({
    ...found,
    source: 'auto' as const,
  });
  const objects: GivenObject[] = [
    ...tags.map((tag) => givenTag(auto(tag), labelOf.get(tag.label_id))),
    ...shapes.map((shape) => givenShape(auto(shape), labelOf.get(shape.label_id))),
  ];
  const { job: onlyJob, cleanup } = row.params as { job?: number; cleanup?: boolean };
  for (const job of await taskJobs(tx, taskId)) {
    if (onlyJob !== undefined && job.id !== onlyJob) continue;
    const version = await countChange(tx, job.id);
    const writer: Writer = { userId: row.ownerId, origin: 'import', version };
    if (cleanup) {
      const old = await tx.select().from(annotationObjects).where(eq(annotationObjects.jobId, job.id)).for('update');
      await removeObjects(tx, job.id, writer, old);
    }
    const its = objects.filter(({ head }) => head.frame >= job.start && head.frame <= job.stop);
    if (its.length > 0)
      await insertObjects(
        tx,
        job.id,
        writer,
        its.map(({ head }) => ({ head, lines: [] })),
      );
  }
}
