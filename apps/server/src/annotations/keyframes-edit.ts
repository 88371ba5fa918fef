import { type FrameSet, type Label, mergeKeyframes, parseLabeledData } from '@roto/annotations';
import type { KeyframesPatch } from '@roto/wire';
import { and, asc, eq, inArray, ne } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects, keyframeBlocks } from '../database/schema/index.ts';
import { type Conflict, changesSince } from './conflict.ts';
import { checkFrame } from './edit.ts';
import { fieldError, type Name, problemsError } from './given.ts';
import { recordUpdate, saveKeyframes } from './history-rows.ts';
import type { BegunEdit } from './job-edit.ts';
import { blockOf, frameOf, keyframesByFrame } from './keyframe-text.ts';
import { elementAt, type GivenKeyframe, givenTrack, type ObjectRow } from './objects.ts';
import { applied, changed, isSameKeyframe } from './plan.ts';
import type { JobRange } from './scope.ts';

/** A change of keyframes of one track, checked. */
export type KeyframesEdit = Name & {
  /** Where it stands in the request, with a dot at its end; empty: it is the request. */
  readonly at: string;
  /** In `loadKeyframes`: 0 is the track's own, then come a skeleton's parts. */
  readonly place: number;
  /** Keyframes by frame; null: it shall have none there. */
  readonly wanted: ReadonlyMap<number, GivenKeyframe | null>;
};

/** What a request says of an object that is known. @throws HttpError 400 that names the places of what is wrong */
export function readKeyframesEdit(
  patch: KeyframesPatch,
  row: ObjectRow,
  { labels, frames, job, at }: { labels: readonly Label[]; frames: FrameSet; job: JobRange; at: string },
): KeyframesEdit {
  if (row.kind !== 'track') throw fieldError(`${at}object`, `is ${row.id}, a ${row.kind}; only tracks have keyframes`);
  const owner = labels.find(({ id }) => id === row.labelId);
  let label = owner;
  let type = row.type;
  if (patch.element !== undefined) {
    const element = row.elements[patch.element];
    if (element === undefined)
      throw fieldError(`${at}element`, `is ${patch.element}, but object ${row.id} has ${row.elements.length} parts`);
    const { label_id } = JSON.parse(`{${element}}`) as { label_id: number };
    label = owner?.sublabels.find(({ id }) => id === label_id);
    type = 'points';
  }
  if (!label) throw fieldError(`${at}object`, `is ${row.id}, whose label is gone`);

  const wanted = new Map<number, GivenKeyframe | null>();
  for (const frame of patch.remove ?? []) wanted.set(frame, null);
  const set = patch.set ?? [];
  const keyframes = set.length === 0 ? [] : readKeyframes(set, label, frames, at);
  for (const [i, { frame, core }] of keyframes.entries()) {
    checkFrame(`${at}set[${i}].frame`, 'is', frame, job);
    if (wanted.has(frame)) throw fieldError(`${at}set[${i}].frame`, `is ${frame}, which is to be removed too`);
    if (!core.includes(`,"type":"${type}",`))
      throw fieldError(`${at}set[${i}].type`, `must be "${type}", as that of the track`);
    wanted.set(frame, keyframes[i]!);
  }
  const { revision } = patch;
  const place = (patch.element ?? -1) + 1;
  return {
    path: at.slice(0, -1) || 'keyframes',
    at,
    id: row.id,
    place,
    wanted,
    ...(revision === undefined ? {} : { revision }),
  };
}

