import { type Label, type LabeledData, sliceLabeledData } from '@roto/annotations';
import { inArray } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { createObjects, deleteAll, deleteObjects, replaceObjects, updateObjects } from './edit.ts';
import { fieldError, type Given, type Name, objectsOf } from './given.ts';
import type { Author } from './history-rows.ts';
import type { AnnotationText } from './read.ts';
import { type JobRange, lockJob, taskJobs } from './scope.ts';
import { mergeParts, parseText, partnersOf, readParts, toText } from './task-parts.ts';

/** Writes of a whole task: what is given is cut to its jobs, all in one transaction. */
export type TaskEdit = {
  readonly db: Db;
  readonly taskId: number;
  readonly labels: readonly Label[];
  readonly author: Author;
};

export async function createInTask(edit: TaskEdit, given: Given): Promise<AnnotationText> {
  const named = given.entries.find(({ id }) => id !== undefined);
  if (named) throw fieldError(`${named.path}.id`, `is ${named.id}, but new objects have none; use action=update`);
  return inJobs(edit, async (tx, job) => createObjects({ ...edit, tx, job }, cut(given, job, edit.labels)));
}

export async function replaceInTask(edit: TaskEdit, given: Given): Promise<AnnotationText> {
  return inJobs(edit, async (tx, job) => replaceObjects({ ...edit, tx, job }, cut(given, job, edit.labels)));
}

/** An object that jobs share is changed in each of them. */
export async function updateInTask(edit: TaskEdit, given: Given): Promise<AnnotationText> {
  const ids = await idsByJob(edit, [...given.entries, ...given.emptied]);
  return inJobs(edit, async (tx, job) => {
    const mine = ids.of(job.id);
    const part = cut(given, job, edit.labels, mine);
    // What was moved out of this job's frames is gone from it.
    const there = new Set(part.entries.map(({ id }) => id));
    const gone = [...given.entries, ...given.emptied].flatMap((name) => {
      const id = mine(name.id);
      return id === undefined || there.has(id) ? [] : [{ ...ids.nameIn(job.id, name), id }];
    });
    return updateObjects({ ...edit, tx, job }, { ...part, emptied: gone });
  });
}

export async function deleteInTask(edit: TaskEdit, given: Given): Promise<undefined> {
  const all = [...given.entries, ...given.emptied];
  const nameless = all.find(({ id }) => id === undefined);
  if (nameless) throw fieldError(`${nameless.path}.id`, 'is missing; it says which object to remove');
  const ids = await idsByJob(edit, all);
  await inJobs(edit, async (tx, job) => {
    const mine = ids.of(job.id);
    const emptied = all.flatMap((name) => {
      const id = mine(name.id);
      return id === undefined ? [] : [{ ...ids.nameIn(job.id, name), id }];
    });
    await deleteObjects({ ...edit, tx, job }, { ...given, entries: [], emptied });
    return NOTHING;
  });
}

export async function deleteAllInTask(edit: TaskEdit): Promise<void> {
  await inJobs(edit, async (tx, job) => {
    await deleteAll({ ...edit, tx, job });
    return NOTHING;
  });
}

/** Puts what a file held in place of what is there, or beside it: all in one transaction, in a task or in one job of it. */
export async function importInto(
  edit: TaskEdit,
  data: LabeledData,
  { job, append }: { readonly job?: JobRange; readonly append: boolean },
): Promise<void> {
  const given: Given = { data, entries: [], emptied: [] };
  const write = append ? createObjects : replaceObjects;
  await inJobs(edit, async (tx, each) => {
    if (job === undefined || job.id === each.id) {
      const { entries, ...rest } = cut(given, each, edit.labels);
      await write({ ...edit, tx, job: each }, { ...rest, entries: entries.map(({ id, ...entry }) => entry) });
    }
    return NOTHING;
  });
}

const NOTHING: AnnotationText = { version: 0, tags: [], shapes: [], tracks: [] };

/** Jobs are locked in one order by all writers of tasks. */
async function inJobs(
  { db, taskId }: TaskEdit,
  work: (tx: Db, job: JobRange) => Promise<AnnotationText>,
): Promise<AnnotationText> {
  return transact(db, async (tx) => {
    const jobs = await taskJobs(tx, taskId);
    const locked: JobRange[] = [];
    for (const { id } of jobs.toSorted((a, b) => a.id - b.id)) locked.push(await lockJob(tx, id));
    const texts: { job: JobRange; text: AnnotationText }[] = [];
    for (const job of locked.sort((a, b) => a.start - b.start || a.id - b.id))
      texts.push({ job, text: await work(tx, job) });
    if (texts.length === 1) return texts[0]!.text;
    return toText(mergeParts(texts.map(({ job, text }) => ({ job, data: parseText(text) }))));
  });
}

/** What of the given lies in a job. `idOf` says what an object is called there; without it, as it was given. */
function cut(
  given: Given,
  job: JobRange,
  labels: readonly Label[],
  idOf: (id: number | undefined) => number | undefined = (id) => id,
): Given {
  const names = new Map(given.entries.map((entry) => [entry.id, entry]));
  const data = sliceLabeledData(given.data, job);
  const entries = objectsOf(data, labels).map(({ id: givenId, ...object }) => {
    const id = idOf(givenId);
    const name = givenId === undefined ? undefined : names.get(givenId);
    return {
      ...object,
      path: name?.path ?? `${object.head.kind}s`,
      ...(id === undefined ? {} : { id }),
      ...(name?.revision === undefined || id !== givenId ? {} : { revision: name.revision }),
    };
  });
  return { data, entries, emptied: [] };
}

/** What given objects are called in each job of the task. */
async function idsByJob({ db, taskId, labels }: TaskEdit, names: readonly Name[]) {
  const jobs = await taskJobs(db, taskId);
  const ids = names.flatMap(({ id }) => id ?? []);
  const rows =
    ids.length === 0
      ? []
      : await db
          .select({ id: annotationObjects.id, jobId: annotationObjects.jobId })
          .from(annotationObjects)
          .where(inArray(annotationObjects.id, ids));
  const homes = new Map(rows.map((row) => [row.id, row.jobId]));
  const parts = jobs.length > 1 && ids.length > 0 ? await readParts(db, jobs, labels) : [];
  const partners = new Map(ids.map((id) => [id, partnersOf(parts, id)]));
  const isHome = (id: number, jobId: number) => {
    const home = homes.get(id);
    // One that no job has is answered for by the first, as unknown or removed.
    return home === jobId || (!jobs.some((job) => job.id === home) && jobs[0]?.id === jobId);
  };
  return {
    of:
      (jobId: number) =>
      (id: number | undefined): number | undefined =>
        id === undefined ? undefined : isHome(id, jobId) ? id : partners.get(id)?.get(jobId),
    nameIn: (jobId: number, { path, id, revision }: Name): Name => ({
      path,
      ...(revision === undefined || id === undefined || !isHome(id, jobId) ? {} : { revision }),
    }),
  };
}
