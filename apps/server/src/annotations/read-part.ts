import type { Label } from '@roto/annotations';
import { and, asc, eq, gt, inArray, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects, annotationTombstones, jobs } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { notFound } from '../http/errors.ts';
import { type AnnotationText, readPlain } from './read.ts';
import { isStale, refillJob } from './refill.ts';
import { readTrackParts, type TrackPart, trackPartText, type Window } from './track-parts.ts';

export type PartAsked = {
  readonly window?: Window;
  readonly objects?: readonly number[];
  /** Only what changed after this version of the job. */
  readonly since?: number;
};

/** Part of a job's annotations. `removed`: objects that are gone since. */
export type AnnotationPart = AnnotationText & { readonly removed: readonly number[] };

/** Part of a job's annotations as they are at one moment. @throws HttpError 404 */
export async function readJobPart(
  db: Db,
  jobId: number,
  labels: readonly Label[],
  asked: PartAsked,
): Promise<AnnotationPart> {
  if (await isStale(db, jobId, labels)) await transact(db, (tx) => refillJob(tx, jobId, labels));
  return db.transaction((tx) => readWithin(tx as unknown as Db, jobId, asked), {
    isolationLevel: 'repeatable read',
    accessMode: 'read only',
  });
}

async function readWithin(tx: Db, jobId: number, { window, objects, since }: PartAsked): Promise<AnnotationPart> {
  const [job] = await tx.select({ version: jobs.annotationsVersion }).from(jobs).where(eq(jobs.id, jobId));
  if (!job) throw notFound(`There is no job ${jobId}.`);
  const { version } = job;
  if (since !== undefined && since === version) return { version, tags: [], shapes: [], tracks: [], removed: [] };
  const chosen = and(
    objects && inArray(annotationObjects.id, [...objects]),
    since === undefined ? undefined : gt(annotationObjects.changedVersion, since),
  );
  const onFrames = and(chosen, window && sql`${annotationObjects.frame} between ${window.from} and ${window.to}`);
  const tracks = await readTracks(tx, jobId, chosen, { window, since });
  const shown = window && since === undefined && !objects ? tracks.filter(({ seen }) => seen) : tracks;
  return {
    version,
    tags: await readPlain(tx, jobId, 'tag', onFrames),
    shapes: await readPlain(tx, jobId, 'shape', onFrames),
    tracks: shown.map((track) => trackPartText(track, since)),
    removed: since === undefined ? [] : await readRemoved(tx, jobId, since),
  };
}

async function readTracks(
  tx: Db,
  jobId: number,
  chosen: SQL | undefined,
  options: { window?: Window; since?: number },
): Promise<TrackPart[]> {
  const rows = await tx
    .select()
    .from(annotationObjects)
    .where(and(eq(annotationObjects.jobId, jobId), eq(annotationObjects.kind, 'track'), chosen))
    .orderBy(asc(annotationObjects.id));
  return readTrackParts(tx, rows, options);
}

/** Objects that are gone since a version, in rising order. */
export async function readRemoved(tx: Db, jobId: number, since: number): Promise<number[]> {
  const rows = await tx
    .select({ id: annotationTombstones.objectId })
    .from(annotationTombstones)
    .where(and(eq(annotationTombstones.jobId, jobId), gt(annotationTombstones.version, since)))
    .orderBy(asc(annotationTombstones.objectId));
  return rows.map(({ id }) => id);
}
