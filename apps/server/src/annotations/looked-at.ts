import type { LookedAt, LookedAtBody } from '@roto/wire';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects, keyframeBlocks, lookedAtMarks, users } from '../database/schema/index.ts';
import { fieldError } from './given.ts';
import { FRAMES_PER_BLOCK } from './keyframe-text.ts';
import { lockJob } from './scope.ts';
import { frameSpans, joinSpans, type Span, subtractSpans } from './spans.ts';

/** Marks frames of objects as looked at, or takes marks away. @throws HttpError 400 for objects that the job does not have */
export async function markLookedAt(tx: Db, jobId: number, userId: number, body: LookedAtBody): Promise<LookedAt> {
  const { version } = await lockJob(tx, jobId);
  const found = await tx
    .select({ id: annotationObjects.id })
    .from(annotationObjects)
    .where(and(eq(annotationObjects.jobId, jobId), inArray(annotationObjects.id, body.objects)));
  const known = new Set(found.map(({ id }) => id));
  const missing = body.objects.findIndex((id) => !known.has(id));
  if (missing >= 0)
    throw fieldError(`objects[${missing}]`, `is ${body.objects[missing]}, but job ${jobId} has no such object`);
  const backward = body.ranges.findIndex(([first, last]) => first! > last!);
  if (backward >= 0) throw fieldError(`ranges[${backward}]`, 'must go from a frame to the same or a later one');
  const ranges = joinSpans(body.ranges);
  // A frame is marked once: by whoever looked last.
  for (const mark of await readMarks(tx, jobId, body.objects)) {
    const spans = subtractSpans(pairs(mark.spans), ranges);
    if (spans.length === 0) await tx.delete(lookedAtMarks).where(eq(lookedAtMarks.id, mark.id));
    else await tx.update(lookedAtMarks).set({ spans: spans.flat() }).where(eq(lookedAtMarks.id, mark.id));
  }
  if (body.looked ?? true)
    await tx
      .insert(lookedAtMarks)
      .values(body.objects.map((objectId) => ({ objectId, jobId, spans: ranges.flat(), version, userId })));
  return lookedAt(tx, jobId, body.objects);
}

/** Marks that still count, by object; without `objects` of the whole job. */
export async function lookedAt(db: Db, jobId: number, objects?: readonly number[]): Promise<LookedAt> {
  const marks = await readMarks(db, jobId, objects);
  const changes = await changedSince(db, marks);
  const shown = marks.flatMap((mark) => {
    const ranges = subtractSpans(pairs(mark.spans), changes(mark));
    if (ranges.length === 0) return [];
    const by = mark.userId === null || mark.username === null ? null : { id: mark.userId, username: mark.username };
    return [{ id: mark.objectId, mark: { ranges, by, at: mark.at.toISOString() } }];
  });
  const byObject = Map.groupBy(shown, ({ id }) => id);
  return { objects: [...byObject].map(([id, its]) => ({ id, marks: its.map(({ mark }) => mark) })) };
}

type Mark = Awaited<ReturnType<typeof readMarks>>[number];

function readMarks(db: Db, jobId: number, objects?: readonly number[]) {
  return db
    .select({
      id: lookedAtMarks.id,
      objectId: lookedAtMarks.objectId,
      spans: lookedAtMarks.spans,
      version: lookedAtMarks.version,
      userId: lookedAtMarks.userId,
      at: lookedAtMarks.at,
      username: users.username,
      changedVersion: annotationObjects.changedVersion,
      kind: annotationObjects.kind,
    })
    .from(lookedAtMarks)
    .innerJoin(annotationObjects, eq(annotationObjects.id, lookedAtMarks.objectId))
    .leftJoin(users, eq(users.id, lookedAtMarks.userId))
    .where(and(eq(lookedAtMarks.jobId, jobId), objects && inArray(lookedAtMarks.objectId, [...objects])))
    .orderBy(asc(lookedAtMarks.objectId), asc(lookedAtMarks.id));
}

/** For a mark, the frames whose keyframe changed after it. */
async function changedSince(db: Db, marks: readonly Mark[]): Promise<(mark: Mark) => Span[]> {
  const stale = marks.filter(({ version, changedVersion }) => changedVersion > version);
  const tracks = [...new Set(stale.filter(({ kind }) => kind === 'track').map(({ objectId }) => objectId))];
  const least = Math.min(...stale.map(({ version }) => version));
  const blocks =
    tracks.length === 0
      ? []
      : await db
          .select({ id: keyframeBlocks.objectId, block: keyframeBlocks.block, versions: keyframeBlocks.versions })
          .from(keyframeBlocks)
          .where(and(inArray(keyframeBlocks.objectId, tracks), sql`${keyframeBlocks.changedVersion} > ${least}`));
  const blocksOf = Map.groupBy(blocks, ({ id }) => id);
  return ({ objectId, version, changedVersion, kind }) => {
    if (changedVersion <= version) return [];
    // A shape has one frame, and a tag too.
    if (kind !== 'track') return [[0, Number.MAX_SAFE_INTEGER]];
    const frames = (blocksOf.get(objectId) ?? []).flatMap(({ block, versions }) =>
      versions.flatMap((each, i) => (each > version ? [block * FRAMES_PER_BLOCK + i] : [])),
    );
    return frameSpans([...new Set(frames)].sort((a, b) => a - b));
  };
}

function pairs(flat: readonly number[]): Span[] {
  return flat.flatMap((first, i) => (i % 2 === 0 ? [[first, flat[i + 1]!] as Span] : []));
}
