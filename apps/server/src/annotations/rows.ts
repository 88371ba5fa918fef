import type { LabeledShape } from '@roto/annotations';
import { asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects, annotationTombstones, keyframeBlocks } from '../database/schema/index.ts';
import { notifyJob } from '../events/events.ts';
import { notFound } from '../http/errors.ts';
import { headText, keepKeyframes, recordChanges, type Writer, writeBlocks } from './history-rows.ts';
import { intoBlocks, keyframesByFrame, type Origin } from './keyframe-text.ts';
import { elementAt, type ObjectHead, type ObjectRow } from './objects.ts';

const ROWS_PER_STATEMENT = 1_000;

/**
 * Counts a change of a job's annotations, notifies the streams of the job, and locks job and task until `tx` ends, as all
 * writers do first. Returns the version of the job that the change makes.
 * @throws HttpError 404
 */
export async function countChange(tx: Db, jobId: number): Promise<number> {
  const version = await countChangeOf(tx, sql`${jobId}`);
  if (version === undefined) throw notFound(`There is no job ${jobId}.`);
  return version;
}

/** As `countChange`, of the job whose id an expression yields; undefined: there is none. */
export async function countChangeOf(tx: Db, jobId: SQL): Promise<number | undefined> {
  const found = await tx.execute(sql`
    with job as (
      update jobs set annotations_version = annotations_version + 1, updated_date = now()
      where id = ${jobId} returning id, task_id, annotations_version),
    task as (
      update tasks set updated_date = greatest(now(), updated_date + interval '1 ms')
      where id in (select task_id from job))
    select annotations_version as version, ${notifyJob(sql`id`)} from job`);
  return (found as unknown as { rows: { version: number }[] }).rows[0]?.version;
}

/** An object to be made: keyframe lines in order, of the track itself and then of a skeleton's parts. */
export type NewObject = {
  readonly head: ObjectHead & { readonly signals?: string };
  readonly lines: readonly (readonly string[])[];
  readonly trackedFrom?: number | null;
  /** Else the author's. */
  readonly origin?: Origin;
  /** Brings back an object that was removed. */
  readonly id?: number;
  readonly revision?: number;
  /** Name that the client gave it. */
  readonly uid?: string | null;
};

/** Makes objects, and keeps in history that they were made. Returns their rows' ids in the order given. */
export async function insertObjects(
  tx: Db,
  jobId: number,
  author: Writer,
  objects: readonly NewObject[],
): Promise<number[]> {
  const ids: number[] = [];
  for (let at = 0; at < objects.length; at += ROWS_PER_STATEMENT) {
    const page = objects.slice(at, at + ROWS_PER_STATEMENT);
    const made = await tx
      .insert(annotationObjects)
      .values(
        page.map(({ head, trackedFrom, id, revision, origin, uid }) => ({
          ...head,
          ...(id === undefined ? {} : { id }),
          jobId,
          origin: origin ?? author.origin,
          trackedFrom: trackedFrom ?? null,
          revision: revision ?? 1,
          uid: uid ?? null,
          createdVersion: author.version,
          changedVersion: author.version,
          updatedBy: author.userId,
        })),
      )
      .returning({ id: annotationObjects.id, revision: annotationObjects.revision });
    await recordChanges(
      tx,
      jobId,
      author,
      made.map(({ id, revision }, i) => ({
        objectId: id,
        kind: page[i]!.head.kind,
        action: 'create',
        revision,
        head: null,
      })),
    );
    await writeBlocks(
      tx,
      page.flatMap(({ lines }, i) =>
        lines.flatMap((keyframes, place) =>
          intoBlocks(keyframes).map((block) => ({
            objectId: made[i]!.id,
            element: elementAt(place),
            changedVersion: author.version,
            ...block,
          })),
        ),
      ),
    );
    const back = page.flatMap(({ id }) => id ?? []);
    if (back.length > 0) await tx.delete(annotationTombstones).where(inArray(annotationTombstones.objectId, back));
    ids.push(...made.map(({ id }) => id));
  }
  return ids;
}

/** Removes objects, and keeps all that they were. */
export async function removeObjects(
  tx: Db,
  jobId: number,
  author: Writer,
  objects: readonly ObjectRow[],
): Promise<void> {
  for (let at = 0; at < objects.length; at += ROWS_PER_STATEMENT) {
    const page = objects.slice(at, at + ROWS_PER_STATEMENT);
    const changes = await recordChanges(
      tx,
      jobId,
      author,
      page.map((row) => ({
        objectId: row.id,
        kind: row.kind,
        action: 'delete',
        revision: row.revision + 1,
        head: headText(row),
      })),
    );
    await keepKeyframes(tx, changes);
    await tx.delete(annotationObjects).where(
      inArray(
        annotationObjects.id,
        page.map((row) => row.id),
      ),
    );
  }
}

/** Keyframe lines by frame of an object; [0] of the track itself, then of a skeleton's parts. */
export async function loadKeyframes(db: Db, row: ObjectRow): Promise<Map<number, string>[]> {
  const blocks = await db
    .select()
    .from(keyframeBlocks)
    .where(eq(keyframeBlocks.objectId, row.id))
    .orderBy(asc(keyframeBlocks.element), asc(keyframeBlocks.block));
  const all = Array.from({ length: row.elements.length + 1 }, () => new Map<number, string>());
  for (const { element, shapes } of blocks)
    for (const [frame, line] of keyframesByFrame(shapes)) all[element + 1]?.set(frame, line);
  return all;
}

/** A plain shape as on the wire, without its id. */
export function parseShape(row: ObjectRow): LabeledShape {
  return {
    ...JSON.parse(`{${row.body}${row.signals}}`),
    frame: row.frame,
    label_id: row.labelId,
    group: row.group,
  };
}
