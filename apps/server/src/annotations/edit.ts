import type { Label } from '@roto/annotations';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationChanges, annotationObjects, jobs } from '../database/schema/index.ts';
import { HttpError } from '../http/errors.ts';
import { type Conflict, changesSince, conflictError, isChangedByOthers } from './conflict.ts';
import { fieldError, type Given, type GivenEntry } from './given.ts';
import { type Author, headText, recordChanges, saveKeyframes } from './history-rows.ts';
import { coreOf, joinKeyframes, keyframeLine } from './keyframe-text.ts';
import { elementAt, headOf, isSameHead, type ObjectRow } from './objects.ts';
import { type AnnotationText, plainText, trackText } from './read.ts';
import { isStale, refillJob } from './refill.ts';
import { countChange, insertObjects, loadKeyframes, removeObjects } from './rows.ts';
import type { JobRange } from './scope.ts';

/** All writes of annotations of one job, in a transaction, by one author. Each counts as one change of the job. */
export type JobEdit = {
  readonly tx: Db;
  readonly job: JobRange;
  readonly labels: readonly Label[];
  readonly author: Author;
};

/** @throws HttpError 400 when an object lies outside the job's frames */
export function checkRange({ entries }: Given, { start, stop, id }: JobRange): void {
  for (const { path, head, keyframes } of entries) {
    const out = (frame: number) => frame < start || frame > stop;
    const text = `the job's frames are ${start} to ${stop} (job ${id})`;
    if (head.kind !== 'track') {
      if (out(head.frame)) throw fieldError(`${path}.frame`, `is ${head.frame}, but ${text}`);
      continue;
    }
    for (const lines of keyframes)
      for (const { frame } of lines)
        if (out(frame)) throw fieldError(`${path}.shapes`, `reach frame ${frame}, but ${text}`);
  }
}

/** Adds objects. @throws HttpError 400 for one that has an id */
export async function createObjects(edit: JobEdit, given: Given): Promise<AnnotationText> {
  const named = given.entries.find(({ id }) => id !== undefined);
  if (named) throw fieldError(`${named.path}.id`, `is ${named.id}, but new objects have none; use action=update`);
  await countChange(edit.tx, edit.job.id);
  return textOf(edit, given, await insertGiven(edit, given.entries));
}

/**
 * Writes objects over those of the same ids, and adds those without id.
 * @throws HttpError 400 for ids that the job never had, 409 for what others changed or removed since
 */
export async function updateObjects(edit: JobEdit, given: Given): Promise<AnnotationText> {
  await begin(edit);
  const present = await loadNamed(edit, given);
  return write(edit, given, present, []);
}

/** Writes the whole: what is not given goes. Objects keep their ids where the job has them. */
export async function replaceObjects(edit: JobEdit, given: Given, version?: number): Promise<AnnotationText> {
  await begin(edit);
  const now = edit.job.version;
  if (version !== undefined && version !== now)
    throw new HttpError(412, {
      detail: `The annotations of job ${edit.job.id} have version ${now}, no longer ${version}. Nothing was saved; read them anew.`,
      version: now,
    });
  const rows = await edit.tx
    .select()
    .from(annotationObjects)
    .where(eq(annotationObjects.jobId, edit.job.id))
    .for('update');
  const byId = new Map(rows.map((row) => [row.id, row]));
  const known = new Map<number, ObjectRow>();
  const entries = given.entries.map((entry) => {
    const row = entry.id === undefined ? undefined : byId.get(entry.id);
    if (row?.kind === entry.head.kind) {
      known.set(row.id, row);
      return entry;
    }
    const { id, revision, ...rest } = entry;
    return rest;
  });
  const gone = rows.filter((row) => !known.has(row.id));
  return write(edit, { ...given, entries, emptied: [] }, known, gone);
}

