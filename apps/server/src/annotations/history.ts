import type { AnnotationChange, Reverted } from '@roto/wire';
import { and, asc, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import {
  annotationChangeFrames,
  annotationChanges,
  annotationObjects,
  annotationTombstones,
  users,
} from '../database/schema/index.ts';
import { conflict, notFound } from '../http/errors.ts';
import { type Conflict, changesSince, conflictError } from './conflict.ts';
import { type Author, parseHead, recordUpdate, saveKeyframes, type Writer } from './history-rows.ts';
import { frameOf, keyframesByFrame, parseKeyframe, splitKeyframes } from './keyframe-text.ts';
import { elementAt, type ObjectRow } from './objects.ts';
import { countChange, insertObjects, loadKeyframes, removeObjects } from './rows.ts';
import { lockJob } from './scope.ts';
import { frameSpans } from './spans.ts';

/** Changes of a job, or of one of its objects, newest first. */
export function changeList(db: Db, jobId: number, options: { objectId?: number; withBefore?: boolean }) {
  const where = and(
    eq(annotationChanges.jobId, jobId),
    options.objectId === undefined ? undefined : eq(annotationChanges.objectId, options.objectId),
  );
  return {
    count: () => db.$count(annotationChanges, where),
    rows: (limit: number, offset: number) => readChanges(db, where, limit, offset, options.withBefore ?? false),
  };
}

async function readChanges(
  db: Db,
  where: SQL | undefined,
  limit: number,
  offset: number,
  withBefore: boolean,
): Promise<AnnotationChange[]> {
  const rows = await db
    .select({ change: annotationChanges, username: users.username })
    .from(annotationChanges)
    .leftJoin(users, eq(users.id, annotationChanges.userId))
    .where(where)
    .orderBy(desc(annotationChanges.id))
    .limit(limit)
    .offset(offset);
  const ids = rows.map(({ change }) => change.id);
  const touched =
    ids.length === 0
      ? []
      : await db
          .select({
            changeId: annotationChangeFrames.changeId,
            element: annotationChangeFrames.element,
            frames: annotationChangeFrames.frames,
            before: withBefore ? annotationChangeFrames.before : sql<string>`''`,
          })
          .from(annotationChangeFrames)
          .where(inArray(annotationChangeFrames.changeId, ids))
          .orderBy(
            asc(annotationChangeFrames.changeId),
            asc(annotationChangeFrames.element),
            asc(annotationChangeFrames.block),
          );
  const touchedBy = Map.groupBy(touched, ({ changeId }) => changeId);
  return rows.map(({ change, username }) => {
    const parts = touchedBy.get(change.id) ?? [];
    const frames = new Set(parts.flatMap((part) => [...part.frames, ...splitKeyframes(part.before).map(frameOf)]));
    return {
      id: change.id,
      object: change.objectId,
      kind: change.kind,
      action: change.action,
      revision: change.revision,
      date: change.at.toISOString(),
      until: change.until.toISOString(),
      user: change.userId === null ? null : { id: change.userId, username },
      origin: change.origin,
      run: change.runId,
      /** Touched keyframes as ranges, both ends inclusive. */
      frames: frameSpans([...frames].sort((a, b) => a - b)),
      ...(withBefore
        ? {
            before: {
              object: change.head === null ? null : JSON.parse(change.head),
              keyframes: parts.flatMap(({ element, before }) =>
                splitKeyframes(before).map((line) => ({ element, ...parseKeyframe(line) })),
              ),
            },
          }
        : {}),
    };
  });
}

/**
 * Takes one change back, which is a change itself: what it touched is again as it was before it.
 * @throws HttpError 404 for a change that the job has not, 409 when it was changed again since (unless `force`), or
 *   cannot be taken back
 */
export async function revertChange(
  tx: Db,
  jobId: number,
  changeId: number,
  by: Author,
  force: boolean,
): Promise<Reverted> {
  const { version } = await lockJob(tx, jobId);
  const author: Writer = { ...by, version: await countChange(tx, jobId) };
  const [change] = await tx
    .select()
    .from(annotationChanges)
    .where(and(eq(annotationChanges.id, changeId), eq(annotationChanges.jobId, jobId)));
  if (!change) throw notFound(`Job ${jobId} has no change ${changeId}.`);
  const object = change.objectId;
  const [row] = await tx.select().from(annotationObjects).where(eq(annotationObjects.id, object)).for('update');
  if (change.action === 'delete') {
    if (row) throw conflict(`Object ${object} is there; it was brought back before.`);
    return bringBack(tx, change, author);
  }
  if (!row) throw conflict(`Object ${object} was removed since; take that back first.`);
  const since = await changesSince(tx, object, change.revision);
  const found: Conflict = { id: object, path: `change ${changeId}` };
  if (change.action === 'create') {
    if (!force && row.revision > change.revision) throw await conflictError(tx, version, [found]);
    await removeObjects(tx, jobId, author, [row]);
    return { object, revision: null };
  }

  const parts = await changeFrames(tx, changeId);
  const again = parts.flatMap(({ element, frames }) => frames.filter((frame) => since.frames.get(element)?.has(frame)));
  if (!force && (since.isRemade || again.length > 0 || (change.head !== null && since.head !== null)))
    throw await conflictError(tx, version, [{ ...found, frames: again }]);
  return restore(tx, row, change.head, parts, author);
}

type ChangeFrames = typeof annotationChangeFrames.$inferSelect;

async function changeFrames(tx: Db, changeId: number): Promise<ChangeFrames[]> {
  return tx
    .select()
    .from(annotationChangeFrames)
    .where(eq(annotationChangeFrames.changeId, changeId))
    .orderBy(asc(annotationChangeFrames.element), asc(annotationChangeFrames.block));
}

/** Puts keyframes, and the head where one is given, back as they were. */
export async function restore(
  tx: Db,
  row: ObjectRow,
  headText: string | null,
  parts: readonly Pick<ChangeFrames, 'element' | 'frames' | 'before'>[],
  author: Writer,
): Promise<{ object: number; revision: number }> {
  const head = headText === null ? undefined : parseHead(headText);
  const stored = await loadKeyframes(tx, { ...row, elements: head?.elements ?? row.elements });
  const final = stored.map((lines) => new Map(lines));
  for (const { element, frames, before } of parts) {
    const lines = final[element + 1];
    if (!lines) continue;
    const known = keyframesByFrame(before);
    for (const frame of frames) {
      const line = known.get(frame);
      if (line === undefined) lines.delete(frame);
      else lines.set(frame, line);
    }
  }
  if (row.kind === 'track' && final[0]!.size === 0)
    throw conflict(`Track ${row.id} would have no keyframe left; remove it instead.`);
  const revision = row.revision + 1;
  const change = await recordUpdate(tx, row, revision, author, head ? row : undefined);
  for (const [place, lines] of final.entries())
    await saveKeyframes(tx, change, elementAt(place), stored[place]!, lines);
  const next = {
    ...(head ?? {}),
    revision,
    changedVersion: author.version,
    updatedBy: author.userId,
    updatedDate: sql`now()`,
  };
  const frame = row.kind === 'track' ? Math.min(...final[0]!.keys()) : (head?.frame ?? row.frame);
  await tx
    .update(annotationObjects)
    .set({ ...next, frame })
    .where(eq(annotationObjects.id, row.id));
  return { object: row.id, revision };
}

/** Makes an object again that a change removed. */
export async function bringBack(tx: Db, change: typeof annotationChanges.$inferSelect, author: Writer) {
  const { origin, trackedFrom, ...head } = parseHead(change.head!);
  const lines: string[][] = Array.from({ length: head.elements.length + 1 }, () => []);
  for (const { element, before } of await changeFrames(tx, change.id))
    lines[element + 1]?.push(...splitKeyframes(before));
  const revision = change.revision + 1;
  const [gone] = await tx
    .select({ uid: annotationTombstones.uid })
    .from(annotationTombstones)
    .where(eq(annotationTombstones.objectId, change.objectId));
  await insertObjects(tx, change.jobId, author, [
    {
      head,
      lines: head.kind === 'track' ? lines : [],
      trackedFrom,
      origin,
      id: change.objectId,
      revision,
      uid: gone?.uid,
    },
  ]);
  return { object: change.objectId, revision };
}
