import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationChangeFrames, annotationChanges, keyframeBlocks } from '../database/schema/index.ts';
import { blockOf, FRAMES_PER_BLOCK, joinKeyframes, type Origin } from './keyframe-text.ts';
import { headOf, type ObjectHead, type ObjectRow } from './objects.ts';

/** Who changes annotations: a person, or a run for one. */
export type Author = { readonly userId: number | null; readonly origin: Origin; readonly runId?: string };

/** An author with the version of the job that their change makes: what `countChange` returned. */
export type Writer = Author & { readonly version: number };

/** A change that is being written: row of annotation_changes and the object's revision after it. */
export type Change = {
  readonly id: number;
  readonly objectId: number;
  readonly revision: number;
  /** Of the job, with the change. */
  readonly version: number;
  /** It was begun earlier, so there may be rows of its keyframes. */
  readonly goesOn: boolean;
};

type Columns = typeof annotationChanges.$inferInsert;
const ROWS_PER_STATEMENT = 1_000;

/** Keeps that objects were made or removed; what removed tracks had is kept by `keepKeyframes`. Ids in the order given. */
export async function recordChanges(
  tx: Db,
  jobId: number,
  author: Author,
  rows: readonly Pick<Columns, 'objectId' | 'kind' | 'action' | 'revision' | 'head'>[],
): Promise<number[]> {
  const ids: number[] = [];
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
    const made = await tx
      .insert(annotationChanges)
      .values(
        rows.slice(at, at + ROWS_PER_STATEMENT).map((row) => ({
          ...row,
          jobId,
          userId: author.userId,
          origin: author.origin,
          runId: author.runId ?? null,
        })),
      )
      .returning({ id: annotationChanges.id });
    ids.push(...made.map((row) => row.id));
  }
  return ids;
}

/** Begins a change of one object. `before` is set when more than keyframes changes. */
export async function recordUpdate(
  tx: Db,
  row: ObjectRow,
  revision: number,
  author: Writer,
  before?: ObjectRow,
): Promise<Change> {
  const [id] = await recordChanges(tx, row.jobId, author, [
    { objectId: row.id, kind: row.kind, action: 'update', revision, head: before ? headText(before) : null },
  ]);
  return { id: id!, objectId: row.id, revision, version: author.version, goesOn: false };
}

/** The change of a run on an object, which goes on until somebody else changes the object. */
export async function continueChange(
  tx: Db,
  row: ObjectRow,
  revision: number,
  author: Writer & { runId: string },
): Promise<Change> {
  const [open] = await tx
    .update(annotationChanges)
    .set({ until: sql`now()`, revision })
    .where(
      and(
        eq(
          annotationChanges.id,
          sql`(select id from annotation_changes where object_id = ${row.id} order by id desc limit 1)`,
        ),
        eq(annotationChanges.runId, author.runId),
        eq(annotationChanges.action, 'update'),
      ),
    )
    .returning({ id: annotationChanges.id });
  if (!open) return recordUpdate(tx, row, revision, author);
  return { ...open, objectId: row.id, revision, version: author.version, goesOn: true };
}

/**
 * Brings keyframes of one element from `stored` to `final`, and keeps what was there. Both hold whole blocks: a block of
 * which no frame is in either is left alone. Only blocks that differ are written. Returns the number of frames touched.
 */
export async function saveKeyframes(
  tx: Db,
  change: Change,
  element: number,
  stored: ReadonlyMap<number, string>,
  final: ReadonlyMap<number, string>,
): Promise<number> {
  const touched = new Map<number, number[]>();
  for (const frame of new Set([...stored.keys(), ...final.keys()])) {
    if (stored.get(frame) === final.get(frame)) continue;
    const block = blockOf(frame);
    const frames = touched.get(block);
    if (frames) frames.push(frame);
    else touched.set(block, [frame]);
  }
  if (touched.size === 0) return 0;
  await keepTouched(tx, change, element, stored, touched);

  const rest = new Map<number, string[]>([...touched.keys()].map((block) => [block, []]));
  for (const frame of [...final.keys()].sort((a, b) => a - b)) rest.get(blockOf(frame))?.push(final.get(frame)!);
  await writeBlocks(
    tx,
    [...rest].map(([block, lines]) => ({
      objectId: change.objectId,
      element,
      block,
      shapes: joinKeyframes(lines),
      versions: versionsOf(touched.get(block)!, change.version),
      changedVersion: change.version,
    })),
  );
  return [...touched.values()].reduce((sum, frames) => sum + frames.length, 0);
}