/** @throws HttpError 400 for objects without id, 409 for what a person changed since the client read it */
export async function deleteObjects(edit: JobEdit, given: Given): Promise<void> {
  const all = [...given.entries, ...given.emptied];
  const nameless = all.find(({ id }) => id === undefined);
  if (nameless) throw fieldError(`${nameless.path}.id`, 'is missing; it says which object to remove');
  await begin(edit);
  const rows = await loadRows(
    edit,
    all.flatMap(({ id }) => id ?? []),
  );
  const conflicts: Conflict[] = [];
  for (const { id, revision, path } of all) {
    const row = rows.get(id!);
    if (!row || revision === undefined || revision >= row.revision) continue;
    if (await isChangedByOthers(edit.tx, row.id, revision)) conflicts.push({ id: row.id, path });
  }
  if (conflicts.length > 0) throw await conflictError(edit.tx, edit.job.version, conflicts);
  await removeObjects(edit.tx, edit.job.id, edit.author, [...rows.values()]);
}

export async function deleteAll(edit: JobEdit): Promise<void> {
  await countChange(edit.tx, edit.job.id);
  const rows = await edit.tx
    .select()
    .from(annotationObjects)
    .where(eq(annotationObjects.jobId, edit.job.id))
    .for('update');
  await removeObjects(edit.tx, edit.job.id, edit.author, rows);
}

async function begin({ tx, job, labels }: JobEdit): Promise<void> {
  await countChange(tx, job.id);
  if (await isStale(tx, job.id, labels)) await refillJob(tx, job.id, labels);
}

