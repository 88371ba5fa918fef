import type { RunReverted } from '@roto/wire';
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationChangeFrames, annotationChanges, annotationObjects } from '../database/schema/index.ts';
import { bringBack, restore } from './history.ts';
import type { Author, Writer } from './history-rows.ts';
import { keyframesByFrame } from './keyframe-text.ts';
import type { ObjectRow } from './objects.ts';
import { countChange, loadKeyframes, removeObjects } from './rows.ts';
import { frameSpans } from './spans.ts';

type ChangeRow = typeof annotationChanges.$inferSelect;
type Reverted = RunReverted['objects'][number];

/** Takes all back that a run wrote in a job; what others changed after it stays. */
export async function revertRun(tx: Db, jobId: number, runId: string, by: Author): Promise<Omit<RunReverted, 'run'>> {
  const writer: Writer = { ...by, version: await countChange(tx, jobId) };
  const changes = await tx
    .select()
    .from(annotationChanges)
    .where(and(eq(annotationChanges.jobId, jobId), eq(annotationChanges.runId, runId)))
    .orderBy(asc(annotationChanges.id));
  const objects: Reverted[] = [];
  for (const [id, its] of Map.groupBy(changes, ({ objectId }) => objectId))
    objects.push(await revertObject(tx, id, its, writer));
  return { version: writer.version, objects };
}

async function revertObject(tx: Db, id: number, changes: readonly ChangeRow[], writer: Writer): Promise<Reverted> {
  const [row] = await tx.select().from(annotationObjects).where(eq(annotationObjects.id, id)).for('update');
  const nothing = { id, revision: row?.revision ?? null, frames: [], kept: [] };
  const last = changes.at(-1)!;
  if (!row) {
    if (last.action !== 'delete' || changes.some(({ action }) => action === 'create'))
      return { ...nothing, action: 'kept' };
    const back = await bringBack(tx, last, writer);
    return { ...nothing, action: 'brought_back', revision: back.revision };
  }
  const others = await changesOfOthers(tx, id, changes);
  if (changes.some(({ action }) => action === 'create')) {
    if (others.length > 0) return { ...nothing, action: 'kept' };
    await removeObjects(tx, row.jobId, writer, [row]);
    return { ...nothing, action: 'removed', revision: null };
  }
  return restoreFrames(tx, row, changes, others, writer);
}

/** Changes of an object after a run began to write to it that are not the run's. */
async function changesOfOthers(tx: Db, id: number, own: readonly ChangeRow[]): Promise<ChangeRow[]> {
  const all = await tx
    .select()
    .from(annotationChanges)
    .where(eq(annotationChanges.objectId, id))
    .orderBy(asc(annotationChanges.id));
  return all.filter((change) => change.id > own[0]!.id && change.runId !== own[0]!.runId);
}

async function restoreFrames(
  tx: Db,
  row: ObjectRow,
  changes: readonly ChangeRow[],
  others: readonly ChangeRow[],
  writer: Writer,
): Promise<Reverted> {
  const theirs = await framesOf(tx, others);
  const isTheirs = new Set(theirs.flatMap(({ element, frames }) => frames.map((frame) => `${element} ${frame}`)));
  const parts: Parameters<typeof restore>[3][number][] = [];
  const [reverted, kept] = [new Set<number>(), new Set<number>()];
  const seen = new Set<string>();
  for (const part of await framesOf(tx, changes)) {
    // The earliest change that touched a frame knows what was there before the run.
    const frames = [...new Set(part.frames)].filter((frame) => !seen.has(`${part.element} ${frame}`));
    for (const frame of frames) seen.add(`${part.element} ${frame}`);
    const mine = frames.filter((frame) => !isTheirs.has(`${part.element} ${frame}`));
    for (const frame of frames) (mine.includes(frame) ? reverted : kept).add(frame);
    if (mine.length > 0) parts.push({ ...part, frames: mine });
  }
  const spans = (frames: ReadonlySet<number>) => frameSpans([...frames].sort((a, b) => a - b));
  const answer = { id: row.id, frames: spans(reverted), kept: spans(kept) };
  const head = others.some((change) => change.head !== null) ? null : (changes.find(({ head }) => head)?.head ?? null);
  if (parts.length === 0 && head === null) return { ...answer, action: 'kept', revision: row.revision };
  if (row.kind === 'track' && (await isAllGone(tx, row, parts))) {
    // A person removed what the run began from.
    await removeObjects(tx, row.jobId, writer, [row]);
    return { ...answer, action: 'removed', revision: null };
  }
  const { revision } = await restore(tx, row, head, parts, writer);
  return { ...answer, action: 'restored', revision };
}

async function framesOf(tx: Db, changes: readonly ChangeRow[]) {
  if (changes.length === 0) return [];
  return tx
    .select()
    .from(annotationChangeFrames)
    .where(
      inArray(
        annotationChangeFrames.changeId,
        changes.map(({ id }) => id),
      ),
    )
    .orderBy(
      asc(annotationChangeFrames.changeId),
      asc(annotationChangeFrames.element),
      asc(annotationChangeFrames.block),
    );
}

async function isAllGone(tx: Db, row: ObjectRow, parts: Parameters<typeof restore>[3]): Promise<boolean> {
  const left = new Set((await loadKeyframes(tx, row))[0]!.keys());
  for (const { element, frames, before } of parts) {
    if (element !== -1) continue;
    const known = keyframesByFrame(before);
    for (const frame of frames) {
      if (known.has(frame)) left.add(frame);
      else left.delete(frame);
    }
  }
  return left.size === 0;
}
