import { mergeKeyframes, wholeTrack } from '@roto/annotations';
import { sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects } from '../database/schema/index.ts';
import { type Conflict, changesSince } from './conflict.ts';
import type { GivenEntry } from './given.ts';
import { headText, recordChanges, saveKeyframes, type Writer } from './history-rows.ts';
import type { BegunEdit } from './job-edit.ts';
import { coreOf, keyframeLine } from './keyframe-text.ts';
import { elementAt, type GivenKeyframe, headOf, isSameHead, type ObjectRow } from './objects.ts';
import { loadKeyframes } from './rows.ts';

/** An object as it is and as it is to be, with keyframe lines by frame: of the track itself, then of a skeleton's parts. */
export type Plan = {
  readonly row: ObjectRow;
  /** `row` itself where nothing changes. */
  readonly next: ObjectRow;
  readonly from: Lines;
  readonly to: Lines;
  /** What others did since is in it. */
  readonly merged: boolean;
};
export type Lines = readonly ReadonlyMap<number, string>[];

/** Whether a stored keyframe has all that a client may change as it is given. */
export const isSameKeyframe = (line: string, given: GivenKeyframe): boolean => coreOf(line) === given.core;

/** The line that is written for a keyframe: what a person gives has no signals of a model. */
export function lineOf({ core, signals }: GivenKeyframe, { origin }: Writer): string {
  return keyframeLine(core, origin, origin === 'person' ? {} : signals);
}

export async function planPlain(
  { tx, writer }: BegunEdit,
  row: ObjectRow,
  entry: GivenEntry,
): Promise<Plan | Conflict> {
  const isLate = entry.revision !== undefined && entry.revision < row.revision;
  const kept: Plan = { row, next: row, from: [], to: [], merged: isLate };
  if (isSameHead(headOf(row), entry.head)) return kept;
  if (isLate) {
    const since = await changesSince(tx, row.id, entry.revision!);
    if (!since.isRemade && since.head && isSameHead(since.head, entry.head)) return kept;
    return { id: row.id, path: entry.path };
  }
  return { ...kept, next: { ...row, ...entry.head, signals: '', ...changed(row, writer) } };
}

/** What others did since to other keyframes stays; only where both changed the same one there is a conflict. */
export async function planTrack(
  { tx, writer }: BegunEdit,
  row: ObjectRow,
  entry: GivenEntry,
): Promise<Plan | Conflict> {
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

  const conflicts = new Set<number>();
  const to = entry.keyframes.map((keyframes, place) => {
    const stored = from[place] ?? new Map<number, string>();
    const merge = mergeKeyframes({
      stored,
      wanted: wholeTrack(stored, new Map(keyframes.map((keyframe) => [keyframe.frame, keyframe]))),
      since: since?.frames.get(elementAt(place)),
      isSame: isSameKeyframe,
    });
    for (const frame of merge.conflicts) conflicts.add(frame);
    return applied(stored, merge.changes, writer);
  });
  // Parts that the skeleton no longer has.
  while (to.length < from.length) to.push(new Map());
  if (conflicts.size > 0) return { id: row.id, path: entry.path, frames: [...conflicts].sort((a, b) => a - b) };

  const isSame = isSameHead(present, head) && to.every((lines, i) => isSameLines(from[i], lines));
  if (isSame) return { row, next: row, from, to, merged: isLate };
  // Others may have removed what this writer kept: a track needs one keyframe at least.
  if (to[0]!.size === 0) return { id: row.id, path: entry.path, frames: [...from[0]!.keys()] };
  const frame = Math.min(...to[0]!.keys());
  return { row, from, to, merged: isLate, next: { ...row, ...head, frame, ...changed(row, writer) } };
}

/** Columns that every change sets. */
export function changed(row: ObjectRow, { origin, version }: Writer) {
  return { origin, revision: row.revision + 1, changedVersion: version };
}

/** Stored lines with the changes of a merge. */
export function applied(
  stored: ReadonlyMap<number, string>,
  changes: ReadonlyMap<number, GivenKeyframe | null>,
  writer: Writer,
): Map<number, string> {
  const final = new Map(stored);
  for (const [frame, given] of changes) {
    if (given === null) final.delete(frame);
    else final.set(frame, lineOf(given, writer));
  }
  return final;
}

function isSameLines(a: ReadonlyMap<number, string> | undefined, b: ReadonlyMap<number, string>): boolean {
  if ((a?.size ?? 0) !== b.size) return false;
  for (const [frame, line] of b) if (a!.get(frame) !== line) return false;
  return true;
}

const ROWS_PER_STATEMENT = 1_000;

/** Writes what changes of objects, and keeps in history what was there. */
export async function writePlans(tx: Db, jobId: number, writer: Writer, plans: readonly Plan[]): Promise<void> {
  const changing = plans.filter(({ row, next }) => next !== row);
  for (let at = 0; at < changing.length; at += ROWS_PER_STATEMENT) {
    const page = changing.slice(at, at + ROWS_PER_STATEMENT);
    const changeIds = await recordChanges(
      tx,
      jobId,
      writer,
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
      .values(page.map(({ next }) => ({ ...next, updatedBy: writer.userId, updatedDate: sql`now()` })))
      .onConflictDoUpdate({ target: annotationObjects.id, set: WRITTEN });
    for (const [i, { row, next, from, to }] of page.entries()) {
      const { revision } = next;
      const change = { id: changeIds[i]!, objectId: row.id, revision, version: writer.version, goesOn: false };
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
  changedVersion: sql`excluded.changed_version`,
  updatedBy: sql`excluded.updated_by`,
  updatedDate: sql`excluded.updated_date`,
};