async function loadRows({ tx, job }: JobEdit, ids: readonly number[]): Promise<Map<number, ObjectRow>> {
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

/** The rows of all objects that a request names. */
async function loadNamed(edit: JobEdit, { entries, emptied }: Given): Promise<Map<number, ObjectRow>> {
  const named = [...entries, ...emptied].filter(({ id }) => id !== undefined);
  const rows = await loadRows(
    edit,
    named.map(({ id }) => id!),
  );
  const missing = named.filter(({ id }) => !rows.has(id!));
  if (missing.length > 0) {
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
    if (stranger)
      throw fieldError(`${stranger.path}.id`, `is ${stranger.id}, but job ${edit.job.id} has no such object`);
    throw await conflictError(
      edit.tx,
      edit.job.version,
      missing.map(({ id, path }) => ({ id: id!, path })),
    );
  }
  for (const { id, head, path } of entries) {
    const row = id === undefined ? undefined : rows.get(id);
    if (row && row.kind !== head.kind)
      throw fieldError(`${path}.id`, `is ${id}, which is a ${row.kind}, not a ${head.kind}`);
  }
  return rows;
}

/** An object as it is to be, with its keyframe lines by frame. */
type Planned = { readonly row: ObjectRow; readonly next: ObjectRow; readonly from: Lines; readonly to: Lines };
type Lines = readonly ReadonlyMap<number, string>[];

async function write(
  edit: JobEdit,
  given: Given,
  present: ReadonlyMap<number, ObjectRow>,
  gone: readonly ObjectRow[],
): Promise<AnnotationText> {
  const conflicts: Conflict[] = [];
  const planned: Planned[] = [];
  for (const entry of given.entries) {
    const row = entry.id === undefined ? undefined : present.get(entry.id);
    if (!row) continue;
    const plan = row.kind === 'track' ? await planTrack(edit, row, entry) : await planPlain(edit, row, entry);
    if ('path' in plan) conflicts.push(plan);
    else planned.push(plan);
  }
  for (const { id, revision, path } of given.emptied) {
    const row = id === undefined ? undefined : present.get(id);
    if (row && revision !== undefined && (await isChangedByOthers(edit.tx, row.id, revision)))
      conflicts.push({ id: row.id, path });
  }
  if (conflicts.length > 0) throw await conflictError(edit.tx, edit.job.version, conflicts);

  const emptied = given.emptied.flatMap(({ id }) => (id === undefined ? [] : (present.get(id) ?? [])));
  await removeObjects(edit.tx, edit.job.id, edit.author, [...gone, ...emptied]);
  const changed = planned.filter(({ row, next }) => next !== row);
  await writePlanned(edit, changed);
  const made = await insertGiven(
    edit,
    given.entries.filter(({ id }) => id === undefined),
  );
  return textOf(edit, given, [...made, ...planned.map(({ next, to }) => ({ row: next, lines: to.map(sorted) }))]);
}

async function planPlain({ tx, author }: JobEdit, row: ObjectRow, entry: GivenEntry): Promise<Planned | Conflict> {
  const kept: Planned = { row, next: row, from: [], to: [] };
  if (isSameHead(headOf(row), entry.head)) return kept;
  if (entry.revision !== undefined && entry.revision < row.revision) {
    const since = await changesSince(tx, row.id, entry.revision);
    if (!since.isRemade && since.head && isSameHead(since.head, entry.head)) return kept;
    return { id: row.id, path: entry.path };
  }
  const next = { ...row, ...entry.head, signals: '', origin: author.origin, revision: row.revision + 1 };
  return { ...kept, next };
}

/** What others did since to other keyframes stays; only where both changed the same one there is a conflict. */
async function planTrack(edit: JobEdit, row: ObjectRow, entry: GivenEntry): Promise<Planned | Conflict> {
  const { tx, author } = edit;
  const from = await loadKeyframes(tx, row);
  const isLate = entry.revision !== undefined && entry.revision < row.revision;
  const since = isLate ? await changesSince(tx, row.id, entry.revision!) : undefined;
  const present = headOf(row);
  let head = entry.head;
  if (since) {
    const isTheirs = since.head !== null && isSameHead(since.head, entry.head);
    if (isTheirs) head = present;
    const isBoth = since.head !== null && !isTheirs && !isSameHead(present, entry.head);
    if (since.isRemade || isBoth || entry.head.elements.length !== row.elements.length)
      return { id: row.id, path: entry.path };
  }

  const frames: number[] = [];
  const to = entry.keyframes.map((keyframes, place) => {
    const stored = from[place] ?? new Map<number, string>();
    const touched = since?.frames.get(elementAt(place));
    const givenOn = new Map(keyframes.map((keyframe) => [keyframe.frame, keyframe]));
    const final = new Map<number, string>();
    for (const frame of new Set([...stored.keys(), ...givenOn.keys()])) {
      const line = stored.get(frame);
      const mine = givenOn.get(frame);
      const isSame = mine === undefined ? line === undefined : line !== undefined && coreOf(line) === mine.core;
      if (!isSame && touched?.has(frame)) {
        const base = touched.get(frame);
        const isUntouchedByMe = mine === undefined ? base === null : base && coreOf(base) === mine.core;
        if (!isUntouchedByMe) frames.push(frame);
        if (line !== undefined) final.set(frame, line);
      } else if (isSame) {
        if (line !== undefined) final.set(frame, line);
      } else if (mine) {
        final.set(frame, keyframeLine(mine.core, author.origin, author.origin === 'person' ? {} : mine.signals));
      }
    }
    return final;
  });
  // Parts that the skeleton no longer has.
  while (to.length < from.length) to.push(new Map());
  if (frames.length > 0) return { id: row.id, path: entry.path, frames: [...new Set(frames)].sort((a, b) => a - b) };

  const isSame = isSameHead(present, head) && to.every((lines, i) => isSameLines(from[i], lines));
  if (isSame) return { row, next: row, from, to };
  const first = Math.min(...to[0]!.keys());
  return { row, from, to, next: { ...row, ...head, frame: first, origin: author.origin, revision: row.revision + 1 } };
}

function isSameLines(a: ReadonlyMap<number, string> | undefined, b: ReadonlyMap<number, string>): boolean {
  if ((a?.size ?? 0) !== b.size) return false;
  for (const [frame, line] of b) if (a!.get(frame) !== line) return false;
  return true;
}

const ROWS_PER_STATEMENT = 1_000;

async function writePlanned({ tx, job, author }: JobEdit, planned: readonly Planned[]): Promise<void> {
  for (let at = 0; at < planned.length; at += ROWS_PER_STATEMENT) {
    const page = planned.slice(at, at + ROWS_PER_STATEMENT);
    const changeIds = await recordChanges(
      tx,
      job.id,
      author,
      page.map(({ row, next }) => ({
        objectId: row.id,
        kind: row.kind,
        action: 'update',
        revision: next.revision,
        head: row.kind === 'track' && isSameHead(headOf(row), headOf(next)) ? null : headText(row),
      })),
    );
    await tx
      .insert(annotationObjects)
      .values(page.map(({ next }) => ({ ...next, updatedBy: author.userId, updatedDate: sql`now()` })))
      .onConflictDoUpdate({ target: annotationObjects.id, set: WRITTEN });
    for (const [i, { row, next, from, to }] of page.entries()) {
      const change = { id: changeIds[i]!, objectId: row.id, revision: next.revision, goesOn: false };
      for (const [place, lines] of to.entries())
        await saveKeyframes(tx, change, elementAt(place), from[place] ?? new Map(), lines);
    }
  }
}

/** Columns that a change may write. */
const WRITTEN = {
  frame: sql`excluded.frame`,
  labelId: sql`excluded.label_id`,
  group: sql`excluded."group"`,
  type: sql`excluded.type`,
  body: sql`excluded.body`,
  signals: sql`excluded.signals`,
  elements: sql`excluded.elements`,
  attributeIds: sql`excluded.attribute_ids`,
  origin: sql`excluded.origin`,
  revision: sql`excluded.revision`,
  updatedBy: sql`excluded.updated_by`,
  updatedDate: sql`excluded.updated_date`,
};

type Written = { readonly row: ObjectRow; readonly lines: readonly (readonly string[])[] };

async function insertGiven({ tx, job, author }: JobEdit, entries: readonly GivenEntry[]): Promise<Written[]> {
  const objects = entries.map(({ head, keyframes }) => ({
    head,
    lines: keyframes.map((list) =>
      list.map(({ core, signals }) => keyframeLine(core, author.origin, author.origin === 'person' ? {} : signals)),
    ),
  }));
  const ids = await insertObjects(tx, job.id, author, objects);
  return objects.map(({ head, lines }, i) => ({
    lines,
    row: {
      ...head,
      id: ids[i]!,
      jobId: job.id,
      signals: '',
      origin: author.origin,
      trackedFrom: null,
      revision: 1,
      updatedBy: author.userId,
      updatedDate: new Date(),
    },
  }));
}

function sorted(lines: ReadonlyMap<number, string>): string[] {
  return [...lines].sort(([a], [b]) => a - b).map(([, line]) => line);
}

/** The written objects in the order in which they were given. */
async function textOf({ tx, job }: JobEdit, given: Given, written: readonly Written[]): Promise<AnnotationText> {
  const [now] = await tx.select({ version: jobs.annotationsVersion }).from(jobs).where(eq(jobs.id, job.id));
  const named = new Set(given.entries.map(({ id }) => id));
  const made = written.filter(({ row }) => !named.has(row.id));
  const byId = new Map(written.map((each) => [each.row.id, each]));
  let nextMade = 0;
  const all = given.entries.map(({ id }) => (id === undefined ? made[nextMade++]! : byId.get(id)!));
  const of = (kind: ObjectRow['kind']) => all.filter(({ row }) => row.kind === kind);
  return {
    version: now!.version,
    tags: of('tag').map(({ row }) => plainText(row)),
    shapes: of('shape').map(({ row }) => plainText(row)),
    tracks: of('track').map(({ row, lines }) => trackText(row, lines.map(joinKeyframes))),
  };
}
