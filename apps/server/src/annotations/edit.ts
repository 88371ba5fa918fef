import { and, eq, inArray } from 'drizzle-orm';
import { annotationChanges, annotationObjects } from '../database/schema/index.ts';
import { HttpError } from '../http/errors.ts';
import { type Conflict, conflictError, isChangedByOthers } from './conflict.ts';
import { fieldError, type Given, type Name } from './given.ts';
import { type BegunEdit, begin, type JobEdit } from './job-edit.ts';
import { joinKeyframes } from './keyframe-text.ts';
import type { ObjectRow } from './objects.ts';
import { type Plan, planPlain, planTrack, writePlans } from './plan.ts';
import { type AnnotationText, plainText, trackText } from './read.ts';
import { removeObjects } from './rows.ts';
import type { JobRange } from './scope.ts';
import { insertGiven, type Written } from './uid.ts';

/** @throws HttpError 400 when an object lies outside the job's frames */
export function checkRange({ entries }: Given, job: JobRange): void {
  for (const { path, head, keyframes } of entries) {
    if (head.kind !== 'track') {
      checkFrame(`${path}.frame`, 'is', head.frame, job);
      continue;
    }
    for (const lines of keyframes)
      for (const { frame } of lines) checkFrame(`${path}.shapes`, 'reach frame', frame, job);
  }
}

export function checkFrame(path: string, what: string, frame: number, { start, stop, id }: JobRange): void {
  if (frame < start || frame > stop)
    throw fieldError(path, `${what} ${frame}, but the job's frames are ${start} to ${stop} (job ${id})`);
}

/** Adds objects; one whose uid the job has already is left as it is. @throws HttpError 400 for one that has an id */
export async function createObjects(edit: JobEdit, given: Given): Promise<AnnotationText> {
  refuseIds(given);
  const begun = await begin(edit);
  return textOf(begun, await insertGiven(begun, given.entries));
}

export function refuseIds({ entries }: Given): void {
  const named = entries.find(({ id }) => id !== undefined);
  if (named) throw fieldError(`${named.path}.id`, `is ${named.id}, but new objects have none; use action=update`);
}

/**
 * Writes objects over those of the same ids, and adds those without id.
 * @throws HttpError 400 for ids that the job never had, 409 for what others changed or removed since
 */
export async function updateObjects(edit: JobEdit, given: Given): Promise<AnnotationText> {
  const begun = await begin(edit);
  const present = await loadNamed(begun, given);
  return textOf(begun, await write(begun, given, present, []));
}

/** Writes the whole: what is not given goes. Objects keep their ids where the job has them. */
export async function replaceObjects(edit: JobEdit, given: Given, version?: number): Promise<AnnotationText> {
  const now = edit.job.version;
  if (version !== undefined && version !== now)
    throw new HttpError(412, {
      detail: `The annotations of job ${edit.job.id} have version ${now}, no longer ${version}. Nothing was saved; read them again.`,
      version: now,
    });
  const begun = await begin(edit);
  const rows = await edit.tx
    .select()
    .from(annotationObjects)
    .where(eq(annotationObjects.jobId, edit.job.id))
    .for('update');
  const byId = new Map(rows.map((row) => [row.id, row]));
  const byUid = new Map(rows.flatMap((row) => (row.uid === null ? [] : [[row.uid, row]])));
  const known = new Map<number, ObjectRow>();
  const entries = given.entries.map((entry) => {
    const row = entry.id === undefined ? byUid.get(entry.uid ?? '') : byId.get(entry.id);
    if (row?.kind === entry.head.kind && !known.has(row.id)) {
      known.set(row.id, row);
      return { ...entry, id: row.id };
    }
    const { id, revision, ...rest } = entry;
    return rest;
  });
  const gone = rows.filter((row) => !known.has(row.id));
  return textOf(begun, await write(begun, { ...given, entries, emptied: [] }, known, gone));
}

/** @throws HttpError 400 for objects without id, 409 for what a person changed since the client read it */
export async function deleteObjects(edit: JobEdit, given: Given): Promise<void> {
  await removeNamed(await begin(edit), [...given.entries, ...given.emptied]);
}

/** As `deleteObjects`. Objects that are gone already are no error. */
export async function removeNamed(edit: BegunEdit, names: readonly Name[]): Promise<void> {
  const nameless = names.find(({ id }) => id === undefined);
  if (nameless) throw fieldError(`${nameless.path}.id`, 'is missing; it says which object to remove');
  const rows = await loadRows(
    edit,
    names.flatMap(({ id }) => id ?? []),
  );
  const conflicts: Conflict[] = [];
  for (const { id, revision, path } of names) {
    const row = rows.get(id!);
    if (!row || revision === undefined || revision >= row.revision) continue;
    if (await isChangedByOthers(edit.tx, row.id, revision)) conflicts.push({ id: row.id, path });
  }
  if (conflicts.length > 0) throw await conflictError(edit.tx, edit.job.version, conflicts);
  await removeObjects(edit.tx, edit.job.id, edit.writer, [...rows.values()]);
}

