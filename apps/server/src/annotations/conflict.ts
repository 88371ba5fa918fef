import { and, asc, desc, eq, gt, inArray, ne } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationChangeFrames, annotationChanges, users } from '../database/schema/index.ts';
import { conflict, type HttpError } from '../http/errors.ts';
import { type KeptHead, parseHead } from './history-rows.ts';
import { keyframesByFrame } from './keyframe-text.ts';

/** An object that somebody else changed or removed since the client read it. `frames`: keyframes that both changed. */
export type Conflict = { readonly id: number; readonly path: string; readonly frames?: readonly number[] };

/** What others did to an object since a revision. */
export type Since = {
  /** As it was at that revision; null: nothing but keyframes changed. */
  readonly head: KeptHead | null;
  /** It was removed and brought back meanwhile, so nothing can be told. */
  readonly isRemade: boolean;
  /** For each element the touched frames with the line that was there; null: none was; undefined: not known. */
  readonly frames: ReadonlyMap<number, ReadonlyMap<number, string | null | undefined>>;
};

export async function changesSince(db: Db, objectId: number, revision: number): Promise<Since> {
  const changes = await db
    .select()
    .from(annotationChanges)
    .where(and(eq(annotationChanges.objectId, objectId), gt(annotationChanges.revision, revision)))
    .orderBy(asc(annotationChanges.id));
  const head = changes.find((change) => change.head !== null)?.head ?? null;
  const rows =
    changes.length === 0
      ? []
      : await db
          .select()
          .from(annotationChangeFrames)
          .where(
            inArray(
              annotationChangeFrames.changeId,
              changes.map((change) => change.id),
            ),
          )
          .orderBy(asc(annotationChangeFrames.changeId));
  const frames = new Map<number, Map<number, string | null | undefined>>();
  for (const row of rows) {
    const before = keyframesByFrame(row.before);
    const known = frames.get(row.element) ?? new Map<number, string | null | undefined>();
    frames.set(row.element, known);
    for (const [i, frame] of row.frames.entries()) {
      if (row.revisions[i]! <= revision || known.has(frame)) continue;
      // A row that goes on keeps only the first state that it found.
      const isEarlier = row.frames.some((other, k) => other === frame && row.revisions[k]! <= revision);
      known.set(frame, isEarlier ? undefined : (before.get(frame) ?? null));
    }
  }
  return {
    head: head === null ? null : parseHead(head),
    isRemade: changes.some(({ action }) => action !== 'update'),
    frames,
  };
}

/** Whether a person or an import changed the object since a revision. */
export async function isChangedByOthers(db: Db, objectId: number, revision: number): Promise<boolean> {
  const [change] = await db
    .select({ id: annotationChanges.id })
    .from(annotationChanges)
    .where(
      and(
        eq(annotationChanges.objectId, objectId),
        gt(annotationChanges.revision, revision),
        ne(annotationChanges.origin, 'tracker'),
      ),
    )
    .limit(1);
  return change !== undefined;
}

/** 409 that names the objects, who changed them and when, and the version of the job that is there now. */
export async function conflictError(db: Db, version: number, found: readonly Conflict[]): Promise<HttpError> {
  const last = await db
    .selectDistinctOn([annotationChanges.objectId], {
      objectId: annotationChanges.objectId,
      action: annotationChanges.action,
      revision: annotationChanges.revision,
      at: annotationChanges.until,
      origin: annotationChanges.origin,
      username: users.username,
    })
    .from(annotationChanges)
    .leftJoin(users, eq(users.id, annotationChanges.userId))
    .where(
      inArray(
        annotationChanges.objectId,
        found.map(({ id }) => id),
      ),
    )
    .orderBy(annotationChanges.objectId, desc(annotationChanges.id));
  const lastOf = new Map(last.map((change) => [change.objectId, change]));
  const objects = found.map(({ id, path, frames }) => {
    const change = lastOf.get(id);
    return {
      id,
      path,
      ...(frames ? { frames } : {}),
      deleted: change?.action === 'delete',
      revision: change?.revision ?? null,
      changed_by: change?.username ?? null,
      changed_date: change?.at.toISOString() ?? null,
      origin: change?.origin ?? null,
    };
  });
  const texts = objects.map((each) => {
    const what = each.deleted ? 'removed' : 'changed';
    const where = each.frames ? ` on frames ${each.frames.slice(0, 10).join(', ')}` : '';
    return `${each.path} (object ${each.id}) was ${what}${where} by ${each.changed_by ?? 'somebody'} at ${each.changed_date}`;
  });
  return conflict(
    `Somebody else changed what you were about to write: ${texts.slice(0, 10).join('; ')}. Nothing was saved; read the annotations anew.`,
    { version, objects },
  );
}
