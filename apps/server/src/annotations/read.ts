import type { Label } from '@roto/annotations';
import { and, asc, eq, inArray, ne, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects, jobs, keyframeBlocks } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { notFound } from '../http/errors.ts';
import { frameOf } from './keyframe-text.ts';
import type { ObjectRow } from './objects.ts';
import { isStale, refillJob } from './refill.ts';
import { type TrackCache, trackCache } from './track-cache.ts';

/** UTF-8, as text or as bytes. */
export type Piece = string | Buffer;

/** Annotations as JSON text of the wire: each part holds one object or several, joined by commas. */
export type AnnotationText = {
  readonly version: number;
  readonly tags: readonly Piece[];
  readonly shapes: readonly Piece[];
  readonly tracks: readonly Piece[];
};

/** Objects of one kind to a part, and bytes of keyframes that are read at once. */
const OBJECTS_PER_PART = 2_000;
const BYTES_PER_PART = 8 * 1024 * 1024;

/** All annotations of a job as they are at one moment. Values of attributes that are new are filled in and kept. */
export async function readJob(db: Db, jobId: number, labels: readonly Label[]): Promise<AnnotationText> {
  if (await isStale(db, jobId, labels)) await transact(db, (tx) => refillJob(tx, jobId, labels));
  return db.transaction((tx) => readWithin(tx as unknown as Db, jobId, trackCache(db)), {
    isolationLevel: 'repeatable read',
    accessMode: 'read only',
  });
}

async function readWithin(tx: Db, jobId: number, cache: TrackCache): Promise<AnnotationText> {
  const [job] = await tx.select({ version: jobs.annotationsVersion }).from(jobs).where(eq(jobs.id, jobId));
  if (!job) throw notFound(`There is no job ${jobId}.`);
  return {
    version: job.version,
    tags: await readPlain(tx, jobId, 'tag'),
    shapes: await readPlain(tx, jobId, 'shape'),
    tracks: await readTracks(tx, jobId, cache),
  };
}

/** Tags or shapes, joined by the database: an object to a row would cost four times as much. */
export async function readPlain(tx: Db, jobId: number, kind: 'tag' | 'shape', only?: SQL): Promise<string[]> {
  const rows = await tx
    .select({ text: sql<string>`string_agg(text, ',' order by id)` })
    .from(
      sql`(select id, (row_number() over (order by id) - 1) / ${OBJECTS_PER_PART}::int as part,
        '{"id":' || id || ',"frame":' || frame || ',"label_id":' || label_id || ',"group":' || "group"
        || ',"revision":' || revision || coalesce(',"uid":"' || uid || '"', '') || ',"origin":"' || origin || '",'
        || body || signals || '}' as text
        from annotation_objects where job_id = ${jobId} and kind = ${kind} and ${only ?? sql`true`}) as objects`,
    )
    .groupBy(sql`part`)
    .orderBy(sql`part`);
  return rows.map((row) => row.text);
}

async function readTracks(tx: Db, jobId: number, cache: TrackCache): Promise<Buffer[]> {
  const { id, revision, attributeIds } = annotationObjects;
  const tracks = await tx
    .select({ id, revision, attributeIds })
    .from(annotationObjects)
    .where(and(eq(annotationObjects.jobId, jobId), eq(annotationObjects.kind, 'track')))
    .orderBy(asc(id));
  const texts = new Map(tracks.map((track) => [track.id, cache.get(track)]));
  const missing = tracks.filter((track) => !texts.get(track.id));
  const sizes = await tx
    .select({ id: keyframeBlocks.objectId, bytes: sql<number>`sum(octet_length(${keyframeBlocks.shapes}))::int` })
    .from(keyframeBlocks)
    .where(sql`${keyframeBlocks.objectId} = any(${sql.param(missing.map((track) => track.id))}::bigint[])`)
    .groupBy(keyframeBlocks.objectId);
  const bytesOf = new Map(sizes.map((size) => [size.id, size.bytes]));
  for (let at = 0; at < missing.length; ) {
    const page: typeof missing = [];
    for (let bytes = 0; at < missing.length && page.length < OBJECTS_PER_PART && bytes < BYTES_PER_PART; at++) {
      bytes += bytesOf.get(missing[at]!.id) ?? 0;
      page.push(missing[at]!);
    }
    const read = await readTracksOf(
      tx,
      page.map((track) => track.id),
    );
    for (const [i, text] of read.entries()) {
      const bytes = Buffer.from(text);
      texts.set(page[i]!.id, bytes);
      cache.put(page[i]!, bytes);
    }
  }
  return tracks.map((track) => texts.get(track.id)!);
}

async function readTracksOf(tx: Db, ids: readonly number[]): Promise<string[]> {
  const rows = await tx
    .select()
    .from(annotationObjects)
    .where(inArray(annotationObjects.id, [...ids]))
    .orderBy(asc(annotationObjects.id));
  const joined = await tx
    .select({
      id: keyframeBlocks.objectId,
      element: keyframeBlocks.element,
      shapes: sql<string>`string_agg(${keyframeBlocks.shapes}, E',\n' order by ${keyframeBlocks.block})`,
    })
    .from(keyframeBlocks)
    .where(and(inArray(keyframeBlocks.objectId, [...ids]), ne(keyframeBlocks.shapes, '')))
    .groupBy(keyframeBlocks.objectId, keyframeBlocks.element);
  const shapesOf = Map.groupBy(joined, ({ id }) => id);
  return rows.map((row) => {
    const shapes: string[] = [];
    for (const each of shapesOf.get(row.id) ?? []) shapes[each.element + 1] = each.shapes;
    return trackText(row, shapes);
  });
}

/** A tag or shape as on the wire. */
export function plainText(row: ObjectRow): string {
  return `{${headMembers(row)},"origin":"${row.origin}",${row.body}${row.signals}}`;
}

/** A track as on the wire; `shapes` are its keyframes' text, then that of a skeleton's parts. */
export function trackText(row: ObjectRow, shapes: readonly (string | undefined)[]): string {
  const { frame } = row;
  const elements = row.elements.map((element, i) => {
    const text = shapes[i + 1] ?? '';
    return `{"frame":${text === '' ? frame : frameOf(text)},${element},"shapes":[${text}],"elements":[]}`;
  });
  return `{${headMembers(row)},${row.body},"shapes":[${shapes[0] ?? ''}],"elements":[${elements.join(',')}]}`;
}

/** What all kinds begin with. */
export function headMembers({ id, frame, labelId, group, revision, uid }: ObjectRow): string {
  const named = uid === null ? '' : `,"uid":"${uid}"`;
  return `"id":${id},"frame":${frame},"label_id":${labelId},"group":${group},"revision":${revision}${named}`;
}

/** `LabeledData` in pieces of text, to be sent one after another; `more`: members that follow the others. */
export function* labeledDataText(all: readonly AnnotationText[], more = ''): Generator<Piece> {
  yield `{"version":${all.reduce((sum, each) => sum + each.version, 0)},"tags":[`;
  yield* joined(all.flatMap((each) => each.tags));
  yield '],"shapes":[';
  yield* joined(all.flatMap((each) => each.shapes));
  yield '],"tracks":[';
  yield* joined(all.flatMap((each) => each.tracks));
  yield `]${more}}`;
}

function* joined(parts: readonly Piece[]): Generator<Piece> {
  for (const [i, part] of parts.entries()) {
    if (i > 0) yield ',';
    yield part;
  }
}
