import {
  type Label,
  type LabeledData,
  type LabeledShape,
  type LabeledTrack,
  mergeLabeledData,
  mergeShapes,
  mergeTracks,
} from '@roto/annotations';
import type { Db } from '../database/open.ts';
import { type AnnotationText, labeledDataText, readJob } from './read.ts';
import type { JobRange } from './scope.ts';

/** The annotations of one job of a task, read. */
export type TaskPart = { readonly job: JobRange; readonly data: LabeledData };

export function parseText(text: AnnotationText): LabeledData {
  return JSON.parse([...labeledDataText([text])].map(String).join(''));
}

export function toText({ version, tags, shapes, tracks }: LabeledData): AnnotationText {
  const texts = (objects: readonly object[]) => objects.map((object) => JSON.stringify(object));
  return { version, tags: texts(tags), shapes: texts(shapes), tracks: texts(tracks) };
}

/** All annotations of a task: what its jobs share is merged. One job's are passed on as they lie. */
export async function readTask(db: Db, jobs: readonly JobRange[], labels: readonly Label[]): Promise<AnnotationText> {
  if (jobs.length === 1) return readJob(db, jobs[0]!.id, labels);
  return toText(mergeParts(await readParts(db, jobs, labels)));
}

export async function readParts(db: Db, jobs: readonly JobRange[], labels: readonly Label[]): Promise<TaskPart[]> {
  const parts: TaskPart[] = [];
  for (const job of jobs) parts.push({ job, data: parseText(await readJob(db, job.id, labels)) });
  return parts;
}

/** The version of the whole grows with that of every part. */
export function mergeParts(parts: readonly TaskPart[]): LabeledData {
  const merged = mergeLabeledData(parts.map(({ job, data }) => ({ start: job.start, stop: job.stop, data })));
  return { ...merged, version: parts.reduce((sum, { data }) => sum + data.version, 0) };
}

/** What in later jobs is one with an object, as merging sees it: job id → object id. Jobs in order of frames. */
export function partnersOf(parts: readonly TaskPart[], id: number): Map<number, number> {
  const found = new Map<number, number>();
  const home = parts.findIndex(({ data }) =>
    [...data.tags, ...data.shapes, ...data.tracks].some((one) => one.id === id),
  );
  const own = parts[home]?.data;
  if (!own) return found;
  const tag = own.tags.find((one) => one.id === id);
  let shape = own.shapes.find((one) => one.id === id);
  let track = own.tracks.find((one) => one.id === id);
  let { stop } = parts[home]!.job;
  for (const { job, data } of parts.slice(home + 1)) {
    const shared = { start: job.start, stop };
    const goesOn = job.stop > stop;
    let partner: { readonly id?: number } | undefined;
    if (tag) {
      partner = data.tags.find((one) => one.frame === tag.frame && one.label_id === tag.label_id);
    } else if (shape) {
      [partner, shape] = unite(shape, data.shapes, (one, other) => mergeShapes([one], [other], shared));
    } else if (track) {
      [partner, track] = unite(track, data.tracks, (one, other) => mergeTracks([one], [other], shared, goesOn));
    }
    if (partner?.id !== undefined) found.set(job.id, partner.id);
    stop = Math.max(stop, job.stop);
  }
  return found;
}

/** The candidate that is one with `own`, and what the two are together. */
function unite<T extends LabeledShape | LabeledTrack>(
  own: T,
  candidates: readonly T[],
  merge: (own: T, other: T) => readonly T[],
): [T | undefined, T] {
  for (const other of candidates) {
    if (other.label_id !== own.label_id) continue;
    const merged = merge(own, other);
    if (merged.length === 1) return [other, merged[0]!];
  }
  return [undefined, own];
}