export async function deleteAll(edit: JobEdit): Promise<void> {
  const { writer } = await begin(edit);
  const rows = await edit.tx
    .select()
    .from(annotationObjects)
    .where(eq(annotationObjects.jobId, edit.job.id))
    .for('update');
  await removeObjects(edit.tx, edit.job.id, writer, rows);
}

export async function loadRows({ tx, job }: JobEdit, ids: readonly number[]): Promise<Map<number, ObjectRow>> {
  const rows = new Map<number, ObjectRow>();
  for (let at = 0; at < ids.length; at += 5_000) {
    const page = await tx
      .select()
      .from(annotationObjects)
      .where(and(inArray(annotationObjects.id, ids.slice(at, at + 5_000)), eq(annotationObjects.jobId, job.id)))
      .for('update');
    for (const row of page) rows.set(row.id, row);
  }
  return rows;
}

/**
 * The rows of all objects that a request names.
 * @throws HttpError 400 for one that the job never had, 409 for one that is gone
 */
export async function loadNamed(edit: JobEdit, { entries, emptied }: Pick<Given, 'entries' | 'emptied'>) {
  const rows = await loadNames(edit, [...entries, ...emptied]);
  for (const { id, head, path } of entries) {
    const row = id === undefined ? undefined : rows.get(id);
    if (row && row.kind !== head.kind)
      throw fieldError(`${path}.id`, `is ${id}, which is a ${row.kind}, not a ${head.kind}`);
  }
  return rows;
}

export async function loadNames(edit: JobEdit, names: readonly Name[]): Promise<Map<number, ObjectRow>> {
  const named = names.filter(({ id }) => id !== undefined);
  const rows = await loadRows(
    edit,
    named.map(({ id }) => id!),
  );
  const missing = named.filter(({ id }) => !rows.has(id!));
  if (missing.length === 0) return rows;
  const removed = await edit.tx
    .selectDistinct({ id: annotationChanges.objectId })
    .from(annotationChanges)
    .where(
      and(
        inArray(
          annotationChanges.objectId,
          missing.slice(0, 5_000).map(({ id }) => id!),
        ),
        eq(annotationChanges.jobId, edit.job.id),
      ),
    );
  const known = new Set(removed.map(({ id }) => id));
  const stranger = missing.find(({ id }) => !known.has(id!));
  if (stranger) throw fieldError(`${stranger.path}.id`, `is ${stranger.id}, but job ${edit.job.id} has no such object`);
  throw await conflictError(
    edit.tx,
    edit.job.version,
    missing.map(({ id, path }) => ({ id: id!, path })),
  );
}

/** Brings objects to what is given; the results are in the order of the entries. */
export async function write(
  edit: BegunEdit,
  given: Given,
  present: ReadonlyMap<number, ObjectRow>,
  gone: readonly ObjectRow[],
): Promise<Written[]> {
  const conflicts: Conflict[] = [];
  const plans = new Map<number, Plan>();
  for (const entry of given.entries) {
    const row = entry.id === undefined ? undefined : present.get(entry.id);
    if (!row) continue;
    const plan = row.kind === 'track' ? await planTrack(edit, row, entry) : await planPlain(edit, row, entry);
    if ('path' in plan) conflicts.push(plan);
    else plans.set(row.id, plan);
  }
  for (const { id, revision, path } of given.emptied) {
    const row = id === undefined ? undefined : present.get(id);
    if (row && revision !== undefined && (await isChangedByOthers(edit.tx, row.id, revision)))
      conflicts.push({ id: row.id, path });
  }
  if (conflicts.length > 0) throw await conflictError(edit.tx, edit.job.version, conflicts);

  const emptied = given.emptied.flatMap(({ id }) => (id === undefined ? [] : (present.get(id) ?? [])));
  await removeObjects(edit.tx, edit.job.id, edit.writer, [...gone, ...emptied]);
  await writePlans(edit.tx, edit.job.id, edit.writer, [...plans.values()]);
  const isNew = given.entries.filter(({ id }) => id === undefined);
  const made = (await insertGiven(edit, isNew)).values();
  return given.entries.map(({ id }) => {
    const plan = id === undefined ? undefined : plans.get(id);
    return plan ? { row: plan.next, merged: plan.merged, lines: plan.to.map(sorted) } : made.next().value!;
  });
}

function sorted(lines: ReadonlyMap<number, string>): string[] {
  return [...lines].sort(([a], [b]) => a - b).map(([, line]) => line);
}

function textOf({ writer }: BegunEdit, written: readonly Written[]): AnnotationText {
  const of = (kind: ObjectRow['kind']) => written.filter(({ row }) => row.kind === kind);
  return {
    version: writer.version,
    tags: of('tag').map(({ row }) => plainText(row)),
    shapes: of('shape').map(({ row }) => plainText(row)),
    tracks: of('track').map(({ row, lines }) => trackText(row, lines.map(joinKeyframes))),
  };
}