/** Keyframes as a client gives them, in their normal form and in order of frames. */
function readKeyframes(set: readonly unknown[], label: Label, frames: FrameSet, at: string): readonly GivenKeyframe[] {
  // A track begins with a keyframe; one that begins later is given one there.
  const given = set.flatMap((shape) => (shape as { frame?: unknown } | null)?.frame ?? []).filter(Number.isSafeInteger);
  const frame = given.length === 0 ? 0 : (given as number[]).reduce((least, each) => Math.min(least, each));
  const track = { frame: Math.max(0, frame), label_id: label.id, shapes: set };
  const parsed = parseLabeledData({ tracks: [track] }, [label], frames);
  if (!parsed.ok) {
    // Its frame is that of a keyframe, which is named too.
    const named = parsed.problems.filter(({ path }) => path.startsWith('tracks[0].shapes'));
    throw problemsError(
      named.map((problem) => ({ ...problem, path: problem.path.replace('tracks[0].shapes', `${at}set`) })),
    );
  }
  return givenTrack(parsed.value.tracks[0]!, label).keyframes[0]!;
}

export type SavedKeyframes = { readonly row: ObjectRow; readonly merged: boolean };

/**
 * Writes keyframes of one track; others stay, whoever changes them.
 * @throws HttpError 400 when the track would have no keyframe left. Returns what was also changed by others.
 */
export async function saveKeyframesEdit(
  { tx, writer }: BegunEdit,
  row: ObjectRow,
  edit: KeyframesEdit,
): Promise<SavedKeyframes | Conflict> {
  const isLate = edit.revision !== undefined && edit.revision < row.revision;
  const since = isLate ? await changesSince(tx, row.id, edit.revision!) : undefined;
  if (since?.isRemade) return { id: row.id, path: edit.path };
  const element = elementAt(edit.place);
  const stored = await loadBlocks(tx, row.id, element, [...edit.wanted.keys()]);
  const { changes, conflicts } = mergeKeyframes({
    stored,
    wanted: edit.wanted,
    since: since?.frames.get(element),
    isSame: isSameKeyframe,
  });
  if (conflicts.length > 0) return { id: row.id, path: edit.path, frames: conflicts };
  if (changes.size === 0) return { row, merged: isLate };

  const next = { ...row, ...changed(row, writer) };
  const change = await recordUpdate(tx, row, next.revision, writer);
  await saveKeyframes(tx, change, element, stored, applied(stored, changes, writer));
  if (element === -1) next.frame = await firstFrame(tx, row, changes, edit.at);
  const { origin, revision, changedVersion, frame } = next;
  await tx
    .update(annotationObjects)
    .set({ origin, revision, changedVersion, frame, updatedBy: writer.userId, updatedDate: new Date() })
    .where(eq(annotationObjects.id, row.id));
  return { row: next, merged: isLate };
}

/** Keyframe lines of the whole blocks in which the frames lie. */
async function loadBlocks(
  tx: Db,
  objectId: number,
  element: number,
  frames: readonly number[],
): Promise<Map<number, string>> {
  const blocks = await tx
    .select({ shapes: keyframeBlocks.shapes })
    .from(keyframeBlocks)
    .where(
      and(
        eq(keyframeBlocks.objectId, objectId),
        eq(keyframeBlocks.element, element),
        inArray(keyframeBlocks.block, [...new Set(frames.map(blockOf))]),
      ),
    )
    .orderBy(asc(keyframeBlocks.block));
  return new Map(blocks.flatMap(({ shapes }) => [...keyframesByFrame(shapes)]));
}

async function firstFrame(
  tx: Db,
  row: ObjectRow,
  changes: ReadonlyMap<number, GivenKeyframe | null>,
  at: string,
): Promise<number> {
  const added = [...changes].filter(([, given]) => given !== null).map(([frame]) => frame);
  if (changes.get(row.frame) !== null) return Math.min(row.frame, ...added);
  const [first] = await tx
    .select({ shapes: keyframeBlocks.shapes })
    .from(keyframeBlocks)
    .where(and(eq(keyframeBlocks.objectId, row.id), eq(keyframeBlocks.element, -1), ne(keyframeBlocks.shapes, '')))
    .orderBy(asc(keyframeBlocks.block))
    .limit(1);
  if (!first) throw fieldError(`${at}remove`, `leaves track ${row.id} without any keyframe; remove the track instead`);
  return frameOf(first.shapes);
}
