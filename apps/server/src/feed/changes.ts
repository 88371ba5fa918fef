import type { FrameSpan, ObjectEvent } from '@roto/wire';
import { and, asc, desc, eq, gt, inArray, sql } from 'drizzle-orm';
import { FRAMES_PER_BLOCK } from '../annotations/keyframe-text.ts';
import type { ObjectRow } from '../annotations/objects.ts';
import { headMembers, plainText } from '../annotations/read.ts';
import { frameSpans } from '../annotations/spans.ts';
import { readTrackParts, type TrackPart } from '../annotations/track-parts.ts';
import type { Db } from '../database/open.ts';
import {
  annotationChanges,
  annotationObjects,
  annotationTombstones,
  jobs,
  keyframeBlocks,
  users,
} from '../database/schema/index.ts';

/** Objects of whose keyframes a reader wants the shapes. */
export type Asked = 'all' | ReadonlySet<number>;

/** What changed in a job between two versions, as events. */
export type JobChanges = {
  readonly version: number;
  readonly objects: readonly ObjectEvent[];
  /** Data of `keyframes` events by object, for those that were asked for. */
  readonly keyframes: ReadonlyMap<number, string>;
};

/** More changed objects than this are not told one by one. */
const MOST_OBJECTS = 5_000;

/** 'gone': there is no such job. 'reset': too much changed to be told. Else what changed, which may be nothing. */
export async function readChanges(
  db: Db,
  jobId: number,
  since: number,
  asked: Asked,
): Promise<JobChanges | 'gone' | { readonly reset: number }> {
  return db.transaction(
    async (transaction) => {
      const tx = transaction as unknown as Db;
      const [job] = await tx.select({ version: jobs.annotationsVersion }).from(jobs).where(eq(jobs.id, jobId));
      if (!job) return 'gone';
      const { version } = job;
      if (version === since) return { version, objects: [], keyframes: new Map() };
      if (version < since) return { reset: version };
      const rows = await tx
        .select()
        .from(annotationObjects)
        .where(and(eq(annotationObjects.jobId, jobId), gt(annotationObjects.changedVersion, since)))
        .orderBy(asc(annotationObjects.id))
        .limit(MOST_OBJECTS + 1);
      const gone = await tx
        .select({ id: annotationTombstones.objectId, kind: annotationTombstones.kind, uid: annotationTombstones.uid })
        .from(annotationTombstones)
        .where(and(eq(annotationTombstones.jobId, jobId), gt(annotationTombstones.version, since)))
        .orderBy(asc(annotationTombstones.objectId))
        .limit(MOST_OBJECTS + 1);
      if (rows.length + gone.length > MOST_OBJECTS) return { reset: version };

      const lastOf = await readLast(
        tx,
        [...rows, ...gone].map(({ id }) => id),
      );
      const frames = await readFrames(tx, rows, since);
      const eventOf = ({ id, kind, uid }: Pick<ObjectRow, 'id' | 'kind' | 'uid'>) => {
        const last = lastOf.get(id);
        return {
          id,
          kind,
          ...(uid === null ? {} : { uid }),
          by: last?.userId && last.username ? { id: last.userId, username: last.username } : null,
          origin: last?.origin ?? null,
          run: last?.runId ?? null,
        };
      };
      const objects: ObjectEvent[] = [
        ...gone.map((each) => ({ ...eventOf(each), action: 'delete' as const, revision: null, frames: [] })),
        ...rows.map((row) => ({
          ...eventOf(row),
          action: row.createdVersion > since ? ('create' as const) : ('update' as const),
          revision: row.revision,
          frames: row.kind === 'track' ? frameSpans(frames.get(row.id) ?? []) : [[row.frame, row.frame] as FrameSpan],
        })),
      ];
      const wanted = asked === 'all' ? rows : rows.filter(({ id }) => asked.has(id));
      return { version, objects, keyframes: await readKeyframes(tx, wanted, since) };
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}

/** Who changed objects last, from what. */
async function readLast(tx: Db, ids: readonly number[]) {
  if (ids.length === 0) return new Map<number, never>();
  const rows = await tx
    .selectDistinctOn([annotationChanges.objectId], {
      objectId: annotationChanges.objectId,
      userId: annotationChanges.userId,
      username: users.username,
      origin: annotationChanges.origin,
      runId: annotationChanges.runId,
    })
    .from(annotationChanges)
    .leftJoin(users, eq(users.id, annotationChanges.userId))
    .where(inArray(annotationChanges.objectId, [...ids]))
    .orderBy(annotationChanges.objectId, desc(annotationChanges.id));
  return new Map(rows.map((row) => [row.objectId, row]));
}

/** Frames of tracks whose keyframes changed or went, in rising order; none of tracks that are new. */
async function readFrames(tx: Db, rows: readonly ObjectRow[], since: number): Promise<Map<number, number[]>> {
  const old = rows.filter(({ kind, createdVersion }) => kind === 'track' && createdVersion <= since);
  if (old.length === 0) return new Map();
  const blocks = await tx
    .select({ id: keyframeBlocks.objectId, block: keyframeBlocks.block, versions: keyframeBlocks.versions })
    .from(keyframeBlocks)
    .where(
      and(
        sql`${keyframeBlocks.objectId} = any(${sql.param(old.map(({ id }) => id))}::bigint[])`,
        gt(keyframeBlocks.changedVersion, since),
      ),
    );
  const frames = new Map<number, Set<number>>();
  for (const { id, block, versions } of blocks) {
    const its = frames.get(id) ?? new Set();
    frames.set(id, its);
    for (const [i, version] of versions.entries()) if (version > since) its.add(block * FRAMES_PER_BLOCK + i);
  }
  return new Map([...frames].map(([id, its]) => [id, [...its].sort((a, b) => a - b)]));
}

async function readKeyframes(tx: Db, rows: readonly ObjectRow[], since: number): Promise<Map<number, string>> {
  const texts = new Map<number, string>();
  for (const row of rows) if (row.kind !== 'track') texts.set(row.id, plainEvent(row));
  const tracks = rows.filter(({ kind }) => kind === 'track');
  for (const part of await readTrackParts(tx, tracks, { since })) texts.set(part.row.id, trackEvent(part));
  return texts;
}

function plainEvent(row: ObjectRow): string {
  return `{"id":${row.id},"revision":${row.revision},"whole":true,"object":${plainText(row)},"keyframes":[]}`;
}

/** Server-sent events are lines: the line breaks between keyframes, which JSON does not need, are left out. */
function trackEvent({ row, whole, parts }: TrackPart): string {
  const elements = row.elements.map((element) => `{${element}}`);
  const object = `{${headMembers(row)},${row.body},"elements":[${elements.join(',')}]}`;
  const keyframes = parts.map(
    ({ shapes, removed }, place) =>
      `{"element":${place === 0 ? null : place - 1},"shapes":[${shapes.replaceAll('\n', '')}],"removed_frames":[${removed.join(',')}]}`,
  );
  return `{"id":${row.id},"revision":${row.revision},"whole":${whole},"object":${object},"keyframes":[${keyframes.join(',')}]}`;
}