/** Writes blocks, in place of those that are there. */
export async function writeBlocks(tx: Db, rows: readonly (typeof keyframeBlocks.$inferInsert)[]): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
    await tx
      .insert(keyframeBlocks)
      .values(rows.slice(at, at + ROWS_PER_STATEMENT) as (typeof keyframeBlocks.$inferInsert)[])
      .onConflictDoUpdate({
        target: [keyframeBlocks.objectId, keyframeBlocks.element, keyframeBlocks.block],
        set: {
          shapes: sql`excluded.shapes`,
          changedVersion: sql`excluded.changed_version`,
          versions: sql`(select array_agg(greatest(coalesce(stored, 0), coalesce(new, 0)) order by place)
            from unnest(${keyframeBlocks.versions}, excluded.versions) with ordinality as each (stored, new, place))`,
        },
      });
  }
}

/** `keyframe_blocks.versions` of a block in which these frames, and no others, changed with `version`. */
export function versionsOf(frames: readonly number[], version: number): number[] {
  const versions = new Array<number>(FRAMES_PER_BLOCK).fill(0);
  for (const frame of frames) versions[frame % FRAMES_PER_BLOCK] = version;
  return versions;
}

/**
 * Keeps keyframes as a change found them. The oldest state that it found is the one that stays: what it wrote itself is
 * not history. A change that goes on touches a frame at a time, so each is a row's worth to be merged.
 */
async function keepTouched(
  tx: Db,
  change: Change,
  element: number,
  stored: ReadonlyMap<number, string>,
  touched: ReadonlyMap<number, readonly number[]>,
): Promise<void> {
  const portions = change.goesOn
    ? [...touched].flatMap(([block, frames]) => frames.map((frame): [number, number[]] => [block, [frame]]))
    : [...touched];
  const rows = portions.map(([block, frames]) => ({
    changeId: change.id,
    element,
    block,
    frames: [...frames],
    revisions: frames.map(() => change.revision),
    before: joinKeyframes(frames.flatMap((frame) => stored.get(frame) ?? [])),
  }));
  // One statement may not touch a row twice.
  const perStatement = change.goesOn ? 1 : ROWS_PER_STATEMENT;
  for (let at = 0; at < rows.length; at += perStatement) {
    await tx
      .insert(annotationChangeFrames)
      .values(rows.slice(at, at + perStatement))
      .onConflictDoUpdate({
        target: [annotationChangeFrames.changeId, annotationChangeFrames.element, annotationChangeFrames.block],
        set: {
          frames: sql`${annotationChangeFrames.frames} || excluded.frames`,
          revisions: sql`${annotationChangeFrames.revisions} || excluded.revisions`,
          before: sql`case
            when excluded.before = '' or ${annotationChangeFrames.frames} @> excluded.frames then ${annotationChangeFrames.before}
            when ${annotationChangeFrames.before} = '' then excluded.before
            else ${annotationChangeFrames.before} || E',\n' || excluded.before end`,
        },
      });
  }
}

/** Keeps all keyframes of objects that are about to be removed; `changes` are the changes that remove them. */
export async function keepKeyframes(tx: Db, changeIds: readonly number[]): Promise<void> {
  if (changeIds.length === 0) return;
  await tx.execute(sql`
    insert into annotation_change_frames (change_id, element, block, frames, revisions, before)
    select c.id, b.element, b.block, '{}', '{}', b.shapes
    from annotation_changes c join keyframe_blocks b on b.object_id = c.object_id
    where b.shapes <> '' and c.id between ${Math.min(...changeIds)} and ${Math.max(...changeIds)}
      and c.id = any(${sql.param([...changeIds])}::bigint[])`);
}

/** A head with what history restores beside it. */
export type KeptHead = ObjectHead & Pick<ObjectRow, 'signals' | 'origin' | 'trackedFrom'>;

export function headText(row: ObjectRow): string {
  const kept: KeptHead = {
    ...headOf(row),
    signals: row.signals,
    origin: row.origin,
    trackedFrom: row.trackedFrom,
  };
  return JSON.stringify(kept);
}

export function parseHead(text: string): KeptHead {
  return JSON.parse(text);
}
