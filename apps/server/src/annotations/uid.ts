import { and, eq, inArray } from 'drizzle-orm';
import { annotationObjects, annotationTombstones } from '../database/schema/index.ts';
import { conflictError } from './conflict.ts';
import type { GivenEntry } from './given.ts';
import type { BegunEdit } from './job-edit.ts';
import type { ObjectRow } from './objects.ts';
import { lineOf } from './plan.ts';
import { insertObjects, loadKeyframes } from './rows.ts';

/** An object as it is after a write; `lines` are keyframes in order, of the track itself and of a skeleton's parts. */
export type Written = {
  readonly row: ObjectRow;
  readonly lines: readonly (readonly string[])[];
  /** What others did since the client read it is in it. */
  readonly merged: boolean;
};

/**
 * Makes objects. A create whose answer was lost is sent again: what has a uid that the job knows is made once, and
 * answered as it is now.
 * @throws HttpError 409 for a uid whose object was removed meanwhile
 */
export async function insertGiven(edit: BegunEdit, entries: readonly GivenEntry[]): Promise<Written[]> {
  const { tx, job, writer } = edit;
  const known = await findByUid(edit, entries);
  const fresh = entries.filter(({ uid }) => uid === undefined || !known.has(uid));
  const objects = fresh.map(({ head, keyframes, uid }) => ({
    head,
    uid,
    lines: keyframes.map((list) => list.map((keyframe) => lineOf(keyframe, writer))),
  }));
  const ids = await insertObjects(tx, job.id, writer, objects);
  const made = objects.map(({ head, lines, uid }, i) => ({
    lines,
    merged: false,
    row: {
      ...head,
      id: ids[i]!,
      jobId: job.id,
      signals: '',
      origin: writer.origin,
      trackedFrom: null,
      revision: 1,
      uid: uid ?? null,
      createdVersion: writer.version,
      changedVersion: writer.version,
      updatedBy: writer.userId,
      updatedDate: new Date(),
    },
  }));
  const next = made.values();
  return entries.map(({ uid }) => (uid === undefined ? undefined : known.get(uid)) ?? next.next().value!);
}

async function findByUid(edit: BegunEdit, entries: readonly GivenEntry[]): Promise<Map<string, Written>> {
  const { tx, job } = edit;
  const found = new Map<string, Written>();
  const pathOf = new Map(entries.flatMap(({ uid, path }) => (uid === undefined ? [] : [[uid, path]])));
  const uids = [...pathOf.keys()];
  for (let at = 0; at < uids.length; at += 5_000) {
    const page = uids.slice(at, at + 5_000);
    const gone = await tx
      .select({ id: annotationTombstones.objectId, uid: annotationTombstones.uid })
      .from(annotationTombstones)
      .where(and(eq(annotationTombstones.jobId, job.id), inArray(annotationTombstones.uid, page)));
    if (gone.length > 0)
      throw await conflictError(
        tx,
        job.version,
        gone.map(({ id, uid }) => ({ id, path: pathOf.get(uid!)! })),
      );
    const rows = await tx
      .select()
      .from(annotationObjects)
      .where(and(eq(annotationObjects.jobId, job.id), inArray(annotationObjects.uid, page)));
    for (const row of rows) {
      const lines = row.kind === 'track' ? await loadKeyframes(tx, row) : [];
      found.set(row.uid!, { row, merged: false, lines: lines.map((each) => [...each.values()]) });
    }
  }
  return found;
}
